import type { Outcome } from "./errors/etcd-error.ts";
import type { Reason } from "./errors/reasons.ts";

/** What a client tells its `logger`. No event holds a key, a value, a password or a token. */
export type LogEvent =
  | {
      readonly type: "retry";
      readonly rpc: string;
      readonly reason: Reason;
      readonly outcome: Outcome;
      readonly waitMs: number;
    }
  | { readonly type: "login"; readonly username: string | undefined; readonly reason: Reason | undefined }
  | {
      readonly type: "watch";
      readonly state: "live" | "retrying";
      readonly revision: bigint;
      readonly reason: Reason | undefined;
    }
  /** A function named other endpoints, or failed: then those that are known stay. `endpoints`: origins, as they are now. */
  | { readonly type: "endpoints"; readonly endpoints: readonly string[]; readonly reason: Reason | undefined }
  /**
   * Another cluster answers, or this one with another history: it was wiped, or restored from a backup. Calls do as
   * `onClusterChange` says; caches, registrations and what else heals by itself read everything anew.
   */
  | {
      readonly type: "clusterChanged";
      readonly clusterId: bigint;
      readonly revision: bigint;
      /** What was known before. */
      readonly previous: { readonly clusterId: bigint; readonly newest: bigint };
    };

export type Log = (event: LogEvent) => void;

export const silent: Log = () => undefined;

/** A logger that throws must not break a call. */
export function guarded(logger: Log | undefined): Log {
  if (logger === undefined) return silent;
  return (event) => {
    try {
      logger(event);
    } catch {
      // Theirs, not ours.
    }
  };
}
