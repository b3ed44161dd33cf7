import { createSharedWork } from "../transport/shared-work.ts";

/** How long a run is waited for by those that want the next one, in milliseconds. */
const longestRunMs = 30_000;

/**
 * Runs `work` once at a time. All calls that come during a run share the next one, so each sees a state at least as new
 * as its call. A run that cannot end any more, or takes too long, is not waited for. Without `shareRequests` each call
 * is a run of its own, since a run may end together with the call that began it.
 */
export function singleFlight<T>(work: () => Promise<T>, shareRequests: boolean = true): () => Promise<T> {
  if (!shareRequests) return work;
  const shared = createSharedWork(work, { shareRequests, limitMs: longestRunMs });
  return () => shared.joinNext();
}
