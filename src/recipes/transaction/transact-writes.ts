import { Entry } from "../../v3/kv/entry.ts";
import { compare } from "../../v3/kv/compare.ts";
import { type Op, op } from "../../v3/kv/op.ts";
import { type Key, keyBytes, type Selector, type Value, valueBytes } from "../../v3/keys.ts";
import { keyId, selects } from "../key-ids.ts";

interface Write {
  readonly id: string;
  readonly key: Key;
  /** What reads of the same transaction find. */
  readonly entry: Entry | null;
  /** `kept`: the one that the store has, where the key was read and has one. */
  readonly lease: bigint | "kept";
}

/** What puts without a lease need to know. */
export interface LeaseRule {
  /** The key as the transaction has read it from the store, as far as that is known by now. */
  readonly read: (key: Key) => Entry | null | undefined;
  /** Whether the commit says, by a condition, that the key is still as it was read. */
  readonly checked: boolean;
}

/** What a transaction is going to write: of each key the last word. */
export interface WriteSet {
  put(key: Key, value: Value, options?: { readonly lease?: bigint | undefined }): void;
  delete(key: Key): void;
  /** `undefined` for a key that it does not write, `null` for one that it deletes. */
  get(key: Key): Entry | null | undefined;
  /** What puts the writes that a selector is about, as of now, among the entries that the store has. */
  within(selector: Selector): (stored: readonly Entry[]) => Entry[];
  readonly keys: Key[];
  readonly ops: Op[];
}

export function createWriteSet({ read, checked }: LeaseRule): WriteSet {
  const writes = new Map<string, Write>();

  const leaseOf = ({ key, lease }: Pick<Write, "key" | "lease">): bigint =>
    lease === "kept" ? (read(key)?.lease ?? 0n) : lease;

  function stepOf(write: Write): Op {
    const { key, entry } = write;
    if (entry === null) return op.delete(key);
    const lease = leaseOf(write);
    if (write.lease !== "kept" || lease === 0n) return op.put(key, entry.value, { lease });
    const keeping = op.put(key, entry.value, { ignoreLease: true });
    // A key that may be gone by now has no lease to keep, and etcd would refuse the whole transaction.
    return checked ? keeping : op.txn({ if: [compare.exists(key)], then: [keeping], else: [op.put(key, entry.value)] });
  }

  return {
    put(key, value, options = {}) {
      const bytes = keyBytes(key);
      const id = keyId(key);
      const own = valueBytes(value);
      // Checks the options.
      op.put(bytes, own, options);
      // After a delete, or a put with a lease, of the same transaction the key has that: none, or the one given.
      const lease = options.lease ?? writes.get(id)?.lease ?? "kept";
      const none = { createRevision: 0n, modRevision: 0n, version: 0n };
      const entry = new Entry({ keyBytes: bytes, value: own, lease: leaseOf({ key: bytes, lease }), ...none });
      writes.set(id, { id, key: bytes, entry, lease });
    },
    delete(key) {
      const bytes = keyBytes(key);
      const id = keyId(key);
      writes.set(id, { id, key: bytes, entry: null, lease: 0n });
    },
    get: (key) => writes.get(keyId(key))?.entry,
    within(selector) {
      const own = [...writes.values()];
      return (stored) => {
        const selected = selects(selector);
        const entries = new Map(stored.map((entry) => [keyId(entry.keyBytes), entry]));
        for (const { id, entry } of own) {
          if (!selected(id)) continue;
          if (entry === null) entries.delete(id);
          else entries.set(id, entry);
        }
        return [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
      };
    },
    get keys() {
      return [...writes.values()].map(({ key }) => key);
    },
    get ops() {
      return [...writes.values()].map(stepOf);
    },
  };
}
