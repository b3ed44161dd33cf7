import type { Leadership, Office } from "./leadership.ts";
import { amend, EtcdError } from "../../transport/errors/etcd-error.ts";
import { backOff } from "../back-off.ts";
import { createScope } from "../scope.ts";

/** After these another candidacy may do better. */
const passing: ReadonlySet<EtcdError["reason"]> = new Set<EtcdError["reason"]>([
  "Unreachable",
  "MalformedResponse",
  "Timeout",
  "NoLeader",
  "LeaderChanged",
  "Stopped",
  "Unhealthy",
  "TooManyRequests",
  "SessionExpired",
  "LeaseNotFound",
  "ElectionNotLeader",
  // The next candidacy is one in the cluster that is there now.
  "ClusterChanged",
]);

const firstWaitMs = 100;
const longestWaitMs = 5000;

/** See `Election.run`. */
export async function runAsLeader<T>(
  stand: (signal: AbortSignal) => Promise<Office>,
  work: (leadership: Leadership) => Promise<T>,
  hopeless: () => boolean,
  outer: AbortSignal | undefined,
): Promise<T> {
  const scope = createScope([outer]);
  const { signal } = scope;
  let failures = 0;
  try {
    for (;;) {
      const office = await stand(signal).catch((error: unknown) => {
        if (signal.aborted || hopeless() || !EtcdError.is(error) || !passing.has(error.reason)) throw error;
      });
      if (office === undefined) {
        await backOff(failures++, firstWaitMs, longestWaitMs, signal);
        continue;
      }
      failures = 0;
      const ended = await lead(office, work, signal);
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

/** The work is done; where the leadership cannot be given up, nobody else leads before its lease ends. */
async function steppedDown<T>(standing: Office["standing"], result: T): Promise<Ended<T>> {
  try {
    await standing.release();
    return { kind: "done", result };
  } catch (error) {
    return { kind: "failed", error: EtcdError.is(error) ? amend(error, { outcome: "unknown" }) : error };
  }
}

/** One term. The office is given up when the work has ended, and only then: nobody else works before. */
async function lead<T>(
  { leadership, standing }: Office,
  work: (leadership: Leadership) => Promise<T>,
  signal: AbortSignal,
): Promise<Ended<T>> {
  signal.addEventListener("abort", standing.stop);
  try {
    if (signal.aborted) standing.stop();
    const result = await work(leadership);
    if (signal.aborted) return { kind: "failed", error: signal.reason };
    return standing.isHeld() ? await steppedDown(standing, result) : { kind: "lost" };
  } catch (error) {
    if (signal.aborted) return { kind: "failed", error: signal.reason };
    return standing.isHeld() ? { kind: "failed", error } : { kind: "lost" };
  } finally {
    signal.removeEventListener("abort", standing.stop);
    await standing.release().catch(() => undefined);
  }
}
