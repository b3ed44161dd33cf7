import { createExpiringPut } from "../storage/expiring-put.ts";
import { keyTextOf } from "../storage/key-text.ts";
import { EtcdError, invalidArgument } from "../transport/errors/etcd-error.ts";
import * as kind from "../transport/option-kinds.ts";
import { isPromise } from "../transport/platform.ts";
import { checkOptions, type Kinds } from "../transport/options.ts";
import type { Etcd } from "../v3/client.ts";
import type { Value } from "../v3/keys.ts";
import type { Entry } from "../v3/kv/entry.ts";
import type { Watcher } from "../v3/watch/watch.ts";

/** Options of {@link createUnstorageDriver}. */
export interface UnstorageDriverOptions {
  /** What the keys in etcd begin with, such as `app/storage/`. `clear()` deletes all that is below it. */
  readonly prefix: string;
  /** Seconds that an item lives, unless `setItem` says otherwise. @default no limit */
  readonly ttl?: number | undefined;
  /** Called with what a watch ended with, and with what its callback threw or rejected with. @default `console.error` */
  readonly onWatchError?: ((error: unknown) => void) | undefined;
}

/** Options of one write. */
export interface UnstorageItemOptions {
  /** Seconds that the item lives. `0`: no limit. @default the `ttl` of the driver */
  readonly ttl?: number | undefined;
}

/** What a driver says of an item besides its value. */
export type UnstorageMeta = {
  /** Seconds that the item has left; missing where it has no limit. */
  ttl?: number;
};

/** A driver as unstorage's `createStorage` takes it. Keys are unstorage's: parts with `:` between them. */
export interface UnstorageDriver {
  /** `fetcd`. */
  readonly name: string;
  /** What the driver does by itself: it ends items by their TTL. */
  readonly flags: { readonly ttl: true };
  /** The options it was made with. */
  readonly options: UnstorageDriverOptions;
  /** The client. */
  getInstance(): Etcd;
  /** Whether there is such an item. */
  hasItem(key: string): Promise<boolean>;
  /** The value as text; `null` if there is none. */
  getItem(key: string): Promise<string | null>;
  /** The value as bytes; `null` if there is none. */
  getItemRaw(key: string): Promise<Uint8Array | null>;
  /** Writes an item, whatever it was before. */
  setItem(key: string, value: string, options?: UnstorageItemOptions): Promise<void>;
  /** Writes text or bytes as they are. Rejects with `InvalidArgument` for anything else. */
  setItemRaw(key: string, value: string | Uint8Array, options?: UnstorageItemOptions): Promise<void>;
  /** Deletes an item, if there is one. */
  removeItem(key: string): Promise<void>;
  /** What is known of an item; `null` if there is none. */
  getMeta(key: string): Promise<UnstorageMeta | null>;
  /** The keys that begin with `base`. */
  getKeys(base?: string): Promise<string[]>;
  /** Deletes the items whose keys begin with `base`. */
  clear(base?: string): Promise<void>;
  /** Calls `callback` for each change from now on, of any client. What it resolves with ends that. */
  watch(callback: (event: "update" | "remove", key: string) => unknown): Promise<() => Promise<void>>;
  /** Ends the watches. The client stays open: it is the program's own. */
  dispose(): Promise<void>;
}

type WatchCallback = Parameters<UnstorageDriver["watch"]>[0];

const ttlKind: kind.Kind<number> = {
  expected: "a number of seconds, 0 for no limit",
  accepts: (value): value is number => typeof value === "number" && value >= 0 && Number.isFinite(value),
};
const optionKinds: Kinds<UnstorageDriverOptions> = { prefix: kind.string, ttl: ttlKind, onWatchError: kind.func };

/**
 * A driver for unstorage, and so for Nitro and Nuxt. An item `users:1` is the key `PREFIXusers/1`. Throws
 * `InvalidArgument` for an option that does not exist or is of a wrong kind.
 *
 * @example
 * const storage = createStorage({ driver: createUnstorageDriver(etcd, { prefix: "app/storage/", ttl: 3600 }) });
 * await storage.setItem("users:1", { name: "Ann" });
 */
export function createUnstorageDriver(etcd: Etcd, options: UnstorageDriverOptions): UnstorageDriver {
  const { prefix, ttl, onWatchError = console.error } = checkOptions("createUnstorageDriver", options, optionKinds);
  if (prefix === undefined) throw invalidArgument('createUnstorageDriver: prefix is missing, such as "app/storage/"');
  const put = createExpiringPut(etcd);
  const watches = new Set<Watcher>();

  const stored = (key: string): string => prefix + key.replaceAll(":", "/");
  /** `undefined` for a key that no item has. */
  function named(entry: Entry): string | undefined {
    const key = keyTextOf(entry)?.slice(prefix.length);
    return key === undefined || key === "" || key.includes(":") ? undefined : key.replaceAll("/", ":");
  }

  async function write(key: string, value: Value, itemOptions: UnstorageItemOptions | undefined): Promise<void> {
    const seconds = itemOptions?.ttl ?? ttl ?? 0;
    if (!ttlKind.accepts(seconds)) throw invalidArgument(`setItem: ttl: expected ${ttlKind.expected}`);
    await put(stored(key), value, seconds === 0 ? undefined : seconds);
  }

  function tell(callback: WatchCallback, event: "update" | "remove", key: string): void {
    try {
      const result = callback(event, key);
      if (isPromise(result)) result.then(undefined, onWatchError);
    } catch (error) {
      onWatchError(error);
    }
  }

  async function follow(watch: Watcher, callback: WatchCallback): Promise<void> {
    try {
      for await (const { type, entry } of watch) {
        const key = named(entry);
        if (key !== undefined) tell(callback, type === "put" ? "update" : "remove", key);
      }
    } catch (error) {
      if (watches.has(watch)) onWatchError(error);
    } finally {
      watches.delete(watch);
    }
  }

  return {
    name: "fetcd",
    flags: { ttl: true },
    options,
    getInstance: () => etcd,
    hasItem: (key) => etcd.has(stored(key)),
    getItem: async (key) => (await etcd.get(stored(key)))?.text() ?? null,
    getItemRaw: async (key) => (await etcd.get(stored(key)))?.value ?? null,
    setItem: write,
    setItemRaw: write,
    async removeItem(key) {
      await etcd.delete(stored(key));
    },
    async getMeta(key) {
      const entry = await etcd.get(stored(key));
      if (entry === null) return null;
      if (entry.lease === 0n) return {};
      try {
        const { ttl: left } = await etcd.lease.timeToLive(entry.lease);
        return { ttl: left };
      } catch (error) {
        if (EtcdError.is(error) && error.reason === "LeaseNotFound") return null; // it has ended since
        throw error;
      }
    },
    async getKeys(base = "") {
      const keys: string[] = [];
      for await (const entry of etcd.scan({ prefix: stored(base) }, { keysOnly: true })) {
        const key = named(entry);
        if (key !== undefined) keys.push(key);
      }
      return keys;
    },
    async clear(base = "") {
      await etcd.delete({ prefix: stored(base) });
    },
    async watch(callback) {
      const watch = etcd.watch({ prefix }, { onCompaction: "resync" });
      watches.add(watch);
      const end = async (): Promise<void> => {
        watches.delete(watch);
        await watch.cancel();
      };
      try {
        await watch.ready;
      } catch (error) {
        await end();
        throw error;
      }
      void follow(watch, callback);
      return end;
    },
    async dispose() {
      const open = [...watches];
      watches.clear();
      await Promise.all(open.map((watch) => watch.cancel()));
    },
  };
}
