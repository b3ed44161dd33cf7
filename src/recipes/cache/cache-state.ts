import { isReason } from "../wait.ts";

// How a cache is doing, as a value, and what comes of it when something happens.

export interface CacheState {
  readonly closed: boolean;
  /** Why the last contact with etcd failed, or why the cache is closed; `undefined` if neither is so. */
  readonly error: unknown;
  /** Whether the stream of the watch is broken, and being opened anew. */
  readonly broken: boolean;
}

/** What happened: what is different in the state now, and whether the content is. */
export interface CacheNews extends Partial<CacheState> {
  readonly changed?: boolean | undefined;
}

/** Before the first contact. */
export const startState: CacheState = { closed: false, error: undefined, broken: false };

export function cacheStatus({ closed, error, broken }: CacheState): "live" | "stale" | "closed" {
  if (closed) return "closed";
  return error !== undefined || broken ? "stale" : "live";
}

/**
 * The state after that, and whether listeners are told: of other content and of another status. `undefined` for a closed
 * cache, which nothing changes any more.
 */
export function afterNews(
  before: CacheState,
  { changed, ...news }: CacheNews,
): { readonly state: CacheState; readonly tells: boolean } | undefined {
  if (before.closed) return undefined;
  const state = { ...before, ...news };
  // A cache is closed with its client.
  state.closed ||= isReason(state.error, "Closed");
  return { state, tells: changed === true || cacheStatus(state) !== cacheStatus(before) };
}
