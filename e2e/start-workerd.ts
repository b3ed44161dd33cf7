import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { killWithUs, rigFolder } from "./watchdog.ts";

/** Cloudflare's runtime with one Worker in it. `await using` ends it. */
export interface Workerd {
  readonly url: string;
  /** Of its process. */
  readonly pid: number;
  /** What it and the Worker have printed. */
  log(): string;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface WorkerdOptions {
  /** The Worker, bundled as one ES module. */
  readonly code: string;
  /** Texts in its `env`. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Bytes that the configuration holds besides, and the Worker does not load. */
  readonly unread?: string;
  /** @default "2026-04-01" */
  readonly compatibilityDate?: string;
}

/** The newest compatibility date that this workerd knows: that of its release. */
export function newestDate(): string {
  const { version } = createRequire(import.meta.url)("workerd/package.json") as { version: string };
  const [, year, month, day] = /^\d+\.(\d{4})(\d{2})(\d{2})\./.exec(version) ?? [];
  if (day === undefined) throw new Error(`workerd has the version ${version}, which names no date`);
  return `${year}-${month}-${day}`;
}

/** Starts workerd on a free port of 127.0.0.1. The Worker may fetch from this machine too. */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const { code, bindings, unread = "", compatibilityDate = "2026-04-01" } = options;
  const folder = rigFolder();
  writeFileSync(join(folder.path, "worker.js"), code);
  writeFileSync(join(folder.path, "unread"), unread);
  const texts = Object.entries(bindings).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  writeFileSync(
    join(folder.path, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "network", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js"), (name = "unread", data = embed "unread")],
  compatibilityDate = "${compatibilityDate}",
  bindings = [${texts.join(", ")}],
  globalOutbound = "network",
);
`,
  );
  const child = spawn(binary(), ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder.path,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let log = "";
  for (const output of [child.stdout, child.stderr]) output?.on("data", (data: Buffer) => (log += data.toString()));
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const release = child.pid === undefined ? () => undefined : killWithUs(child.pid);
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
    release();
    folder.remove();
  };
  const failed = exited.then(() => Promise.reject(new Error(`workerd has ended:\n${log}`)));
  failed.catch(() => undefined);
  try {
    const port = await Promise.race([listening(child.stdio[3] as Readable), failed]);
    const url = `http://127.0.0.1:${port}`;
    return { url, pid: child.pid ?? NaN, log: () => log, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The port that it tells of as soon as it listens. */
async function listening(control: Readable): Promise<number> {
  let text = "";
  for (;;) {
    const [data] = (await once(control, "data")) as [Buffer];
    text += data.toString();
    const port = /"socket":\s*"http",\s*"port":\s*(\d+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
}

function binary(): string {
  // It comes with the package that Vitest runs Workers by.
  const require = createRequire(import.meta.url);
  try {
    return require.resolve("workerd/bin/workerd");
  } catch (cause) {
    throw new Error("workerd is missing; `npm ci` installs it, as a part of @cloudflare/vitest-plugin", { cause });
  }
}
