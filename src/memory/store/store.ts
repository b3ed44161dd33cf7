import { OrderedMap } from "@js-sdsl/ordered-map";
import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import { compareText, fromBinary, noBytes, toBinary } from "./comparators.ts";
import type { KeyChange } from "./change.ts";
import { hashOf } from "./hash.ts";
import { StoreHistory } from "./history.ts";
import { includes, type KeySpan } from "./key-range.ts";

export interface Found {
  readonly kvs: KeyValue[];
  /** Keys in the range, whatever the limit. */
  readonly count: number;
}

export interface StoreReadOptions {
  /** The revision to read at, from the last compaction up to the newest, which is the default. */
  readonly revision?: bigint;
  /** Most keys to give; 0, the default, is all. */
  readonly limit?: number;
  readonly countOnly?: boolean;
}

/** Keys and values as a transaction sees them: with its own writes. */
export interface StoreTxn {
  /** The revision that writes of this transaction get. */
  readonly revision: bigint;
  readonly changed: boolean;
  put(key: string, value: Uint8Array, lease: bigint): void;
  /** Deletes what is there, and gives it. */
  delete(range: KeySpan): KeyValue[];
}

type Listener = (changes: readonly KeyChange[], revision: bigint) => void;

export interface RevisionHash {
  readonly hash: number;
  readonly compactRevision: bigint;
}

/** As many as etcd keeps of those that it made when it compacted. */
const keptHashes = 10;

/**
 * Keys with all their versions since the last compaction. What costs how much: a read of the newest revision
 * O(log keys + answer), the count of a range too, whatever its limit; a read of an older revision O(range), as in etcd;
 * a write O(log keys); a compaction O(data), for its hash.
 */
export class Store {
  readonly #live = new OrderedMap<string, KeyValue>([], compareText, true);
  readonly #history = new StoreHistory();
  readonly #hashes = new Map<bigint, RevisionHash>();
  readonly #listeners: Listener[] = [];
  #revision = 1n;
  /** There are writes of a transaction that has not ended. */
  #dirty = false;

  /** The newest revision. A new store is at 1. */
  get revision(): bigint {
    return this.#revision;
  }

  /** The oldest revision that can be read, -1 before the first compaction. */
  get compactRevision(): bigint {
    return this.#history.compactRevision;
  }

  /** Bytes of all keys and values that are kept, old versions included. */
  get bytes(): number {
    return this.#history.bytes;
  }

  get size(): number {
    return this.#live.size();
  }

  get(key: string): KeyValue | undefined {
    return this.#live.getElementByKey(key);
  }

  /** Whether `revision` can be read is for the caller to see. */
  read(range: KeySpan, { revision, limit = 0, countOnly = false }: StoreReadOptions = {}): Found {
    if (revision !== undefined && (revision < this.#revision || this.#dirty)) {
      return this.#readOld(range, revision, limit, countOnly);
    }
    if (range.single) {
      const kv = this.get(range.start);
      return { kvs: kv === undefined || countOnly ? [] : [kv], count: kv === undefined ? 0 : 1 };
    }
    const live = this.#live;
    const size = live.size();
    const from = live.lowerBound(range.start);
    const last = range.end === undefined ? live.end() : live.lowerBound(range.end);
    const first = from.isAccessible() ? from.index : size;
    const count = Math.max(0, (last.isAccessible() ? last.index : size) - first);
    const wanted = countOnly ? 0 : limit > 0 ? Math.min(limit, count) : count;
    const kvs: KeyValue[] = [];
    for (; kvs.length < wanted; from.next()) kvs.push(from.pointer[1]);
    return { kvs, count };
  }

  /** Walks every key that there has been in the range since the last compaction. */
  #readOld(range: KeySpan, revision: bigint, limit: number, countOnly: boolean): Found {
    const kvs: KeyValue[] = [];
    let count = 0;
    for (const kv of this.#history.at(range, revision)) {
      count++;
      if (!countOnly && (limit <= 0 || kvs.length < limit)) kvs.push(kv);
    }
    return { kvs, count };
  }

  /** Runs `work`, all of whose writes get the next revision, and tells the listeners. It must not fail half-way. */
  write<T>(work: (txn: StoreTxn) => T): T {
    const changes: KeyChange[] = [];
    const revision = this.#revision + 1n;
    const before = new Map<string, KeyValue | undefined>();
    const record = (change: Omit<KeyChange, "before">): void => {
      const { key, previous } = change;
      if (!before.has(key)) before.set(key, previous);
      changes.push({ ...change, before: before.get(key) });
      this.#dirty = true;
      this.#history.add(key, change.kv);
    };
    const result = work({
      revision,
      get changed() {
        return changes.length > 0;
      },
      put: (key, value, lease) => {
        const previous = this.get(key);
        const kv: KeyValue = {
          $typeName: "mvccpb.KeyValue",
          key: previous?.key ?? fromBinary(key),
          value,
          lease,
          modRevision: revision,
          createRevision: previous?.createRevision ?? revision,
          version: (previous?.version ?? 0n) + 1n,
        };
        this.#live.setElement(key, kv);
        record({ key, kv, deleted: false, previous });
      },
      delete: (range) => {
        const { kvs } = this.read(range);
        for (const previous of kvs) {
          const key = toBinary(previous.key);
          this.#live.eraseElementByKey(key);
          record({ key, kv: tombstone(previous.key, revision), deleted: true, previous });
        }
        return kvs;
      },
    });
    this.#dirty = false;
    if (changes.length > 0) {
      this.#revision = revision;
      this.#history.commit(changes);
      for (const listener of this.#listeners) listener(changes, revision);
    }
    return result;
  }

  /** Forgets what is older than `revision`, which stays readable and is between the last compaction and the newest. */
  compact(revision: bigint): void {
    // etcd hashes as it compacts, and keeps that hash: the revision has it for ever, whatever is forgotten of it.
    this.#hashes.set(revision, this.hashAt(revision));
    for (const oldest of this.#hashes.keys()) if (this.#hashes.size > keptHashes) this.#hashes.delete(oldest);
    this.#history.compact(revision);
  }

  /** The changes from `revision` on that are in `range`, one list for each revision that has any. */
  *changesSince(range: KeySpan, revision: bigint): Generator<readonly KeyChange[]> {
    for (const changes of this.#history.since(revision)) {
      const inRange = changes.filter(({ key }) => includes(range, key));
      if (inRange.length > 0) yield inRange;
    }
  }

  /** Called after each write, in the order of revisions. */
  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Every version that is kept, by key and then by age, of the revisions up to `revision`. */
  versions(revision: bigint): Generator<KeyValue> {
    return this.#history.versions(revision);
  }

  /** The hash of a revision, and after which compaction it was made. */
  hashAt(revision: bigint): RevisionHash {
    const { compactRevision } = this;
    return this.#hashes.get(revision) ?? { hash: hashOf(this.#history.hashed(revision)), compactRevision };
  }
}

function tombstone(key: Uint8Array, modRevision: bigint): KeyValue {
  const $typeName = "mvccpb.KeyValue";
  return { $typeName, key, modRevision, createRevision: 0n, version: 0n, value: noBytes, lease: 0n };
}
