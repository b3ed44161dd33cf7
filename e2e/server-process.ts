import { spawn, type ChildProcess } from "node:child_process";
import { freeze } from "./freeze.ts";
import { poll } from "./poll.ts";
import { killWithUs } from "./watchdog.ts";

/** One server process that can be stopped, frozen and started again with the same arguments. */
export interface ServerProcess {
  /** Undefined while it is not running. */
  readonly pid: number | undefined;
  readonly state: "running" | "paused" | "down";
  /**
   * Resolves when it has its ports and talks to its peers, which is before it answers clients where it must wait for
   * a quorum. Rejects with what it has printed when it gives up before.
   */
  start(): Promise<void>;
  /** SIGTERM, after a SIGCONT where needed. Resolves when it has exited, and so do kill() and their repetitions. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Stops all of its threads: the kernel goes on taking connections and bytes for it, and nothing answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** The last 64 kB it has printed, over all its starts. */
  log(): string;
}

export interface ServerProcessOptions {
  /** Its path, or what gives it, which is asked at every start. */
  readonly binary: string | (() => string);
  readonly name: string;
  /** What it prints when it has started. */
  readonly startedLine: RegExp;
  /** Asked at every start. */
  readonly args: () => readonly string[];
  /** @default that of this process, without what etcd would take for flags */
  readonly env?: NodeJS.ProcessEnv;
}

/** Thrown by start() when another process holds a port of the server. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
}

const keptCharacters = 64 * 1024;

/** Describes a server; nothing runs before start(). It is killed when this process ends for whatever reason. */
export function serverProcess({
  binary,
  name,
  startedLine,
  args,
  env = ownEnvironment(),
}: ServerProcessOptions): ServerProcess {
  let child: ChildProcess | undefined;
  let paused = false;
  let log = "";

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    if (!ending) return;
    ending.kill(signal);
    if (paused) ending.kill("SIGCONT");
    await poll(`${name} exits after ${signal}`, 10_000, () => (child === ending ? undefined : true));
  };

  return {
    get pid() {
      return child?.pid;
    },
    get state() {
      return child ? (paused ? "paused" : "running") : "down";
    },
    async start() {
      if (child) throw new Error(`${name} is running already`);
      const program = typeof binary === "string" ? binary : binary();
      const started = spawn(program, args(), { env, stdio: ["ignore", "pipe", "pipe"] });
      child = started;
      paused = false;
      const forget = started.pid === undefined ? undefined : killWithUs(started.pid);
      let printed = "";
      const keep = (chunk: string | Buffer): void => {
        printed = (printed + chunk.toString()).slice(-keptCharacters);
        log = (log + chunk.toString()).slice(-keptCharacters);
      };
      keep(`--- ${program} ${args().join(" ")}\n`);
      started.stdout.on("data", keep);
      started.stderr.on("data", keep);
      started.once("error", (error) => {
        keep(`${error.message}\n`);
        if (started.pid === undefined && child === started) child = undefined;
      });
      // "close" follows "exit" when all that it has printed is here too.
      started.once("close", () => {
        forget?.();
        if (child === started) child = undefined;
      });
      letGo(started);
      // Its own words are the only proof that it has started: on its port another process may answer.
      const outcome = await poll(`${name} starts`, 20_000, () => {
        if (startedLine.test(printed)) return "started";
        return child === started ? undefined : "gave up";
      }).catch(() => "printed nothing of it within 20 s");
      if (outcome === "started") return;
      const Failure = /address already in use/.test(printed) ? PortTaken : Error;
      throw new Failure(`${name} ${outcome}:\n${printed}`);
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    pause() {
      if (child?.pid === undefined) throw new Error(`${name} is not running`);
      freeze(child.pid);
      paused = true;
    },
    resume() {
      child?.kill("SIGCONT");
      paused = false;
    },
    log: () => log,
  };
}

/** Lets this process end while the child runs, as when a test forgets to stop it; the watchdog kills it then. */
function letGo(child: ChildProcess): void {
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) {
    if (pipe && "unref" in pipe && typeof pipe.unref === "function") pipe.unref();
  }
}

/** etcd reads a flag from every ETCD_ variable, so those of this process must not reach it. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([key]) => !/^ETCD(CTL)?_/.test(key) || key === "ETCD_UNSUPPORTED_ARCH",
  );
  return Object.fromEntries(kept);
}
