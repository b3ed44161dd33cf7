import { setMaxListeners } from "node:events";
import type { Command } from "commander";
import { type Connected, connected } from "./connected.ts";
import type { GlobalOptions } from "./global-options.ts";
import { createOutput, type Output } from "./output.ts";

/** What the action of a command works with. */
export interface Context extends Connected {
  readonly options: GlobalOptions;
  readonly out: Output;
  /** Aborts when the user interrupts the program. */
  readonly signal: AbortSignal;
}

/**
 * Runs the action of a command with a client. An interrupt aborts `signal` and lets the action clean up. Errors after that
 * are not reported, and the exit code is that of the signal.
 */
export async function act(command: Command, action: (context: Context) => Promise<void>): Promise<void> {
  const options: GlobalOptions = command.optsWithGlobals();
  const interrupt = new AbortController();
  // Many calls may listen to it at the same time; Node warns of a leak above ten.
  setMaxListeners(0, interrupt.signal);
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let code: number | undefined;
  const stop = (signal: keyof typeof codes): void => {
    code = codes[signal];
    interrupt.abort();
  };
  // Only once, so that a second interrupt ends the program at once.
  for (const name of signals) process.once(name, stop);
  try {
    await connected(options, (connection) =>
      action({
        ...connection,
        options,
        out: createOutput(options, connection.recorder),
        signal: interrupt.signal,
      }),
    );
  } catch (error) {
    if (code === undefined) throw error;
  } finally {
    for (const name of signals) process.off(name, stop);
  }
  if (code !== undefined) process.exitCode ??= code;
}
