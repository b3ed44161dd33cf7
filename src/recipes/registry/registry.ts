import type { CallOptions } from "../../transport/connection.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkString, ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import type { Value } from "../../v3/keys.ts";
import { type Cache, cache } from "../cache/cache.ts";
import type { CacheOptions } from "../cache/cache-options.ts";
import { keepRegistered, type Registration } from "./registration.ts";

/** Options of `registry.register`. */
export interface RegisterOptions {
  /** Seconds that it stays listed after its program vanished. @default 30 */
  readonly ttl?: number | undefined;
  /** Aborting it ends the registration. */
  readonly signal?: AbortSignal | undefined;
  /** How long the first try may take, in milliseconds; then it rejects with `Timeout`. @default no limit of its own */
  readonly timeoutMs?: number | undefined;
}

/** A list of what is there, such as the addresses of a service, kept by those who are in it. */
export interface Registry {
  /**
   * Puts `id` on the list, with a value, and keeps it there: what is lost, by a break longer than the TTL, a cluster
   * that was wiped or restored, or somebody's delete, is put again, until `close` or the signal. Rejects if the first
   * try fails. Of two with the same id the last one is listed.
   */
  register(id: string, value: Value, options?: RegisterOptions): Promise<Registration>;
  /** What is listed now, in the order of the ids. */
  list(options?: CallOptions): Promise<RegistryEntry[]>;
  /** The same, kept up to date: a cache by ids. Close it, or dispose of it. */
  discover(options?: CacheOptions): Promise<Cache<Entry>>;
}

/** One line of a registry's list. */
export interface RegistryEntry {
  /** Bytes that are not UTF-8 show as U+FFFD; `entry.keyBytes` has them as they are. */
  readonly id: string;
  /** What is stored: the value that was registered, with its revisions and lease. */
  readonly entry: Entry;
}

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A registry: the keys below `name + "/"`, one for each id.
 *
 * @example
 * const services = registry(etcd, "services");
 * await services.register("api-1", "http://10.0.0.1:8080");
 * for (const { id, entry } of await services.list()) console.log(id, entry.text());
 */
export function registry(etcd: Etcd, name: string): Registry {
  const prefix = `${checkString(name, "name")}/`;

  return {
    async register(id, value, given) {
      const { ttl = 30, signal, timeoutMs } = ownOptions("registry.register", given, { ttl: kind.anything });
      const key = prefix + checkString(id, "id");
      if (signal?.aborted) throw signal.reason;
      return keepRegistered(etcd.following(), key, { value, ttl }, { signal, timeoutMs });
    },

    async list(options) {
      const { entries } = await etcd.range({ prefix }, ownOptions("registry.list", options));
      return entries.map((entry) => ({ id: lenient.decode(entry.keyBytes).slice(prefix.length), entry }));
    },

    // In a view of the prefix an id is the whole key.
    discover: (options) => cache(etcd.namespace(prefix), { all: true }, options),
  };
}
