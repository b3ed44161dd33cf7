import { spawn, type ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { poll } from "./poll.ts";
import { killWithUs } from "./watchdog.ts";

/** One etcd process that can be stopped, frozen and started again with the same arguments. */
export interface ServerProcess {
  /** Undefined while it is not running. */
  readonly pid: number | undefined;
  readonly state: "running" | "paused" | "down";
  /** Resolves when its client port takes connections; rejects with the end of its log when it gives up before. */
  start(): Promise<void>;
  /** SIGTERM, after a SIGCONT where needed. Resolves when it has exited, and so do kill() and their repetitions. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP: the kernel goes on taking connections and bytes for it, and nothing answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** The last lines it has printed, over all its starts. */
  log(): string;
}

export interface ServerProcessOptions {
  readonly binary: string;
  readonly name: string;
  readonly port: number;
  /** Asked at every start. */
  readonly args: () => readonly string[];
}

/** Thrown by start() when another process holds a port of the server. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
}

const keptLines = 200;

/** Describes a server; nothing runs before start(). It is killed when this process ends for whatever reason. */
export function serverProcess({ binary, name, port, args }: ServerProcessOptions): ServerProcess {
  let child: ChildProcess | undefined;
  let paused = false;
  let lines: string[] = [];

  const keep = (chunk: Buffer): void => {
    lines = [...lines, ...chunk.toString().trimEnd().split("\n")].slice(-keptLines);
  };
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
      lines.push(`--- start: ${binary} ${args().join(" ")}`);
      const started = spawn(binary, args(), { env: ownEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
      child = started;
      paused = false;
      const forget = started.pid === undefined ? undefined : killWithUs(started.pid);
      started.stdout.on("data", keep);
      started.stderr.on("data", keep);
      started.once("error", (error) => {
        keep(Buffer.from(error.message));
        if (started.pid === undefined && child === started) child = undefined;
      });
      started.once("exit", () => {
        forget?.();
        if (child === started) child = undefined;
      });
      // A test that forgets to close its cluster must still be able to end; the watchdog then kills the server.
      started.unref();
      for (const pipe of [started.stdout, started.stderr]) if ("unref" in pipe && typeof pipe.unref === "function") pipe.unref();
      const outcome = await poll(`${name} listens on port ${port}`, 20_000, async () => {
        if (child !== started) return "exited";
        return (await takesConnections(port)) ? "listening" : undefined;
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${lines.join("\n")}`);
      });
      if (outcome === "listening") return;
      const log = lines.join("\n");
      const Failure = /address already in use/.test(log.slice(log.lastIndexOf("--- start"))) ? PortTaken : Error;
      throw new Failure(`${name} did not start:\n${log}`);
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    pause() {
      if (!child?.kill("SIGSTOP")) throw new Error(`${name} is not running`);
      paused = true;
    },
    resume() {
      child?.kill("SIGCONT");
      paused = false;
    },
    log: () => lines.join("\n"),
  };
}

/** etcd reads a flag from every ETCD_ variable, so those of this process must not reach it. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([key]) => !/^ETCD(CTL)?_/.test(key) || key === "ETCD_UNSUPPORTED_ARCH");
  return Object.fromEntries(kept);
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
