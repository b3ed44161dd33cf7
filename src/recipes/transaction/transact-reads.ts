import { isBytes } from "../../transport/platform.ts";
import type { Etcd } from "../../v3/client.ts";
import { compare, type Compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { type Key, keyBytes, type Selector } from "../../v3/keys.ts";
import { keyId } from "../key-ids.ts";
import { createRevisionReader, idOf, type KeyHints, type ReaderLimits } from "./revision-reader.ts";

/**
 * What a transaction is protected from, as in Go's `concurrency` package:
 * - `serializable-snapshot`: all reads are of one revision, that of the first; it commits only if nobody has written
 *   what it read, nor what it writes, since then.
 * - `serializable`: the same, but what it only writes may have been written by others since.
 * - `repeatable-read`: a key reads the same each time, but different keys may be read at different revisions; it commits
 *   only if nobody has written what it read. The function may see a mixture, though never commit one.
 * - `read-committed`: each read is the newest, and nothing is checked: only that all of its writes come at once.
 */
export type Isolation = "serializable-snapshot" | "serializable" | "repeatable-read" | "read-committed";

/** What an attempt at a transaction has read. */
export interface ReadSet {
  get(keys: readonly Key[]): Promise<(Entry | null)[]>;
  range(selector: Selector): Promise<Entry[]>;
  /** What has to hold still for the reads to be true. */
  conditions(): Compare[];
  has(key: Key): boolean;
  /** What the store had at a key when it was last read; `undefined` if it was not read, or not answered yet. */
  found(key: Key): Entry | null | undefined;
  /** The single keys that were read. */
  readonly keys: KeyHints;
  /** The revision of the first read. */
  readonly revision: bigint | undefined;
  /** Whether all reads are of that revision. */
  readonly snapshot: boolean;
  /** Whether the revision of the reads can no longer be read: only another attempt helps. */
  readonly outdated: boolean;
}

interface SingleRead {
  readonly key: Key;
  readonly entry: Promise<Entry | null>;
  /** The same, once it is answered. */
  found: Entry | null | undefined;
}

/** `hints`: keys to read along with the first read, which saves the requests for them. */
export function createReadSet(
  etcd: Etcd,
  hints: KeyHints,
  { isolation, ...limits }: ReaderLimits & { readonly isolation: Isolation },
): ReadSet {
  const snapshot = isolation === "serializable-snapshot" || isolation === "serializable";
  const reader = createRevisionReader(etcd, { ...limits, hints, pinned: snapshot });
  const singles = new Map<string, SingleRead>();
  const ranges: { readonly selector: Selector; readonly revision: bigint; readonly entries: Entry[] }[] = [];
  /** What `read-committed` has read: only `found` looks at it, since no condition is made of it. */
  const unchecked = new Map<string, Entry | null>();

  function remember(key: Key, id: string, entry: Promise<Entry | null>): Promise<Entry | null> {
    const single: SingleRead = { key, entry, found: undefined };
    singles.set(id, single);
    entry.then(
      (found) => {
        single.found = found;
      },
      () => {
        if (singles.get(id) === single) singles.delete(id);
      },
    );
    return entry;
  }

  return {
    snapshot,
    async get(keys) {
      for (const key of keys) keyBytes(key);
      const ids = keys.map(keyId);
      if (isolation === "read-committed") {
        const entries = (await reader.read(keys)).map(({ entry }) => entry);
        for (const [i, id] of ids.entries()) unchecked.set(id, entries[i] ?? null);
        return entries;
      }
      const fresh = new Map<string, Key>();
      for (const [i, key] of keys.entries()) {
        const id = ids[i] ?? "";
        if (singles.has(id) || fresh.has(id)) continue;
        const known = reader.ahead.get(id);
        if (known === undefined) fresh.set(id, key);
        else void remember(key, id, Promise.resolve(known));
      }
      if (fresh.size > 0) {
        const reading = reader.read([...fresh.values()]);
        for (const [i, [id, key]] of [...fresh].entries()) {
          remember(
            key,
            id,
            reading.then((results) => results[i]?.entry ?? null),
          ).catch(() => undefined);
        }
      }
      return Promise.all(ids.flatMap((id) => singles.get(id)?.entry ?? []));
    },

    async range(selector) {
      const known = ranges.find((range) => isolation !== "read-committed" && same(range.selector, selector));
      if (known !== undefined) return known.entries;
      const [result] = await reader.read([selector]);
      if (result === undefined) return [];
      if (isolation !== "read-committed") {
        const at = snapshot ? (reader.revision ?? result.revision) : result.revision;
        ranges.push({ selector, revision: at, entries: result.entries });
      } else for (const entry of result.entries) unchecked.set(keyId(entry.keyBytes), entry);
      return result.entries;
    },

    conditions() {
      const conditions = new Map<string, Compare>();
      // Of a key that was read twice, and was not the same, both: such reads can never be committed.
      const still = (id: string, key: Key, revision: bigint): void =>
        void conditions.set(`${revision} ${id}`, compare.modRevision(key, "=", revision));
      for (const [id, { key, found }] of singles) if (found !== undefined) still(id, key, found?.modRevision ?? 0n);
      const whole: Compare[] = [];
      for (const range of ranges) {
        // No key of the range was put since. Whether one was deleted, only conditions on the keys themselves tell.
        whole.push(compare.modRevision(range.selector, "<", range.revision + 1n));
        for (const { keyBytes, modRevision } of range.entries) still(keyId(keyBytes), keyBytes, modRevision);
      }
      return [...conditions.values(), ...whole];
    },

    has: (key) => singles.has(keyId(key)),
    found(key) {
      const id = keyId(key);
      const single = singles.get(id)?.found ?? unchecked.get(id);
      if (single !== undefined) return single;
      return ranges.flatMap(({ entries }) => entries).find((entry) => keyId(entry.keyBytes) === id);
    },
    get keys() {
      return new Map([...singles].map(([id, { key }]) => [id, key]));
    },
    get revision() {
      return reader.revision;
    },
    get outdated() {
      return reader.outdated;
    },
  };
}

function same(a: Selector, b: Selector): boolean {
  return shape(a) === shape(b);
}

function shape(selector: Selector): string {
  const id = idOf(selector);
  if (id !== undefined || typeof selector === "string" || isBytes(selector)) return `key ${id ?? ""}`;
  const { prefix, from, to, all } = selector;
  return JSON.stringify([prefix, from, to].map((key) => (key === undefined ? null : keyId(key))).concat(String(all)));
}
