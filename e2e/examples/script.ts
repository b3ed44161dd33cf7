import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A program that runs until it is told to stop. */
export interface RunningScript {
  /** All it has printed, line by line. */
  readonly lines: readonly string[];
  /** All it has said on standard error. */
  complaints(): string;
  /** Resolves with the first line that matches, of those already printed too; rejects when the program ends before. */
  line(pattern: RegExp): Promise<string>;
  /** Resolves when it has ended, with its exit code, which is -1 if a signal ended it. */
  readonly ended: Promise<number>;
  /** Types a line into it; needs `stdin: "pipe"`. */
  type(line: string): void;
  /** Asks it to end as Ctrl+C does, and waits for that. */
  interrupt(): Promise<number>;
  kill(): void;
}

export interface ScriptOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** By default there is nothing to read. */
  readonly stdin?: "ignore" | "pipe";
}

export function startScript(
  command: string,
  args: readonly string[],
  { stdin = "ignore", ...options }: ScriptOptions,
): RunningScript {
  const child =
    stdin === "pipe"
      ? spawn(command, args, { ...options, stdio: ["pipe", "pipe", "pipe"] })
      : spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  child.stdin?.on("error", () => undefined);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((each) => each());
  const errors: string[] = [];
  child.stderr.on("data", (piece: Buffer) => errors.push(piece.toString()));
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    wake();
  });
  let code: number | undefined;
  const ended = new Promise<number>((resolve) => {
    const end = (how: number | null): void => {
      code = how ?? -1;
      resolve(code);
      wake();
    };
    child.once("close", end);
    child.once("error", (error) => {
      errors.push(error.message);
      end(null);
    });
  });
  return {
    lines,
    complaints: () => errors.join(""),
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((each) => pattern.test(each));
          if (found === undefined && code === undefined) return;
          waiting.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`ended with ${code} before ${pattern}: ${lines.join("\n")}\n${errors.join("")}`));
        };
        waiting.add(look);
        look();
      }),
    type: (line) => void child.stdin?.write(`${line}\n`),
    async interrupt() {
      child.kill("SIGINT");
      return ended;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}
