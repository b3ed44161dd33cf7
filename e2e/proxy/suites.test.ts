import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { createEtcd, type Etcd as Client, type EtcdOptions } from "../../src/index.ts";
import { serve } from "../../src/node/index.ts";
import { createProxy } from "../../src/proxy/index.ts";
import { shareOf } from "../../test/share-of-suites.ts";
import type { Connect } from "../../test/suites/connect.ts";
import { suites } from "../../test/suites/suites.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { newestDate, startWorkerd } from "../start-workerd.ts";
import { letEverything } from "./everything.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { kv, txn, watch, lease, session, mutex, election, cache, exactlyOnce } = suites;
const through = { kv, txn, watch, lease, session, mutex, election, cache, exactlyOnce };

/** A proxy that runs. */
interface Running {
  readonly url: string;
  close(): Promise<void>;
}

async function inNode(endpoint: string): Promise<Running> {
  const proxy = letEverything(createProxy, endpoint);
  const server = await serve(proxy, { maxBodyBytes: 1e9 });
  const close = async (): Promise<void> => {
    await proxy.close();
    await server.close();
  };
  return { url: server.url, close };
}

/** The proxy as it is built, resolved as wrangler does it. */
async function inWorkerd(endpoint: string): Promise<Running> {
  const { outputFiles } = await build({
    entryPoints: [`${root}/e2e/proxy/everything-worker.ts`],
    absWorkingDir: root,
    // The project's own settings would lead its name to src.
    tsconfigRaw: {},
    conditions: ["workerd", "worker", "browser"],
    define: { ETCD_ENDPOINT: JSON.stringify(endpoint) },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return startWorkerd({ code: outputFiles[0]?.text ?? "", bindings: {}, compatibilityDate: newestDate() });
}

// All four of them in a long run.
const all = process.env["FETCD_PROXY_SUITES"] === "all";
const ways = [
  ["Node", "3.4", "", inNode],
  ["Node", "3.5", "/tenant", inNode],
  ["workerd", "3.5", "", inWorkerd],
  ["workerd", "3.5", "/tenant", inWorkerd],
] as const;

describe.each(ways)(
  "the client's suites through a proxy in %s, on etcd %s, at %s/",
  (runtime, version, path, start) => {
    const way = path === "" ? 0 : 1;
    const chosen = all
      ? through
      : { txn, lease, ...((runtime === "workerd") === (way === 0) && shareOf(through, way, 2)) };
    let etcd: Etcd | undefined;
    let running: Running | undefined;
    beforeAll(async () => {
      etcd = await startEtcd({ version });
      running = await start(etcd.endpoints[0] ?? "");
    });
    afterAll(async () => {
      await running?.close();
      await etcd?.close();
    });
    const endpoint = (): string => `${running?.url}${path}`;
    const connect = (options: Partial<EtcdOptions> = {}): Client => {
      const client = createEtcd({ endpoints: endpoint(), ...options } as EtcdOptions);
      onTestFinished(() => client.close());
      return client;
    };
    const target: Connect["target"] = {
      version,
      transport: "gateway",
      members: 1,
      ownLeaseIds: true,
      get endpoints() {
        return [endpoint()];
      },
    };
    const withTarget: Connect = Object.assign(connect, { target });
    for (const [name, suite] of Object.entries(chosen)) describe(name, () => suite?.(withTarget));
  },
);
