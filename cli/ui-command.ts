import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type { ServedHandler } from "fetcd/node";
import type { EtcdProxy } from "fetcd/proxy";
import { credentials } from "./connected.ts";
import { argument, type GlobalOptions } from "./global-options.ts";
import { listArgument, wholeNumber } from "./key-argument.ts";
import { createOutput } from "./output.ts";
import { complain } from "./terminal.ts";
import { createUiHandler, type UiWay } from "./ui/handler.ts";
import { findTarget, otherTarget, patienceMs, type PageTarget } from "./ui-target.ts";
import { openBrowser } from "./ui/open-browser.ts";
import { readPage } from "./ui/page-files.ts";

interface UiFlags {
  readonly port?: number;
  readonly listen?: string;
  readonly allowedHosts?: readonly string[];
  readonly readOnly?: boolean;
  readonly open?: boolean;
  readonly memory?: boolean;
  readonly also: readonly string[];
}

const loopbackHosts = ["127.0.0.1", "localhost", "[::1]"];

/** `ui`: serves a page to manage etcd. */
export function addUiCommand(program: Command): void {
  program
    .command("ui")
    .description("serve a page to manage etcd; if there is no etcd, it shows one in memory with sample data")
    .option(
      "--port <port>",
      "port to listen on; 0: any free port (default: 8379, or any free port)",
      argument(wholeNumber),
    )
    .option("--listen <address>", "address to listen on, to serve other machines; etcd must have authentication on")
    .option(
      "--allowed-hosts <names>",
      "other host names of the page, as behind a proxy with TLS, separated by commas; etcd must have authentication on",
      listArgument,
    )
    .option("--memory", "show an etcd in memory with sample data instead of --endpoints")
    .option("--also <name=endpoints>", "show another etcd in its own tab; may be repeated", also, [])
    .option("--read-only", "refuse every change")
    .option("--open", "open the page in the browser")
    .action(async (flags: UiFlags, command: Command) => {
      const options: GlobalOptions = command.optsWithGlobals();
      if (options.namespace !== undefined)
        throw new Error("--namespace: not with ui, which shows all keys that the user may read");
      const named = command.parent?.getOptionValueSource("endpoints") !== "default";
      const targets: PageTarget[] = [];
      try {
        targets.push(await findTarget(options, flags.memory === true ? "memory" : named ? "named" : "default"));
        for (const given of flags.also) targets.push(await otherTarget(given, options));
        await run(targets, flags, options);
      } finally {
        await Promise.all(targets.map((target) => target.close()));
      }
    });
}

function also(given: string, before: readonly string[]): string[] {
  return [...before, given];
}

async function run(
  targets: readonly PageTarget[],
  { port, listen, allowedHosts = [], readOnly = false, open = false }: UiFlags,
  options: GlobalOptions,
): Promise<void> {
  const loopback = listen === undefined || loopbackHosts.includes(listen) || listen === "::1";
  // A request with another host name comes from another machine, through a proxy on this one.
  const local = loopback && allowedHosts.length === 0;
  const hosts = [...loopbackHosts, ...(loopback ? [] : await ownNames(listen)), ...allowedHosts];
  const login = targets[0]?.memory === true ? undefined : await credentials(options);
  if (!local) for (const target of targets) await demandAuthentication(target);
  const [{ createProxy }, { serve }, files] = await Promise.all([
    import("fetcd/proxy"),
    import("fetcd/node"),
    readPage(join(dirname(createRequire(import.meta.url).resolve("fetcd/package.json")), "dist/ui")),
  ]);
  const proxies: EtcdProxy[] = [];
  const proxyFor = (endpoints: readonly string[], { fetch }: PageTarget): EtcdProxy => {
    const proxy = createProxy({ authorize: "etcd", etcd: { endpoints: [...endpoints], fetch, allowInsecure: true } });
    proxies.push(proxy);
    return proxy;
  };
  const wayTo = (target: PageTarget): UiWay => {
    const exposed = options.allowInsecure === true ? undefined : target.endpoints.find(isExposed);
    return {
      proxy: proxyFor(target.endpoints, target),
      members: target.endpoints.map((url) => proxyFor([url], target)),
      noPasswords:
        exposed && `fetcd ui: a password would go over plain HTTP to ${exposed}: use https or --allow-insecure`,
    };
  };
  const secret = randomBytes(24).toString("base64url");
  const handler = createUiHandler({
    files,
    config: {
      // The login is for the etcd at --endpoints; no other connection gets it.
      connections: targets.map(({ name, endpoints, memory }, i) => ({
        ...(name !== undefined && { name }),
        endpoints,
        memory,
        ...(i === 0 && local && !memory && login && { login }),
      })),
      readOnly,
    },
    secret,
    hosts,
    loginRequired: !local,
    ways: targets.map(wayTo),
  });
  const server = await listening(port, (at) =>
    serve(handler, { port: at, hostname: listen ?? "127.0.0.1", allowedHosts: hosts }),
  );
  const url = `${server.url.replace(/\/\/(?:0\.0\.0\.0|\[::\])/, `//${loopback ? "127.0.0.1" : "localhost"}`)}/#secret=${secret}`;
  let cleanUp: (() => Promise<void>) | undefined;
  try {
    const [target] = targets;
    const endpoints = target?.endpoints ?? [];
    const what = targets.map(described).join(", ");
    const mode = readOnly ? ", read-only" : "";
    await createOutput(options).say(`etcd: ${what}${mode}\npage: ${url}`, {
      url,
      endpoints,
      readOnly,
    });
    if (!loopback) {
      complain(
        `Warning: other machines reach this page at port ${server.port}, over plain HTTP: put TLS in front of it.`,
      );
    }
    if (open) cleanUp = await openBrowser(url);
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM"), once(process, "SIGHUP")]);
  } finally {
    await cleanUp?.();
    await server.close();
    await Promise.all(proxies.map((each) => each.close()));
  }
}

function described({ name, endpoints, memory }: PageTarget): string {
  const place = memory ? "sample data in memory" : endpoints.join(" ");
  return name === undefined ? place : `${name} (${place})`;
}

/** Rejects if authentication is off: then anybody who reaches the page from another machine could do everything. */
async function demandAuthentication({ endpoints, fetch, memory }: PageTarget): Promise<void> {
  const { createEtcd } = await import("fetcd");
  await using etcd = createEtcd({ endpoints: [...endpoints], fetch, timeoutMs: patienceMs });
  if (memory || !(await etcd.auth.status()).enabled) {
    throw new Error(
      "--listen, --allowed-hosts: authentication of etcd is off, so everybody who reaches this page could use it",
    );
  }
}

/** Listens on the given port; without one, on the default port, or any free port if that is taken. */
async function listening(
  port: number | undefined,
  listen: (port: number) => Promise<ServedHandler>,
): Promise<ServedHandler> {
  if (port !== undefined) return listen(port);
  try {
    return await listen(8379);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return listen(0);
    throw error;
  }
}

/** The names by which other machines call this one. */
async function ownNames(listen: string): Promise<string[]> {
  const { hostname, networkInterfaces } = await import("node:os");
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const hosts = addresses.map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address));
  return [...hosts, hostname(), listen];
}

function isExposed(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === "http:" && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
