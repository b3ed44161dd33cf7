import { createExpiringPut } from "../storage/expiring-put.ts";
import { keyTextOf } from "../storage/key-text.ts";
import { utf8Text } from "../transport/bytes.ts";
import { invalidArgument } from "../transport/errors/etcd-error.ts";
import * as kind from "../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../transport/options.ts";
import type { Etcd } from "../v3/client.ts";

/** Options of {@link createKeyvStore}. */
export interface KeyvStoreOptions {
  /** What the keys in etcd begin with, such as `app/cache/`. `clear()` deletes all that is below it. */
  readonly prefix: string;
}

/** An item to set: the value as Keyv has serialized it. */
export interface KeyvItem {
  /** The key, with the namespace as Keyv puts it before. */
  readonly key: string;
  /** The value, as text. */
  readonly value: string;
  /** Milliseconds that the item lives. @default no limit */
  readonly ttl?: number | undefined;
}

/**
 * A store as `new Keyv({ store })` takes it. Keyv knows of a value when it ends and looks itself, so that the store has no
 * `has`: etcd deletes a key up to a few seconds later.
 */
export interface KeyvStore {
  /** How Keyv knows that the store can be iterated. */
  readonly opts: { readonly dialect: "etcd"; readonly url: string };
  /** Set by Keyv. It puts the namespace before each key itself; the store needs it to know what to clear. */
  namespace?: string | undefined;
  /** The value as it was set; `undefined` if there is none. */
  get(key: string): Promise<string | undefined>;
  /** The values of several keys, in their order. */
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** Writes a value. `ttl`: milliseconds. Rejects with `InvalidArgument` for a value that is not text. */
  set(key: string, value: string, ttl?: number): Promise<void>;
  /** Writes several values. They are written apart: where it rejects, some may have been. */
  setMany(items: readonly KeyvItem[]): Promise<void>;
  /** Deletes a key. `false`: there was none. */
  delete(key: string): Promise<boolean>;
  /** Deletes several keys. `false`: one of them was not there. */
  deleteMany(keys: readonly string[]): Promise<boolean>;
  /** Deletes the keys of the namespace; without one all below the prefix. */
  clear(): Promise<void>;
  /** The keys of a namespace with their values, all as of one revision. What is not text is passed over. */
  iterator(namespace?: string): AsyncGenerator<[key: string, value: string], void>;
  /** Does nothing: the client is the program's own, and stays open. */
  disconnect(): Promise<void>;
  /** Does nothing: the store has no events. What fails rejects, and Keyv makes its `error` of it. */
  on(event: string, listener: (...values: never[]) => void): KeyvStore;
}

const optionKinds: Kinds<KeyvStoreOptions> = { prefix: kind.string };

/**
 * A store for Keyv. A key of Keyv is the key of that name below the prefix. Throws `InvalidArgument` for an option that
 * does not exist or is of a wrong kind.
 *
 * @example
 * const keyv = new Keyv({ store: createKeyvStore(etcd, { prefix: "app/cache/" }), namespace: "users" });
 * await keyv.set("1", { name: "Ann" }, 60_000);
 */
export function createKeyvStore(etcd: Etcd, options: KeyvStoreOptions): KeyvStore {
  const { prefix } = checkOptions("createKeyvStore", options, optionKinds);
  if (prefix === undefined) throw invalidArgument('createKeyvStore: prefix is missing, such as "app/cache/"');
  const put = createExpiringPut(etcd);
  const below = (namespace: string | undefined): string => (namespace ? `${prefix}${namespace}:` : prefix);

  const store: KeyvStore = {
    opts: { dialect: "etcd", url: "" },
    namespace: undefined,
    get: async (key) => (await etcd.get(prefix + key))?.text(),
    getMany: (keys) => Promise.all(keys.map((key) => store.get(key))),
    async set(key, value, ttl) {
      if (ttl !== undefined && !(ttl > 0 && Number.isFinite(ttl))) {
        throw invalidArgument("set: ttl: expected a positive number of milliseconds");
      }
      await put(prefix + key, value, ttl === undefined ? undefined : ttl / 1000);
    },
    async setMany(items) {
      await Promise.all(items.map(({ key, value, ttl }) => store.set(key, value, ttl)));
    },
    async delete(key) {
      return (await etcd.delete(prefix + key)).deleted > 0n;
    },
    async deleteMany(keys) {
      return (await Promise.all(keys.map((key) => store.delete(key)))).every(Boolean);
    },
    async clear() {
      await etcd.delete({ prefix: below(store.namespace) });
    },
    async *iterator(namespace) {
      for await (const entry of etcd.scan({ prefix: below(namespace) })) {
        const key = keyTextOf(entry);
        const value = utf8Text(entry.value);
        if (key !== undefined && value !== undefined) yield [key.slice(prefix.length), value];
      }
    },
    disconnect: async () => undefined,
    on: () => store,
  };
  return store;
}
