import type { Outcome } from "./errors/etcd-error.ts";
import type { Reason } from "./errors/reasons.ts";

/** What a client tells its `logger`. No event holds a key, a value, a password or a token. */
export type LogEvent =
  | {
      /** A request failed, and is sent again. */
      readonly type: "retry";
      /** The RPC's name, such as "Range". */
      readonly rpc: string;
      /** Why the request failed. */
      readonly reason: Reason;
      /** What became of it on the server. */
      readonly outcome: Outcome;
      /** The pause before the next request, in milliseconds. */
      readonly waitMs: number;
    }
  | {
      /** The client logged in, or tried to. */
      readonly type: "login";
      /** The user; `undefined` where a function gives the token. */
      readonly username: string | undefined;
      /** Why it failed; `undefined` if it did not. */
      readonly reason: Reason | undefined;
    }
  | {
      /** A watch is live, or its stream broke. */
      readonly type: "watch";
      /** `retrying`: the stream is being opened anew. */
      readonly state: "live" | "retrying";
      /** `live`: the server's revision. `retrying`: the first one that is still to come; `0n` if that is not known. */
      readonly revision: bigint;
      /** Why the stream broke; `undefined` where it is live. */
      readonly reason: Reason | undefined;
    }
  | {
      /** A function named other endpoints, or failed: then those that are known stay. */
      readonly type: "endpoints";
      /** The origins, as they are now. */
      readonly endpoints: readonly string[];
      /** Why the function failed; `undefined` if it did not. */
      readonly reason: Reason | undefined;
    }
  | {
      /**
       * Another cluster answers, or this one with another history: it was wiped, or restored from a backup. Calls do as
       * `onClusterChange` says; caches, registrations and what else heals by itself read everything anew.
       */
      readonly type: "clusterChanged";
      /** The id of the cluster that answers now. */
      readonly clusterId: bigint;
      /** Its revision. */
      readonly revision: bigint;
      /** What was known before. */
      readonly previous: { readonly clusterId: bigint; readonly newest: bigint };
    };

export type Log = (event: LogEvent) => void;

export const silent: Log = () => undefined;

/** A logger that throws must not break a call. */
export function safeLog(logger: Log | undefined): Log {
  if (logger === undefined) return silent;
  return (event) => {
    try {
      logger(event);
    } catch {
      // Theirs, not ours.
    }
  };
}
