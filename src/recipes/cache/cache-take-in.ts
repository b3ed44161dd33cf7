import { isPromise } from "../../transport/platform.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { compareBytes } from "../../v3/keys.ts";
import type { InvalidPolicy } from "./cache-options.ts";
import type { Loaded } from "./cache-load.ts";
import { sharedEntry } from "./shared-entry.ts";
import type { CacheStore } from "./cache-store.ts";
import type { CacheValue, ReadValue } from "./cache-values.ts";
import { idsOf, type KeyId, keyId } from "../key-ids.ts";

/** How what was loaded fits to the store, which may have moved meanwhile, by events or by another load. */
export interface Fit {
  /** The revision of the store when the load began. A load that is older than the store by now is dropped. */
  readonly since: bigint;
  /** All of another history: revisions of the two cannot be compared. */
  readonly anew: boolean;
  /** Whether the store is still of the history that was meant. */
  readonly fits: () => boolean;
}

/** Where what was loaded goes. */
export interface CacheTarget<T> {
  readonly store: CacheStore<T>;
  readonly read: ReadValue<T>;
  readonly onInvalid: InvalidPolicy;
  readonly signal: AbortSignal;
}

/**
 * Makes values of what was loaded and puts it into the store, all at once. Returns whether the readable content has changed.
 * Rejects, and changes nothing, for a bad value where the policy is `error`, and once `signal` has aborted.
 * `undefined`: it does not fit any more.
 */
export async function takeIn<T>(
  { store, read, onInvalid, signal }: CacheTarget<T>,
  loaded: Loaded,
  { since, anew, fits }: Fit,
): Promise<boolean | undefined> {
  const puts: (readonly [Entry, CacheValue<T>])[] = [];
  for (const each of loaded.entries) {
    const known = store.item(keyId(each.keyBytes));
    if (known !== undefined && isSame(known.entry, each)) continue;
    const entry = sharedEntry(each);
    const result = read(entry, known?.current);
    const value = isPromise(result) ? await result : result;
    if (value.error !== undefined && onInvalid === "error") throw value.error;
    puts.push([entry, value]);
  }
  if (signal.aborted) throw signal.reason;
  if (!fits()) return undefined;
  const moved = store.revision !== since;
  if (!anew && moved && loaded.revision < store.revision) return false;
  const gone = moved ? goneSince(store, loaded, since) : loaded.gone;
  return store.apply({ revision: loaded.revision, puts, gone }, onInvalid === "keepLast");
}

/** The keys that are gone at the revision of `loaded`, of those that the store has now. */
function goneSince<T>(store: CacheStore<T>, loaded: Loaded, since: bigint): KeyId[] {
  const there = idsOf(loaded.entries);
  const gone = new Set(loaded.gone);
  return [...store.ids.keys()].filter((id) => {
    if (there.has(id)) return false;
    // A key that was created since then and still exists would be among the keys written since then.
    const createRevision = store.item(id)?.entry.createRevision ?? 0n;
    return loaded.whole || gone.has(id) || createRevision > since;
  });
}

/** A revision alone would not do: a restored backup has the same ones with other content. */
function isSame(a: Entry, b: Entry): boolean {
  if (a.modRevision !== b.modRevision || a.createRevision !== b.createRevision) return false;
  if (a.version !== b.version || a.lease !== b.lease) return false;
  return compareBytes(a.value, b.value) === 0;
}
