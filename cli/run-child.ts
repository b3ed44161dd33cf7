import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Runs a command with the terminal of this program. When `signal` aborts it is asked to end, and five seconds later it
 * is ended. Resolves with its exit code, as a shell would say it; rejects if it cannot be started.
 */
export function runChild(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  const [file = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: "inherit", env: { ...process.env, ...env } });
    let killer: ReturnType<typeof setTimeout> | undefined;
    const end = (): void => {
      child.kill("SIGTERM");
      killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
    };
    const done = (): void => {
      clearTimeout(killer);
      signal.removeEventListener("abort", end);
    };
    child.once("error", (error) => {
      done();
      reject(error);
    });
    child.once("exit", (code, by) => {
      done();
      resolve(code ?? 128 + (by === null ? 0 : constants.signals[by]));
    });
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
