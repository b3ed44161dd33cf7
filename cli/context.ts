import type { Etcd } from "fetcd";
import type { Command } from "commander";
import { connected } from "./connect.ts";
import type { GlobalOptions } from "./global-options.ts";
import { createOutput, type Output } from "./output.ts";

/** What an action of a command gets. */
export interface Context {
  readonly etcd: Etcd;
  readonly out: Output;
  /** Aborts when the user interrupts the program. */
  readonly signal: AbortSignal;
}

/**
 * Runs the action of a command with a client. An interrupt aborts `signal` and lets the action clean up; what it then
 * throws is not reported, and the exit code is that of an interrupted program.
 */
export async function act(command: Command, action: (context: Context) => Promise<void>): Promise<void> {
  const options: GlobalOptions = command.optsWithGlobals();
  const interrupt = new AbortController();
  const codes = { SIGINT: 130, SIGTERM: 143 } as const;
  let code: number | undefined;
  const stop = (signal: keyof typeof codes): void => {
    code = codes[signal];
    interrupt.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    await connected(options, (etcd) => action({ etcd, out: createOutput(options), signal: interrupt.signal }));
  } catch (error) {
    if (code === undefined) throw error;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
  if (code !== undefined) process.exitCode ??= code;
}
