import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type { ServedHandler } from "fetcd/node";
import { credentials } from "./connect.ts";
import { argument, type GlobalOptions } from "./global-options.ts";
import { wholeNumber } from "./key-argument.ts";
import { createOutput } from "./output.ts";
import { complain } from "./terminal.ts";
import { createUiHandler, type Handler } from "./ui/handler.ts";
import { findTarget, patienceMs, type Target } from "./ui-target.ts";
import { openBrowser } from "./ui/open-browser.ts";
import { readPage } from "./ui/page-files.ts";

interface UiFlags {
  readonly port?: number;
  readonly listen?: string;
  readonly readOnly?: boolean;
  readonly open?: boolean;
  readonly memory?: boolean;
}

const loopbackHosts = ["127.0.0.1", "localhost", "[::1]"];

/** `ui`: a page to look after an etcd with. */
export function addUiCommand(program: Command): void {
  program
    .command("ui")
    .description("open a page to look after an etcd with; without an etcd it shows one in memory with sample data")
    .option("--port <port>", "0 for any free one (default: 8379, or any free one)", argument(wholeNumber))
    .option("--listen <address>", "where to listen, for other machines too; etcd must have authentication on")
    .option("--memory", "an etcd in memory with sample data, whatever there is at --endpoints")
    .option("--read-only", "refuse whatever changes something")
    .option("--open", "open it in the browser")
    .action(async (flags: UiFlags, command: Command) => {
      const options: GlobalOptions = command.optsWithGlobals();
      if (options.namespace !== undefined)
        throw new Error("--namespace: not with ui, which shows all that a user may see");
      const named = command.parent?.getOptionValueSource("endpoints") !== "default";
      const target = await findTarget(options, flags.memory === true ? "memory" : named ? "named" : "default");
      try {
        await run(target, flags, options);
      } finally {
        await target.close();
      }
    });
}

async function run(
  target: Target,
  { port, listen, readOnly = false, open = false }: UiFlags,
  options: GlobalOptions,
): Promise<void> {
  const local = listen === undefined || loopbackHosts.includes(listen) || listen === "::1";
  const login = target.memory ? undefined : await credentials(options);
  if (!local) await demandAuthentication(target);
  const [{ createProxy }, { serve }, files] = await Promise.all([
    import("fetcd/proxy"),
    import("fetcd/node"),
    readPage(join(dirname(createRequire(import.meta.url).resolve("fetcd/package.json")), "dist/ui")),
  ]);
  const proxies = [target.endpoints, ...target.endpoints.map((url) => [url])].map((endpoints) =>
    createProxy({ authorize: "etcd", etcd: { endpoints, fetch: target.fetch, allowInsecure: true } }),
  );
  const [proxy, ...members]: Handler[] = proxies;
  if (proxy === undefined) throw new Error("--endpoints: none");
  const secret = randomBytes(24).toString("base64url");
  const exposed = options.allowInsecure === true ? undefined : target.endpoints.find(isExposed);
  const handler = createUiHandler({
    files,
    config: { endpoints: target.endpoints, memory: target.memory, readOnly, ...(local && login && { login }) },
    secret,
    hosts: local ? loopbackHosts : [...loopbackHosts, ...(await ownNames(listen))],
    loginRequired: !local,
    noPasswords:
      exposed && `fetcd ui: a password would go over plain HTTP to ${exposed}: use https, or say --allow-insecure`,
    proxy,
    members,
  });
  const server = await listening(port, (at) => serve(handler, { port: at, hostname: listen ?? "127.0.0.1" }));
  const url = `${server.url.replace(/\/\/(?:0\.0\.0\.0|\[::\])/, `//${local ? "127.0.0.1" : "localhost"}`)}/#secret=${secret}`;
  let cleanUp: (() => Promise<void>) | undefined;
  try {
    const what = target.memory ? "sample data in memory" : target.endpoints.join(" ");
    const mode = readOnly ? ", read-only" : "";
    await createOutput(options).say(`etcd: ${what}${mode}\npage: ${url}`, {
      url,
      endpoints: target.endpoints,
      readOnly,
    });
    if (!local) {
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

/** A page that other machines reach needs etcd's own users: without them, anybody with the address could do everything. */
async function demandAuthentication({ endpoints, fetch, memory }: Target): Promise<void> {
  const { createEtcd } = await import("fetcd");
  await using etcd = createEtcd({ endpoints: [...endpoints], fetch, timeoutMs: patienceMs });
  if (memory || !(await etcd.auth.status()).enabled) {
    throw new Error("--listen: etcd has authentication off, and would let everybody in who reaches this page");
  }
}

/** The port that was asked for; else ours, or any free one if that is taken. */
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

async function ownNames(listen: string | undefined): Promise<string[]> {
  const { hostname, networkInterfaces } = await import("node:os");
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const hosts = addresses.map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address));
  return [...hosts, hostname().toLowerCase(), ...(listen === undefined ? [] : [listen])];
}

function isExposed(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === "http:" && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
