import { Entry } from "../../v3/kv/entry.ts";

/** An entry that several readers hold: each look at its bytes gives a copy, so that nobody sees what another made of them. */
export function sharedEntry(entry: Entry): Entry {
  return new SharedEntry(entry);
}

/** All but the bytes is read where the entry has it: text and JSON are made without a copy. */
class SharedEntry implements Entry {
  /** The same functions for all entries: with some of its own an entry would take three times the memory. */
  static readonly #copies = {
    keyBytes: {
      enumerable: true,
      get(this: SharedEntry) {
        return this.#entry.keyBytes.slice();
      },
    },
    value: {
      enumerable: true,
      get(this: SharedEntry) {
        return this.#entry.value.slice();
      },
    },
  };

  static {
    // `instanceof` says that it is an `Entry`, and it looks like one in a console.
    Object.setPrototypeOf(SharedEntry.prototype, Entry.prototype);
  }

  declare readonly keyBytes: Uint8Array;
  declare readonly value: Uint8Array;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
  readonly lease: bigint;
  readonly #entry: Entry;

  constructor(entry: Entry) {
    this.#entry = entry;
    Object.defineProperties(this, SharedEntry.#copies);
    this.createRevision = entry.createRevision;
    this.modRevision = entry.modRevision;
    this.version = entry.version;
    this.lease = entry.lease;
  }

  get key(): string {
    return this.#entry.key;
  }

  text(): string {
    return this.#entry.text();
  }

  json<T = unknown>(): T {
    return this.#entry.json<T>();
  }

  toJSON(): Record<string, unknown> {
    return this.#entry.toJSON();
  }
}
