import type { Etcd } from "../../v3/client.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { type Key, keyBytes, type Selector } from "../../v3/keys.ts";
import { type KeyId, keyId } from "../key-ids.ts";
import { createReadSet, type ReadSet } from "./read-set.ts";
import { createRevisionReader, type KeyHints, type ReaderLimits } from "./revision-reader.ts";

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

/** The reads of an attempt at a transaction. */
export interface TransactReads {
  get(keys: readonly Key[]): Promise<(Entry | null)[]>;
  range(selector: Selector): Promise<readonly Entry[]>;
  /** What they have brought until now. */
  readonly set: ReadSet;
  /** The revision of the first. */
  readonly revision: bigint | undefined;
  /** Whether all are of that revision. */
  readonly snapshot: boolean;
  /** Whether that revision can no longer be read: only another attempt helps. */
  readonly outdated: boolean;
}

/** `hints`: keys to read along with the first read, which saves the requests for them. */
export function createTransactReads(
  etcd: Etcd,
  hints: KeyHints,
  { isolation, ...limits }: ReaderLimits & { readonly isolation: Isolation },
): TransactReads {
  const snapshot = isolation === "serializable-snapshot" || isolation === "serializable";
  const checked = isolation !== "read-committed";
  const reader = createRevisionReader(etcd, { ...limits, hints, pinned: snapshot });
  const set = createReadSet({ checked });
  /** The keys that read the same each time: answers, and requests under way. */
  const repeated = new Map<KeyId, Promise<Entry | null>>();

  /** Asks for keys. */
  async function read(keys: readonly Key[]): Promise<(Entry | null)[]> {
    const results = await reader.read(keys);
    return keys.map((key, i) => {
      const entry = results[i]?.entry ?? null;
      set.addKey(key, entry);
      return entry;
    });
  }

  return {
    set,
    snapshot,
    async get(given) {
      // Copies: they are asked for again, and are in the conditions.
      const keys = given.map((key) => keyBytes(key));
      if (!checked) return read(keys);
      const ids = keys.map(keyId);
      const fresh = new Map<KeyId, Key>();
      for (const [i, key] of keys.entries()) {
        const id = ids[i] ?? "";
        if (repeated.has(id) || fresh.has(id)) continue;
        const known = reader.ahead.get(id);
        if (known === undefined) fresh.set(id, key);
        else {
          set.addKey(key, known);
          repeated.set(id, Promise.resolve(known));
        }
      }
      if (fresh.size > 0) {
        const reading = read([...fresh.values()]);
        for (const [i, id] of [...fresh.keys()].entries()) {
          const entry = reading.then((entries) => entries[i] ?? null);
          entry.catch(() => repeated.delete(id));
          repeated.set(id, entry);
        }
      }
      return Promise.all(ids.flatMap((id) => repeated.get(id) ?? []));
    },

    async range(selector) {
      const known = set.range(selector);
      if (known !== undefined) return known.entries;
      const [result] = await reader.read([selector]);
      if (result === undefined) return [];
      const revision = (snapshot ? reader.revision : undefined) ?? result.revision;
      set.addRange({ selector, revision, entries: result.entries });
      return result.entries;
    },

    get revision() {
      return reader.revision;
    },
    get outdated() {
      return reader.outdated;
    },
  };
}
