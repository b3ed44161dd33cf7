import type { Value } from "../../v3/keys.ts";
import { op } from "../../v3/kv/op.ts";
import type { WriteOptions } from "../../v3/kv/txn.ts";
import { EtcdError, withOutcome } from "../../transport/errors/etcd-error.ts";
import { outlasts } from "../../transport/errors/foreign.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { extended, type Hold, type HoldController } from "../lock/hold.ts";
import { backOff, createScope, longBackOff, mayPass } from "../wait.ts";

/** The leader at one revision. */
export interface Leader {
  /** The leader's key in the queue of candidates. */
  readonly key: string;
  /** Larger for each later leader, the same for all that one proclaims. */
  readonly token: bigint;
  /** What the leader has proclaimed. */
  readonly value: Entry;
}

export function leaderOf(entry: Entry): Leader {
  return { key: entry.key, token: entry.createRevision, value: entry };
}

/** A leadership that is held. Its `signal` aborts with `ElectionNotLeader`, or `Released`. */
export interface Leadership extends Hold, AsyncDisposable {
  /** Whether it is held, by this machine's clocks and what etcd has told so far. Only `guard` and `token` are proof. */
  isLeader(): boolean;
  /** Sets a new value, for as long as this is the leader; rejects with `ElectionNotLeader` otherwise. */
  proclaim(value: Value, options?: WriteOptions): Promise<void>;
  /** Steps down. Rejects if that fails; `isLeader()` is `false` all the same, and it is retried as `release` of a lock is. */
  resign(): Promise<void>;
}

/** What `run` needs of a leadership beyond what its holder does. */
export interface Term {
  readonly leadership: Leadership;
  readonly controller: HoldController;
}

export function createTerm(controller: HoldController): Term {
  const { hold, isHeld, release } = controller;
  const leadership = extended(hold, {
    isLeader: isHeld,
    async proclaim(value: Value, options?: WriteOptions) {
      await hold.txn({ then: [op.put(hold.key, value, { ignoreLease: true })] }, options);
    },
    resign: release,
    [Symbol.asyncDispose]: release,
  });
  return { leadership, controller };
}

/** What ends a candidacy, and not the next one. */
const lost: ReadonlySet<EtcdError["reason"]> = new Set<EtcdError["reason"]>([
  "SessionExpired",
  "LeaseNotFound",
  "ElectionNotLeader",
  // The next candidacy is one in the cluster that is there now.
  "ClusterChanged",
]);

/** See `Election.run`. */
export async function runAsLeader<T>(
  campaign: (signal: AbortSignal) => Promise<Term>,
  work: (leadership: Leadership) => Promise<T>,
  isFinal: () => boolean,
  outer: AbortSignal | undefined,
): Promise<T> {
  const scope = createScope([outer]);
  const { signal } = scope;
  let failures = 0;
  let hasLed = false;
  const mayPassNow = (error: unknown): boolean =>
    mayPass(error) || (EtcdError.is(error) && lost.has(error.reason)) || (hasLed && outlasts(error, failures));
  try {
    for (;;) {
      const term = await campaign(signal).catch((error: unknown) => {
        if (signal.aborted || isFinal() || !mayPassNow(error)) throw error;
      });
      if (term === undefined) {
        await backOff(failures++, signal, longBackOff);
        continue;
      }
      failures = 0;
      hasLed = true;
      const ended = await lead(term, work, signal);
      if (ended.kind === "done") return ended.result;
      if (ended.kind === "failed") throw ended.error;
    }
  } finally {
    scope.end();
  }
}

type Ended<T> =
  | { readonly kind: "done"; readonly result: T }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "lost" };

/** The work is done. If the leadership cannot be released, nobody else leads before its lease expires. */
async function steppedDown<T>(controller: HoldController, result: T): Promise<Ended<T>> {
  try {
    await controller.release();
    return { kind: "done", result };
  } catch (error) {
    return { kind: "failed", error: withOutcome(error, "unknown") };
  }
}

/** One term. The leadership is released when the work has ended, not before: nobody else works meanwhile. */
async function lead<T>(
  { leadership, controller }: Term,
  work: (leadership: Leadership) => Promise<T>,
  signal: AbortSignal,
): Promise<Ended<T>> {
  signal.addEventListener("abort", controller.stop);
  try {
    if (signal.aborted) controller.stop();
    const result = await work(leadership);
    if (signal.aborted) return { kind: "failed", error: signal.reason };
    return controller.isHeld() ? await steppedDown(controller, result) : { kind: "lost" };
  } catch (error) {
    if (signal.aborted) return { kind: "failed", error: signal.reason };
    return controller.isHeld() ? { kind: "failed", error } : { kind: "lost" };
  } finally {
    signal.removeEventListener("abort", controller.stop);
    await controller.release().catch(() => undefined);
  }
}
