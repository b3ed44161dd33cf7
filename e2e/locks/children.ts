import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a child said. `at`: by the clock of the machine, in milliseconds. */
export interface Said {
  readonly type: "held" | "ended" | "wrote" | "failed" | "untold";
  readonly name: string;
  readonly token?: string;
  readonly key?: string;
  readonly reason?: string;
  readonly wrote?: boolean;
  readonly pid: number;
  readonly at: number;
}

/** A time that a process stood still. */
export interface Freeze {
  readonly pid: number;
  readonly from: number;
  readonly to: number;
}

/** Processes of one program, each replaced when it is killed. */
export interface Children {
  readonly said: readonly Said[];
  readonly freezes: readonly Freeze[];
  /** What they wrote to their standard errors: nothing, if all is well. */
  readonly errors: string;
  /** kill -9, and another one in its place. */
  kill(): void;
  /** One stands still for so many milliseconds. */
  freeze(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export function startChildren(program: string, n: number, args: (i: number) => string[]): Children {
  const said: Said[] = [];
  const freezes: Freeze[] = [];
  const running: ChildProcess[] = [];
  let errors = "";
  let stopping = false;

  function start(i: number): void {
    const file = fileURLToPath(new URL(program, import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", file, ...args(i)], { cwd: root });
    running[i] = child;
    let rest = "";
    child.stdout?.on("data", (piece: Buffer) => {
      const lines = (rest + piece.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) said.push(JSON.parse(line) as Said);
    });
    child.stderr?.on("data", (piece: Buffer) => (errors += piece.toString()));
    child.once("exit", () => {
      if (!stopping && running[i] === child) start(i);
    });
  }
  for (let i = 0; i < n; i++) start(i);
  const any = (): ChildProcess | undefined => running[Math.floor(Math.random() * n)];

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    stopping = true;
    const ends = running.map(
      (child) =>
        new Promise((done) => {
          child.once("close", done);
          child.kill("SIGCONT");
          child.kill("SIGKILL");
        }),
    );
    await Promise.all(ends);
  }

  return {
    said,
    freezes,
    get errors() {
      return errors;
    },
    kill: () => void any()?.kill("SIGKILL"),
    async freeze(ms) {
      const child = any();
      const from = Date.now();
      child?.kill("SIGSTOP");
      await new Promise((done) => setTimeout(done, ms));
      child?.kill("SIGCONT");
      freezes.push({ pid: child?.pid ?? 0, from, to: Date.now() });
    },
    stop: () => (stopped ??= stop()),
  };
}
