import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { freeze } from "../freeze.ts";
import { poll } from "../poll.ts";
import { killWithUs } from "../watchdog.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a child said. `at`: by the clock of the machine, in milliseconds. */
export interface Said {
  /**
   * `told`, `untold`: whether a paused holder was told before a call returned. `stale`: a holder tried to write
   * after it had lost its hold. `zombie`: a candidate whose session has ended has not heard of it.
   */
  readonly type: "held" | "ended" | "told" | "untold" | "stale" | "zombie" | "failed";
  readonly name: string;
  readonly token?: string;
  readonly key?: string;
  readonly reason?: string;
  readonly wrote?: boolean;
  /** The longest time that the process did not run in the two seconds before, in milliseconds. */
  readonly gap?: number;
  readonly pid: number;
  readonly at: number;
}

/** A time that a process stood still. */
export interface Freeze {
  readonly pid: number;
  readonly from: number;
  readonly to: number;
}

export interface Kill {
  readonly pid: number;
  readonly at: number;
}

/**
 * A process that did not run for as long as that cannot be told in time: a hold ends half a second before its key, at the
 * earliest. On a machine with too much to do every process stands still at times.
 */
export const standstillMs = 400;

/** Processes of one program, each replaced when it is killed. */
export interface Children {
  readonly said: readonly Said[];
  readonly freezes: readonly Freeze[];
  readonly kills: readonly Kill[];
  /** Of those that run now. */
  readonly pids: readonly number[];
  /** What they wrote to their standard errors: nothing, if all is well. */
  readonly errors: string;
  /** kill -9 of the next one that holds something, and another one in its place. */
  kill(): Promise<void>;
  /** The next one that holds something stands still for so many milliseconds. */
  freeze(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export function startChildren(program: string, n: number, args: (i: number) => string[]): Children {
  const said: Said[] = [];
  const freezes: Freeze[] = [];
  const kills: Kill[] = [];
  const running: ChildProcess[] = [];
  let errors = "";
  let stopping = false;

  function start(i: number): void {
    const file = fileURLToPath(new URL(program, import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", file, ...args(i)], { cwd: root });
    running[i] = child;
    const forget = child.pid === undefined ? undefined : killWithUs(child.pid);
    let rest = "";
    child.stdout?.on("data", (piece: Buffer) => {
      const lines = (rest + piece.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) said.push(JSON.parse(line) as Said);
    });
    child.stderr?.on("data", (piece: Buffer) => (errors += piece.toString()));
    child.once("exit", () => {
      forget?.();
      if (!stopping && running[i] === child) start(i);
    });
  }
  for (let i = 0; i < n; i++) start(i);

  /** The next one that says that it holds something. */
  async function holder(): Promise<ChildProcess> {
    const from = said.length;
    return poll("somebody holds something", 60_000, () => {
      const holding = said.findLast(({ type }, i) => i >= from && type === "held");
      return running.find(({ pid }) => pid === holding?.pid);
    });
  }
  function kill(child: ChildProcess): void {
    kills.push({ pid: child.pid ?? 0, at: Date.now() });
    child.kill("SIGKILL");
  }

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    stopping = true;
    const ends = running.map(
      (child) =>
        new Promise((done) => {
          child.once("close", done);
          kill(child);
        }),
    );
    await Promise.all(ends);
  }

  return {
    said,
    freezes,
    kills,
    get pids() {
      return running.flatMap(({ pid }) => pid ?? []);
    },
    get errors() {
      return errors;
    },
    kill: async () => kill(await holder()),
    async freeze(ms) {
      const child = await holder();
      const from = Date.now();
      if (child.pid !== undefined) freeze(child.pid);
      await new Promise((done) => setTimeout(done, ms));
      child.kill("SIGCONT");
      freezes.push({ pid: child.pid ?? 0, from, to: Date.now() });
    },
    stop: () => (stopped ??= stop()),
  };
}
