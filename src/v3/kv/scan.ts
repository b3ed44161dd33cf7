import { KV } from "../../transport/codec/services.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { checkOptions, withOptions } from "../../transport/options.ts";
import { callNames, checkPositiveInteger } from "../check.ts";
import { type Entry, entryOf } from "./entry.ts";
import { keyAfter, type Selector } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import { boundNames, encodeRange, type RangeQuery, type ReadOptions, readNames, type RevisionBounds } from "./range.ts";

/** The time-out is that of one page. */
export interface ScanOptions extends CallOptions, ReadOptions, RevisionBounds {
  /** Entries per request. Default 1000. */
  readonly pageSize?: number | undefined;
  readonly keysOnly?: boolean | undefined;
}

const scanNames = [...readNames, ...boundNames, ...callNames, "pageSize", "keysOnly"];

/**
 * The entries of a range in the order of their keys, page by page, all as of one revision: the one asked for, or that
 * of the first page. Ends with `Compacted` if that revision is compacted meanwhile.
 */
export async function* scan(
  connection: Connection,
  keyspace: Keyspace,
  selector: Selector,
  options: ScanOptions = {},
): AsyncGenerator<Entry, undefined> {
  options = checkOptions("scan", options, scanNames);
  const { pageSize = 1000 } = options;
  const limit = checkPositiveInteger(pageSize, "pageSize");
  let request = encodeRange(selector, withOptions<RangeQuery>(options, { limit }), keyspace);
  for (;;) {
    const { kvs, more, header } = await connection.unary(KV.method.range, request, options);
    for (const kv of kvs) yield entryOf(kv, keyspace);
    const last = kvs.at(-1);
    if (!more || last === undefined) return undefined;
    request = { ...request, key: keyAfter(last.key), revision: request.revision || (header?.revision ?? 0n) };
  }
}
