import { askedPauseMs } from "../http/retry-after.ts";
import type { DescMethod } from "@bufbuild/protobuf";
import type { TxnRequest } from "../../gen/etcdserverpb/kv_pb.ts";
import type { EtcdError, Outcome } from "../errors/etcd-error.ts";
import type { Kind } from "../option-kinds.ts";
import { checkOptions, type Kinds } from "../options.ts";
import type { Reason } from "../errors/reasons.ts";

// What may be repeated, as pure functions. The rule behind them: a write whose outcome is unknown is never sent again,
// since it may have been applied already, or may still be (jetcd#1444, etcd#18424).

/**
 * How often a request may reach the server.
 * - `safe`: as often as need be; it changes nothing.
 * - `keyed`: as often as need be; a second copy does no harm.
 * - `once`: again only if it certainly was not applied.
 */
export type Idempotency = "safe" | "keyed" | "once";

const reads: ReadonlySet<string> = new Set([
  "Range",
  "LeaseTimeToLive",
  "LeaseLeases",
  "MemberList",
  "Status",
  "Hash",
  "HashKV",
  "AuthStatus",
  "UserGet",
  "UserList",
  "RoleGet",
  "RoleList",
  "Watch",
  "Leader",
  "Observe",
  // A token more changes nothing.
  "Authenticate",
]);

/** A lease is granted under an id that the client chose; the rest end in the same state however often they run. */
const idempotentWrites: ReadonlySet<string> = new Set(["LeaseGrant", "LeaseKeepAlive", "LeaseRevoke", "Compact"]);

/** How often a request may reach the server, by its RPC and, where that does not tell, by its message. */
export function idempotencyOf(method: DescMethod, message: unknown): Idempotency {
  if (reads.has(method.name)) return "safe";
  if (idempotentWrites.has(method.name)) return "keyed";
  if (method.name === "Txn") return isReadOnly(message as TxnRequest) ? "safe" : "once";
  if (method.name === "Alarm") return (message as { action?: number }).action ? "once" : "safe";
  return "once";
}

/** Messages may be partial here: an absent branch is an empty one. */
function isReadOnly({ success = [], failure = [] }: Partial<TxnRequest>): boolean {
  return [...success, ...failure].every(({ request }) => {
    if (request.case === "requestRange") return true;
    return request.case === "requestTxn" && isReadOnly(request.value);
  });
}

/** Refusals of this moment or of this member; the request itself is in order. */
const passing: ReadonlySet<Reason> = new Set<Reason>([
  "TooManyRequests",
  "NotSupportedForLearner",
  "NotCapable",
  "Unreachable",
  "NoLeader",
  "Unhealthy",
  "StaleRead",
  // Out of time before it was sent, as while waiting for a token; or a watch that was never confirmed.
  "Timeout",
]);

/** Not worth a second try even where it would be safe. */
const hopeless: ReadonlySet<Reason> = new Set<Reason>(["Corrupt", "ResponseTooLarge", "Closed", "AnswerLost"]);

/** Whether a failed request may be sent again. `others`: whether there may be another endpoint to send it to. */
export function mayRetry(error: EtcdError, idempotency: Idempotency, others: boolean = true): boolean {
  if (hopeless.has(error.reason)) return false;
  if (error.outcome === "applied") return false;
  if (error.outcome === "unknown") return idempotency !== "once";
  if (error.reason === "Tls") return others;
  return passing.has(error.reason);
}

/** The outcome of a whole call: unknown if that of any of its requests is, unless the call only read. */
export function outcomeOf(outcomes: readonly Outcome[], idempotency: Idempotency): Outcome {
  if (idempotency === "safe") return "not-applied";
  if (outcomes.includes("applied")) return "applied";
  return outcomes.includes("unknown") ? "unknown" : "not-applied";
}

/** How calls are repeated: reads after any passing failure, writes only where they certainly were not applied. */
export interface RetryOptions {
  /** The first wait, in milliseconds. It doubles per round, up to `capMs`, less up to half at random. @default 50 */
  readonly baseMs?: number;
  /** The longest wait, in milliseconds. @default 2000 */
  readonly capMs?: number;
  /**
   * How long one request may be without an answer when there are other endpoints to try, in milliseconds: until the
   * head of the answer is there, then between pieces of its body. It doubles with each request of the call that is cut.
   * A write that must not reach the server twice has all the time of its call.
   *
   * @default 2000
   */
  readonly attemptTimeoutMs?: number;
  /** Requests of one call, the first one included. @default as many as its time allows */
  readonly maxAttempts?: number;
}

function atLeast(least: number): Kind<number> {
  return {
    expected: `a number of at least ${least}`,
    accepts: (value): value is number => typeof value === "number" && value >= least,
  };
}

const retryKinds: Kinds<RetryOptions> = {
  baseMs: atLeast(0),
  capMs: atLeast(0),
  attemptTimeoutMs: atLeast(1),
  maxAttempts: atLeast(1),
};

export function checkRetryOptions(given: RetryOptions): RetryOptions {
  return checkOptions("retry", given, retryKinds, "retry.");
}

/** A busy server gets at least this pause, in milliseconds, and one that asks for a pause as well. */
const busyFloorMs = 100;

/**
 * How long to wait before the request of `round` (from 0; a round tries each endpoint once), in milliseconds: at least
 * half of `baseMs` doubled per round, so that a server which refuses at once is left alone from its first refusal on,
 * and the other half at random, so that clients do not come back together. `random` is in [0, 1).
 */
export function backoffMs(round: number, error: EtcdError, options: RetryOptions, random: number): number {
  const { baseMs = 50, capMs = 2000 } = options;
  const longest = Math.min(capMs, baseMs * 2 ** Math.min(round, 30));
  const wait = (longest * (1 + random)) / 2;
  if (error.retryAfterMs === undefined && error.reason !== "TooManyRequests") return wait;
  const asked = askedPauseMs(error);
  return asked > busyFloorMs ? asked : Math.max(wait, busyFloorMs);
}

/** How many rounds further a pause is that the budget does not reach for. */
export const unpaidRounds = 3;

/**
 * How long a call of `timeoutMs` goes on while each of its requests is refused a connection, in milliseconds: nobody
 * listens on any endpoint. A server that restarts has three seconds to come back, or a third of the call's time where
 * that is more.
 */
export function refusedForMs(timeoutMs: number): number {
  return Math.max(3000, timeoutMs / 3);
}

/** Whether a request certainly reached no server. */
export function isUnsent({ reason, outcome }: Pick<EtcdError, "reason" | "outcome">): boolean {
  return reason === "Unreachable" && outcome === "not-applied";
}

/**
 * The time of one request where there are other endpoints to ask, in milliseconds. It doubles with each request of the
 * call that was cut, so that a slow answer arrives in the end if the call's own time allows for it.
 */
export function attemptMs({ attemptTimeoutMs = 2000 }: RetryOptions, cut: number): number {
  return attemptTimeoutMs * 2 ** Math.min(cut, 30);
}

/**
 * Paces the retries of a client, so that a cluster in trouble is not buried: successes fill the budget, and with an
 * empty one pauses are longer. It ends no call. The first retry of a call is free, and so is one at the next endpoint,
 * which need not have the trouble of the last, and one after a request that never left, since that put no load on
 * anybody.
 */
export interface RetryBudget {
  succeeded(): void;
  /** Takes the price of one retry; `false` if the budget does not reach. */
  take(): boolean;
}

export function createRetryBudget(capacity = 100, price = 5): RetryBudget {
  let tokens = capacity;
  return {
    succeeded() {
      tokens = Math.min(capacity, tokens + 1);
    },
    take() {
      if (tokens < price) return false;
      tokens -= price;
      return true;
    },
  };
}
