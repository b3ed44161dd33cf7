import { OrderedMap } from "@js-sdsl/ordered-map";
import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import { compareText } from "./comparators.ts";
import type { KeyChange } from "./change.ts";
import { includes, type KeySpan } from "./key-range.ts";
import { TrimmedList } from "../../gateway-server/trimmed-list.ts";

/** What an entry of the database file costs besides its key and value, about. */
const overhead = 32;

/** Versions of a key, the oldest first. A deletion is a version too: one whose `version` is 0. */
type Versions = TrimmedList<KeyValue>;

/** All versions of all keys since the last compaction, by key, and all changes since then, by revision. */
export class StoreHistory {
  readonly #versions = new OrderedMap<string, Versions>([], compareText);
  /** The changes of revision `#first` + i. Every revision has at least one. */
  readonly #log = new TrimmedList<readonly KeyChange[]>();
  #first = 2n;
  #compactRevision = -1n;
  #bytes = 0;

  get compactRevision(): bigint {
    return this.#compactRevision;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(key: string, kv: KeyValue): void {
    const versions = this.#versions.getElementByKey(key) ?? this.#newVersions(key);
    versions.push(kv);
    this.#bytes += sizeOf(kv);
  }

  /** The changes of one more revision, all of which were added. */
  commit(changes: readonly KeyChange[]): void {
    this.#log.push(changes);
  }

  /** The keys that were there at `revision`, in order. */
  *at(range: KeySpan, revision: bigint): Generator<KeyValue> {
    for (const cursor = this.#versions.lowerBound(range.start); cursor.isAccessible(); cursor.next()) {
      const [key, versions] = cursor.pointer;
      if (!includes(range, key)) return;
      const kv = versions.at(lastUpTo(versions, revision));
      if (kv !== undefined && kv.version > 0n) yield kv;
    }
  }

  *since(revision: bigint): Generator<readonly KeyChange[]> {
    for (let i = Math.max(0, Number(revision - this.#first)); i < this.#log.length; i++) yield this.#log.at(i) ?? [];
  }

  *versions(revision: bigint): Generator<KeyValue> {
    for (const [, versions] of this.#versions) {
      for (let i = 0; i <= lastUpTo(versions, revision); i++) {
        const kv = versions.at(i);
        if (kv !== undefined) yield kv;
      }
    }
  }

  /**
   * What etcd's hash of a revision covers: all versions written since the last compaction, up to that revision, and of the
   * older ones those that still exist at it.
   */
  *hashed(revision: bigint): Generator<KeyValue> {
    for (const [, versions] of this.#versions) {
      const last = lastUpTo(versions, revision);
      for (let i = 0; i <= last; i++) {
        const kv = versions.at(i);
        if (kv === undefined) continue;
        if (kv.modRevision > this.#compactRevision || (i === last && kv.version > 0n)) yield kv;
      }
    }
  }

  /** Looks at the keys that changed up to `revision` only: others have nothing to forget. */
  compact(revision: bigint): void {
    this.#compactRevision = revision;
    // A watch may still start at the revision itself.
    const forgotten = this.#log.trim(Math.max(0, Number(revision - this.#first)));
    this.#first += BigInt(forgotten.length);
    const touched = new Set<string>();
    for (const changes of [...forgotten, this.#log.at(0) ?? []]) for (const { key } of changes) touched.add(key);
    for (const key of touched) this.#trim(key, revision);
  }

  #newVersions(key: string): Versions {
    const versions: Versions = new TrimmedList();
    this.#versions.setElement(key, versions);
    return versions;
  }

  #trim(key: string, revision: bigint): void {
    const versions = this.#versions.getElementByKey(key);
    if (versions === undefined) return;
    let keep = lastUpTo(versions, revision);
    if (versions.at(keep)?.version === 0n) keep++;
    for (const kv of versions.trim(Math.max(0, keep))) this.#bytes -= sizeOf(kv);
    if (versions.length === 0) this.#versions.eraseElementByKey(key);
  }
}

function sizeOf({ key, value }: KeyValue): number {
  return key.length + value.length + overhead;
}

/** Index of the newest version that `revision` sees; -1 for none. */
function lastUpTo(versions: Versions, revision: bigint): number {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions.at(middle)?.modRevision ?? 0n) <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
