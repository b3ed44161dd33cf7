import { spawn } from "node:child_process";

/** How a finished command ended. `code` is -1 when a signal ended it or when it could not be started. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Written to the command's standard input, which is closed afterwards. */
  readonly input?: string | Uint8Array;
}

/** Runs a command to its end. Never rejects: a command that is not there has code -1 and says so in `stderr`. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: "pipe" });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A command that ends without reading its input closes the pipe under us; its exit code tells the story.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    const finish = (code: number, note = ""): void =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() + note });
    child.on("error", (error) => finish(-1, error.message));
    child.on("close", (code) => finish(code ?? -1));
  });
}
