import { longestTimer } from "../../transport/abort.ts";
import { amend, EtcdError } from "../../transport/errors/etcd-error.ts";

// Whether the server has confirmed a watch, for its `ready`.

export interface Readiness {
  /** Resolves with the revision of the confirmation. */
  readonly promise: Promise<{ readonly revision: bigint }>;
  confirm(at: { readonly revision: bigint }): void;
  /** The watch has ended. */
  refuse(reason: unknown): void;
  /** What stands in the way for now, which is told if the time ends before that has passed. */
  met(error: EtcdError | undefined): void;
}

/** Waits for a confirmation for `timeoutMs`. */
export function createReadiness(timeoutMs: number): Readiness {
  let last: EtcdError | undefined;
  let resolve: Readiness["confirm"] = () => undefined;
  let reject: Readiness["refuse"] = () => undefined;
  const promise = new Promise<{ readonly revision: bigint }>((...settle) => {
    [resolve, reject] = settle;
  });
  promise.catch(() => undefined);
  const timer =
    timeoutMs === Infinity
      ? undefined
      : setTimeout(() => reject(notReady(timeoutMs, last)), Math.min(timeoutMs, longestTimer));
  return {
    promise,
    confirm(at) {
      clearTimeout(timer);
      resolve(at);
    },
    refuse(reason) {
      clearTimeout(timer);
      reject(reason);
    },
    met(error) {
      last = error;
    },
  };
}

function notReady(timeoutMs: number, met: EtcdError | undefined): EtcdError {
  const said = `the watch was not confirmed within ${timeoutMs} ms`;
  if (met === undefined) return new EtcdError(said, "Timeout", { outcome: "not-applied", retryable: true });
  return amend(met, { message: `${said}: ${met.message}`, outcome: "not-applied", retryable: true, cause: met });
}
