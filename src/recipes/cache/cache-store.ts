import type { EtcdError } from "../../transport/errors/etcd-error.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { utf8Text } from "../../transport/bytes.ts";
import { escaped, notText } from "../../v3/keys.ts";
import type { CacheValue, Made } from "./cache-values.ts";
import { type KeyId, keyId } from "../key-ids.ts";

/** An entry as the server has it, and what the cache shows of its key. */
interface Item<T> {
  readonly entry: Entry;
  readonly current: Made<T> | undefined;
  readonly error: EtcdError | undefined;
}

/** What a range became by a revision. */
export interface CacheChange<T> {
  readonly revision: bigint;
  readonly puts: readonly (readonly [Entry, CacheValue<T>])[];
  readonly gone: readonly KeyId[];
}

/** The state of a cache: reads, and the one step that changes it. No stream, no timer, no promise. */
export interface CacheStore<T> {
  /** The revision at which the store equals the server; 0n: never yet. */
  readonly revision: bigint;
  /** Keys that have a readable value. */
  readonly size: number;
  /** Every key that the server has, with a readable value or without. */
  readonly ids: ReadonlySet<KeyId> | ReadonlyMap<KeyId, unknown>;
  /** The newest entry of a key, and what was made of it. */
  item(id: KeyId): Item<T> | undefined;
  snapshot(): ReadonlyMap<string, T>;
  invalid(): ReadonlyMap<string, EtcdError>;
  /** Takes a change in, all of it at once. Returns whether the readable content has changed. */
  apply(change: CacheChange<T>, keepLast: boolean): boolean;
}

export function createCacheStore<T>(): CacheStore<T> {
  const items = new Map<KeyId, Item<T>>();
  let revision = 0n;
  let size = 0;
  // Made when somebody looks, and kept until something changes: the same object means the same content.
  let order: KeyId[] | undefined;
  let snapshot: ReadonlyMap<string, T> | undefined;
  let invalid: ReadonlyMap<string, EtcdError> | undefined;

  /** Puts an item into a place, or takes it out. Returns whether the readable content has changed. */
  function set(id: KeyId, next: Item<T> | undefined): boolean {
    const last = items.get(id);
    if (next === undefined) items.delete(id);
    else items.set(id, next);
    if (last?.error !== next?.error || last === undefined || next === undefined) invalid = undefined;
    if ((last?.current === undefined) !== (next?.current === undefined)) {
      size += next?.current === undefined ? -1 : 1;
      order = undefined;
      return true;
    }
    return last?.current?.value !== next?.current?.value;
  }

  function sorted(): readonly KeyId[] {
    order ??= [...items].flatMap(([id, { current: each }]) => (each === undefined ? [] : [id])).sort(byId);
    return order;
  }

  return {
    get revision() {
      return revision;
    },
    get size() {
      return size;
    },
    ids: items,
    item: (id) => items.get(id),
    snapshot() {
      if (snapshot !== undefined) return snapshot;
      const made = new Map<string, T>();
      for (const id of sorted()) {
        const each = items.get(id)?.current;
        const key = each && utf8Text(each.entry.keyBytes);
        if (each !== undefined && key !== undefined) made.set(key, each.value);
      }
      return (snapshot = made);
    },
    invalid() {
      invalid ??= new Map(
        Array.from(items.values()).flatMap(({ entry, error }) => {
          const key = utf8Text(entry.keyBytes);
          const fault = error ?? (key === undefined ? strangeKey(entry.keyBytes) : undefined);
          return fault === undefined ? [] : [[key ?? escaped(entry.keyBytes), fault] as const];
        }),
      );
      return invalid;
    },
    apply(change, keepLast) {
      let changed = false;
      for (const id of change.gone) changed = set(id, undefined) || changed;
      for (const [entry, result] of change.puts) {
        const id = keyId(entry.keyBytes);
        const last = items.get(id)?.current;
        const good = result.error === undefined ? { entry, value: result.value } : keepLast ? last : undefined;
        changed = set(id, { entry, current: good, error: result.error }) || changed;
      }
      revision = change.revision;
      if (changed) snapshot = undefined;
      return changed;
    },
  };
}

function strangeKey(key: Uint8Array): EtcdError {
  return notText(`the key ${escaped(key)} is not UTF-8`);
}

function byId(a: KeyId, b: KeyId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
