import { certificateFiles, endpointsOf, type TlsFetch, withScheme } from "./connected.ts";
import type { GlobalOptions } from "./global-options.ts";
import { complain } from "./terminal.ts";

/** An etcd that the page shows: its endpoints, and a fetch that reaches them. */
export interface PageTarget {
  readonly endpoints: readonly string[];
  readonly fetch: TlsFetch;
  readonly memory: boolean;
  /** The name given by `--also`. */
  readonly name?: string;
  close(): Promise<void>;
}

/** How long to wait for the first answer of an etcd, in milliseconds. */
export const patienceMs = 2_000;
/** The named etcd, else the one at the default address, else one in memory. */
export async function findTarget(options: GlobalOptions, which: "memory" | "named" | "default"): Promise<PageTarget> {
  if (which === "memory") return memoryTarget();
  const { createNodeFetch } = await import("fetcd/node");
  const fetch = createNodeFetch(await certificateFiles(options));
  const endpoints = (await endpointsOf(options)).map((url) => withScheme(url, options));
  const target = { endpoints, fetch, memory: false, close: () => fetch.close() };
  const found = await answers(target);
  if (found || which === "named") {
    if (!found) complain(`Warning: ${target.endpoints.join(" ")} does not answer yet.`);
    return target;
  }
  await fetch.close();
  return memoryTarget();
}

/** Parses a value of `--also`: `production=https://etcd-1:2379,https://etcd-2:2379`. */
export async function otherTarget(given: string, options: GlobalOptions): Promise<PageTarget> {
  const [, name, list] = /^([^=]+)=(.+)$/.exec(given) ?? [];
  if (name === undefined || list === undefined) throw new Error(`--also: expected name=endpoints, got ${given}`);
  const { discoverySrv: _, ...others } = options;
  const target = await findTarget({ ...others, endpoints: list.split(",") }, "named");
  return { ...target, name };
}

async function memoryTarget(): Promise<PageTarget> {
  const [{ createMemoryEtcd }, { createEtcd }, { writeSampleData }] = await Promise.all([
    import("fetcd/memory"),
    import("fetcd"),
    import("./ui/sample-data.ts"),
  ]);
  const memory = createMemoryEtcd();
  const endpoints = ["http://127.0.0.1:2379"];
  const own: TlsFetch = (url, init) => memory.fetch(new Request(url, init));
  await using etcd = createEtcd({ endpoints, fetch: own });
  await writeSampleData(etcd);
  return { endpoints, fetch: own, memory: true, close: () => Promise.resolve(memory.close()) };
}

async function answers({ endpoints, fetch }: Pick<PageTarget, "endpoints" | "fetch">): Promise<boolean> {
  const asked = endpoints.map(async (url) => {
    const response = await fetch(`${url}/version`, { signal: AbortSignal.timeout(patienceMs) });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  });
  return Promise.any(asked).then(
    () => true,
    () => false,
  );
}
