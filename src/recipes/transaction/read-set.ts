import { isBytes } from "../../transport/platform.ts";
import { compare, type Compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import type { Key, Selector } from "../../v3/keys.ts";
import { type KeyId, keyId } from "../key-ids.ts";

/** All of a range, as it was read. */
export interface RangeRead {
  readonly selector: Selector;
  /** The entries are those of this revision. */
  readonly revision: bigint;
  readonly entries: readonly Entry[];
}

/** What an attempt at a transaction has read, and what follows from it. No request, no promise. */
export interface ReadSet {
  /** Takes in a key that was read by itself; `null`: it does not exist. */
  addKey(key: Key, entry: Entry | null): void;
  addRange(range: RangeRead): void;
  /** The range as it was read before. */
  range(selector: Selector): RangeRead | undefined;
  /** The keys that were read by themselves. */
  readonly keys: ReadonlyMap<KeyId, Key>;
  /** What the store had at a key when it was last read; `undefined` for a key that was not read. */
  found(key: Key): Entry | null | undefined;
  /** What has to hold for the reads to be true still. */
  conditions(): Compare[];
}

/** `checked`: whether a change by others counts. If not, there are no conditions, and ranges are not kept. */
export function createReadSet({ checked }: { readonly checked: boolean }): ReadSet {
  const keys = new Map<KeyId, Key>();
  const ranges: RangeRead[] = [];
  const newest = new Map<KeyId, Entry | null>();
  /** Each state in which a key was read. If there are two of a key, their conditions never hold together. */
  const states = new Map<string, readonly [Key, bigint]>();

  function note(id: KeyId, key: Key, entry: Entry | null): void {
    newest.set(id, entry);
    const revision = entry?.modRevision ?? 0n;
    if (checked) states.set(`${revision} ${id}`, [key, revision]);
  }

  return {
    addKey(key, entry) {
      const id = keyId(key);
      keys.set(id, key);
      note(id, key, entry);
    },
    addRange(range) {
      if (checked) ranges.push(range);
      for (const entry of range.entries) note(keyId(entry.keyBytes), entry.keyBytes, entry);
    },
    range(selector) {
      const wanted = shape(selector);
      return ranges.find((range) => shape(range.selector) === wanted);
    },
    keys,
    found: (key) => newest.get(keyId(key)),
    conditions: () => [
      ...Array.from(states.values(), ([key, revision]) => compare.modRevision(key, "=", revision)),
      // No key of the range was put since. Whether one was deleted, only conditions on the keys themselves tell.
      ...ranges.map(({ selector, revision }) => compare.modRevision(selector, "<", revision + 1n)),
    ],
  };
}

/** The id of a key; `undefined` for a range. */
export function singleKeyId(selector: Selector): KeyId | undefined {
  return typeof selector === "string" || isBytes(selector) ? keyId(selector) : undefined;
}

/** Equal for selectors of the same keys that are written alike. */
function shape(selector: Selector): string {
  if (typeof selector === "string" || isBytes(selector)) return `key ${keyId(selector)}`;
  const { prefix, from, to, all } = selector;
  return JSON.stringify([prefix, from, to].map((key) => (key === undefined ? null : keyId(key))).concat(String(all)));
}
