import { spawn } from "node:child_process";
import { constants } from "node:os";
import { isatty } from "node:tty";
import { childEnvironment } from "./child-environment.ts";
import { endAll } from "./process-group.ts";

/**
 * Runs a command with the input and output of this program. When `signal` aborts, the command and every process it started
 * get SIGTERM, and five seconds later SIGKILL. Resolves with the exit code, as shells define it, when all have ended.
 * Rejects if the command cannot be started.
 */
export function runChild(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<number> {
  const [file = "", ...args] = command;
  // With its own process group, the command and its children can be ended together. But on a terminal it must stay in the
  // foreground group, or it could not get Ctrl+C or ask for a password.
  const group = !isatty(0) && process.platform !== "win32";
  return new Promise((resolve, reject) => {
    let ending: Promise<void> | undefined;
    const end = (): void => void (ending ??= endAll(child, group));
    const child = spawn(file, args, { stdio: "inherit", detached: group, env: childEnvironment(process.env, env) });
    child.once("error", (error) => {
      signal.removeEventListener("abort", end);
      reject(error);
    });
    child.once("exit", (code, by) => {
      signal.removeEventListener("abort", end);
      void (ending ?? Promise.resolve()).then(() => resolve(code ?? 128 + (by === null ? 0 : constants.signals[by])));
    });
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
