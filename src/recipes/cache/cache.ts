import type { StandardSchemaV1 } from "@standard-schema/spec";
import { onAbort, pause } from "../../transport/deadline.ts";
import { type EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import { checkRevision, ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import type { Key, Selector } from "../../v3/keys.ts";
import { type CacheOptions, checkCacheOptions, type ParsedCacheOptions } from "./cache-options.ts";
import { type CacheFollower, followPolls, followWatch } from "./cache-follow.ts";
import { afterNews, type CacheNews, cacheStatus, startState } from "./cache-state.ts";
import { createCacheLoader, historyChanged } from "./cache-loader.ts";
import { createCacheStore } from "./cache-store.ts";
import { type Made, readBySchema, type ReadValue } from "./cache-values.ts";
import { keyId } from "../key-ids.ts";
import { createListeners } from "../../transport/listeners.ts";
import { createScope, isReason, type WaitOptions, waitAtMost } from "../wait.ts";

/**
 * The entries of a range, kept as the server has them, and read without waiting. All changes of one revision show at
 * once. Where etcd is away the last known data stay; `status` and `error` tell. After `close` too they can be read.
 */
export interface Cache<T> extends AsyncDisposable {
  /** What is at a key: what `parse` made of its value, or the entry where there is no `parse`. `null`: no such key. */
  get(key: Key): T | null;
  /** The entry that the value of `get` was made of. */
  entry(key: Key): Entry | null;
  /** Whether the cache has an entry at `key`, by what `get` answers. */
  has(key: Key): boolean;
  /** How many entries the cache has. */
  readonly size: number;
  /** Keys with what `get` answers for each, in etcd's order, but for keys that are not UTF-8: these are in `invalid`. */
  entries(): IterableIterator<[string, T]>;
  /**
   * The server's revision that the content is of. It moves with the range's own changes, and with each `refresh`; in a
   * cluster that was wiped or restored it starts anew.
   */
  readonly revision: bigint;
  /** `live`: equal to the server as far as is known. `stale`: out of touch, with the last known data. */
  readonly status: "live" | "stale" | "closed";
  /** Why the cache is stale or closed, as far as is known. */
  readonly error: unknown;
  /** The keys whose values `parse` refuses now, and why; keys that are not UTF-8 too, their bytes written as `\xff`. */
  readonly invalid: ReadonlyMap<string, EtcdError>;
  /**
   * Calls `listener` after each change of the content or of `status`, until what it returns is called. One that throws is
   * reported by `console.error`, and the others are called all the same.
   */
  subscribe(this: void, listener: () => void): () => void;
  /** The whole content in etcd's order; the same object as long as nothing has changed. Has the keys that `entries` has. */
  getSnapshot(this: void): ReadonlyMap<string, T>;
  /**
   * Asks what has changed, and resolves when it is taken in: whatever was written before the call. What travels
   * follows the changes, not the size. Callers share requests where the client's `shareRequests` is `true`, and no
   * caller depends on those of others for longer than its own time. Default time-out: the client's.
   */
  refresh(options?: WaitOptions): Promise<void>;
  /**
   * Resolves when the content is of `revision` or later, such as that of a `put`. Rejects with `ClusterChanged` when the
   * cluster is wiped or restored meanwhile. Default: waits for ever.
   */
  waitFor(revision: bigint, options?: WaitOptions): Promise<void>;
  /** Ends the watch or the polls. What was known last can still be read. */
  close(): Promise<void>;
}

/** The wait before asking again for a revision that is not there yet, in milliseconds: it doubles up to the cap. */
const firstWaitMs = 20;
const longestWaitMs = 1000;

/**
 * Loads a range and keeps it as the server has it, by a watch or by polls, over any break, compaction included, and over
 * a change of the cluster: one that was wiped or restored is read anew, whatever the client's calls do. Rejects
 * if the first load fails. Close it, or dispose of it, to free its stream or timer.
 *
 * @throws an `EtcdError` if the first load fails.
 * @example
 * const settings = await cache(etcd, { prefix: "settings/" });
 * settings.get("settings/upload")?.text(); // without waiting
 */
export function cache(
  etcd: Etcd,
  selector: Selector,
  options?: CacheOptions & { readonly parse?: undefined },
): Promise<Cache<Entry>>;
/**
 * The same, with each value as the schema of `parse` reads it.
 *
 * @throws an `EtcdError` if the first load fails; with `onInvalid: "error"`, the default, also where the schema refuses
 * a value of it.
 * @example
 * const settings = await cache(etcd, { prefix: "settings/" }, { parse: z.object({ limit: z.number() }) });
 * settings.get("settings/upload")?.limit;
 */
export function cache<S extends StandardSchemaV1>(
  etcd: Etcd,
  selector: Selector,
  options: ParsedCacheOptions<S>,
): Promise<Cache<StandardSchemaV1.InferOutput<S>>>;
export async function cache(
  etcd: Etcd,
  selector: Selector,
  given?: CacheOptions & { readonly parse?: StandardSchemaV1 | undefined },
): Promise<Cache<unknown>> {
  const settings = checkCacheOptions(given);
  const { mode, format, onInvalid, parse } = settings;
  const read: ReadValue<unknown> = parse === undefined ? (entry) => ({ value: entry }) : readBySchema(parse, format);
  const store = createCacheStore<unknown>();
  const listeners = createListeners();
  const own = new AbortController();
  const lifetime = createScope([settings.signal, etcd.signal, own.signal]);
  const { signal } = lifetime;
  const target = { store, read, onInvalid, signal };
  let state = startState;
  let follower: CacheFollower | undefined;
  const loader = createCacheLoader(etcd, selector, target, note);

  /** Notes how the last contact went. */
  function note(error: unknown, changed?: boolean): void {
    if (isReason(error, "ClusterChanged")) loader.leaveHistory();
    apply({ error, changed });
  }

  function apply(news: CacheNews): void {
    const step = afterNews(state, news);
    if (step === undefined) return;
    ({ state } = step);
    if (state.closed) {
      own.abort(state.error);
      lifetime.end();
    }
    if (step.tells) listeners.tell();
    if (state.closed) listeners.clear();
  }

  function shut(error: unknown): void {
    apply({ closed: true, error });
  }

  onAbort(signal, () => shut(signal.reason));
  if (state.closed) throw signal.reason;
  try {
    await waitAtMost({ timeoutMs: settings.timeoutMs, signal }, async () => {
      await loader.refresh();
      const followed = { ...loader, selector, store, signal, note, apply };
      follower = mode === "watch" ? followWatch(followed) : followPolls(followed, settings.pollMs);
      await follower.ready;
    });
  } catch (error) {
    shut(error);
    throw error;
  }

  async function close(): Promise<void> {
    shut(notApplied("the cache is closed", "Closed"));
    await follower?.finished;
  }

  /** Bounds a wait by the caller's own time, and by the life of the cache. */
  async function within(options: WaitOptions, work: (theirs: AbortSignal) => Promise<void>): Promise<void> {
    if (state.closed) throw signal.reason;
    await waitAtMost({ signal }, () => waitAtMost(options, work));
  }

  const currentOf = (key: Key): Made<unknown> | undefined => store.item(keyId(key))?.current;

  return {
    get: (key) => currentOf(key)?.value ?? null,
    entry: (key) => currentOf(key)?.entry ?? null,
    has: (key) => currentOf(key) !== undefined,
    get size() {
      return store.size;
    },
    entries: () => store.snapshot().entries(),
    get revision() {
      return store.revision;
    },
    get status() {
      return cacheStatus(state);
    },
    get error() {
      return state.error;
    },
    get invalid() {
      return store.invalid();
    },
    subscribe: (listener) => (state.closed ? () => undefined : listeners.add(listener)),
    getSnapshot: () => store.snapshot(),
    async refresh(options) {
      await within(ownOptions("refresh", options), loader.refresh);
    },
    async waitFor(revision, options) {
      checkRevision(revision, "revision");
      await within(ownOptions("waitFor", options), async (theirs) => {
        const isSame = loader.historyNow();
        for (let waitMs = firstWaitMs; store.revision < revision; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
          await loader.refresh();
          // In another history the revision is that of something else.
          if (!isSame()) throw historyChanged();
          if (store.revision < revision) await pause(waitMs, theirs);
        }
      });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
