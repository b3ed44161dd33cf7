import { KV } from "../../transport/codec/services.ts";
import type { Connection } from "../../transport/connection.ts";
import { checkOptions, type Kinds, withOptions } from "../../transport/options.ts";
import type { BatchReads } from "./batch-reads.ts";
import { callKinds } from "../check.ts";
import { type Entry, entryOf } from "./entry.ts";
import { foundAt } from "./found.ts";
import { type Key, keyTexts, noBytes, type Selector } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import {
  decodeRange,
  encodeQuery,
  encodeRange,
  type GetOptions,
  queryKinds,
  type RangeOptions,
  type RangeQuery,
  type RangeResult,
  readKinds,
} from "./range.ts";

/** Calls that read keys. */
export interface Reads {
  /** The entry of one key, `null` if it does not exist. @throws as {@link Reads.range} */
  get(key: Key, options?: GetOptions): Promise<Entry | null>;
  /**
   * The entries of a range, in the order of their keys unless sorted otherwise. The answer has no size limit: see `scan`.
   *
   * @throws `Compacted` or `FutureRev` where the `revision` that was asked for can no longer, or not yet, be read
   */
  range(selector: Selector, options?: RangeOptions): Promise<RangeResult>;
  /** How many keys there are. */
  count(selector: Selector, options?: GetOptions): Promise<bigint>;
  /** Whether a key exists. Its value does not travel. */
  has(key: Key, options?: GetOptions): Promise<boolean>;
  /**
   * The keys alone, as text. Rejects with `InvalidValue`, which names it, if one is not UTF-8: `range` with `keysOnly`
   * has the bytes of all.
   */
  keys(selector: Selector, options?: GetOptions): Promise<string[]>;
}

const getKinds: Kinds<GetOptions> = { ...readKinds, ...callKinds };
const rangeKinds: Kinds<RangeOptions> = { ...queryKinds, ...callKinds };

export function createReads(connection: Connection, keyspace: Keyspace, batch: BatchReads | undefined): Reads {
  async function count(selector: Selector, options: GetOptions = {}): Promise<bigint> {
    const request = { ...encodeRange(selector, options, keyspace), countOnly: true };
    return (await connection.unary(KV.method.range, request, options)).count;
  }

  return {
    async get(key, options = {}) {
      options = checkOptions("get", options, getKinds);
      const { revision, serializable } = options;
      if (batch !== undefined && revision === undefined && serializable !== true) {
        const found = await batch.get(keyspace.key(key), options);
        return found === undefined ? null : entryOf(found, keyspace);
      }
      const name = keyspace.key(key);
      const { kvs } = await connection.unary(
        KV.method.range,
        encodeQuery({ key: name, rangeEnd: noBytes }, options),
        options,
      );
      const found = foundAt(name, kvs);
      return found === undefined ? null : entryOf(found, keyspace);
    },

    async range(selector, options = {}) {
      options = checkOptions("range", options, rangeKinds);
      const response = await connection.unary(KV.method.range, encodeRange(selector, options, keyspace), options);
      return decodeRange(response, keyspace, response.header?.revision ?? 0n);
    },

    async count(selector, options) {
      options = checkOptions("count", options, getKinds);
      return count(selector, options);
    },

    async has(key, options) {
      options = checkOptions("has", options, getKinds);
      keyspace.key(key);
      return (await count(key, options)) > 0n;
    },

    async keys(selector, options = {}) {
      options = checkOptions("keys", options, getKinds);
      const request = encodeRange(selector, withOptions<RangeQuery>(options, { keysOnly: true }), keyspace);
      const { kvs } = await connection.unary(KV.method.range, request, options);
      return keyTexts(
        kvs.map((kv) => keyspace.strip(kv.key)),
        "range with keysOnly has the bytes of all",
      );
    },
  };
}
