import type { Entry } from "../../v3/kv/entry.ts";
import { compareBytes } from "../../v3/keys.ts";
import type { InvalidPolicy } from "./cache-options.ts";
import type { Loaded } from "./cache-load.ts";
import type { CacheStore } from "./cache-store.ts";
import type { CacheValue, ReadValue } from "./cache-values.ts";
import { keyId } from "../key-ids.ts";

/**
 * Makes values of what was loaded and puts it into the store, all at once. Tells whether what is shown is another now.
 * Rejects, and changes nothing, for a bad value where the policy is `error`, and once `signal` has aborted.
 */
export async function takeIn<T>(
  store: CacheStore<T>,
  loaded: Loaded,
  read: ReadValue<T>,
  onInvalid: InvalidPolicy,
  signal: AbortSignal,
): Promise<boolean> {
  const puts: (readonly [Entry, CacheValue<T>])[] = [];
  for (const entry of loaded.entries) {
    const known = store.item(keyId(entry.keyBytes));
    if (known !== undefined && isSame(known.entry, entry)) continue;
    const result = read(entry, known?.shown);
    const value = result instanceof Promise ? await result : result;
    if (value.error !== undefined && onInvalid === "error") throw value.error;
    puts.push([entry, value]);
  }
  if (signal.aborted) throw signal.reason;
  return store.apply({ revision: loaded.revision, puts, gone: loaded.gone }, onInvalid === "keepLast");
}

/** A revision alone would not do: a restored backup has the same ones with other content. */
function isSame(a: Entry, b: Entry): boolean {
  if (a.modRevision !== b.modRevision || a.version !== b.version || a.lease !== b.lease) return false;
  return compareBytes(a.value, b.value) === 0;
}
