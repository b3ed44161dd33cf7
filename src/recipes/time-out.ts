import type { CallOptions } from "../transport/connection.ts";
import { EtcdError } from "../transport/errors/etcd-error.ts";
import { createScope } from "./scope.ts";

/**
 * Does a piece of work for as long as its caller's signal and time allow; without `timeoutMs` for ever. `late` says what
 * did not happen in time, and `inDoubt` whether it may happen still.
 */
export async function limited<T>(
  { signal, timeoutMs }: CallOptions,
  late: string,
  work: (signal: AbortSignal) => Promise<T>,
  inDoubt: () => boolean = () => false,
): Promise<T> {
  const scope = createScope(
    [signal],
    timeoutMs,
    () =>
      new EtcdError(`${late} within ${timeoutMs} ms`, "Timeout", { outcome: inDoubt() ? "unknown" : "not-applied" }),
  );
  try {
    if (scope.signal.aborted) throw scope.signal.reason;
    return await work(scope.signal);
  } finally {
    scope.end();
  }
}
