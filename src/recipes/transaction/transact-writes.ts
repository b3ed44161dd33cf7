import { Entry } from "../../v3/kv/entry.ts";
import { type DeleteOp, op, type PutOp } from "../../v3/kv/op.ts";
import { type Key, keyBytes, type Selector, type Value, valueBytes } from "../../v3/keys.ts";
import { keyId, selects } from "../key-ids.ts";

interface Write {
  readonly id: string;
  readonly key: Key;
  readonly op: PutOp | DeleteOp;
  /** What reads of the same transaction find. */
  readonly entry: Entry | null;
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
  readonly ops: (PutOp | DeleteOp)[];
}

export function createWriteSet(): WriteSet {
  const writes = new Map<string, Write>();

  return {
    put(key, value, options = {}) {
      const bytes = keyBytes(key);
      const id = keyId(key);
      const own = valueBytes(value);
      const step = op.put(bytes, own, options);
      const { lease = 0n } = options;
      const none = { createRevision: 0n, modRevision: 0n, version: 0n };
      const entry = new Entry({ keyBytes: bytes, value: own, lease, ...none });
      writes.set(id, { id, key: bytes, op: step, entry });
    },
    delete(key) {
      const bytes = keyBytes(key);
      const id = keyId(key);
      writes.set(id, { id, key: bytes, op: op.delete(bytes), entry: null });
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
      return [...writes.values()].map((write) => write.op);
    },
  };
}
