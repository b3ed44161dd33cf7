import { createSharedWork } from "../transport/shared-work.ts";

/** How long a run is waited for by those that want the next one, in milliseconds. */
const longestRunMs = 30_000;

/**
 * `work` that runs once at a time. Who asks while it runs gets the next run, which all that ask meanwhile share: what
 * was so when they asked is seen by it. A run that cannot end any more, or takes too long, is not waited for. Without
 * `shareRequests` each call is a run of its own, since a run may end together with the call that began it.
 */
export function singleFlight<T>(work: () => Promise<T>, shareRequests: boolean = true): () => Promise<T> {
  if (!shareRequests) return work;
  const shared = createSharedWork(work, { shareRequests, limitMs: longestRunMs });
  return () => shared.joinNext();
}
