import type { CallOptions, Connection } from "../transport/connection.ts";

/** Runs work that takes several calls in the time of one: `work` gives each of them the options that it is given. */
export async function severalCalls<T>(
  connection: Connection,
  options: CallOptions,
  work: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs = connection.timeoutMs } = options;
  const deadline = connection.begin(signal, timeoutMs);
  try {
    return await work({ signal: deadline.signal, timeoutMs });
  } finally {
    deadline.end();
  }
}
