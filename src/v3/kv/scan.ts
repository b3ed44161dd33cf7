import type { CallOptions, Connection } from "../../transport/connection.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds, withOptions } from "../../transport/options.ts";
import { callKinds } from "../check.ts";
import { type Entry, entryOf } from "./entry.ts";
import { withJson } from "../json-form.ts";
import type { Selector } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import { defaultPageSize, readPages } from "./read-pages.ts";
import { boundKinds, encodeRange, type RangeQuery, type ReadOptions, readKinds, type RevisionBounds } from "./range.ts";

/** The time-out is that of one page. */
export interface ScanOptions extends CallOptions, ReadOptions, RevisionBounds {
  /**
   * The most entries per request. A page whose answer is larger than the client takes is halved.
   * @default 1000
   */
  readonly pageSize?: number | undefined;
  /** Leave the values out. @default false */
  readonly keysOnly?: boolean | undefined;
}

const scanKinds: Kinds<ScanOptions> = {
  ...readKinds,
  ...boundKinds,
  ...callKinds,
  pageSize: kind.positiveInteger,
  keysOnly: kind.boolean,
};

/** Entries of a range, in the order of their keys. */
export interface Page {
  /** The entries of this page, in the order of their keys. */
  readonly entries: Entry[];
  /** That of all pages. */
  readonly revision: bigint;
}

/**
 * The entries of a range, page by page, all as of one revision: the one asked for, or that of the first page. There is
 * one page at least, which may be empty. Ends with `Compacted` if that revision is compacted meanwhile.
 */
export async function* pages(
  connection: Connection,
  keyspace: Keyspace,
  selector: Selector,
  options: ScanOptions = {},
): AsyncGenerator<Page, undefined> {
  options = checkOptions("scan", options, scanKinds);
  const { pageSize: limit = defaultPageSize } = options;
  const request = encodeRange(selector, withOptions<RangeQuery>(options, { limit }), keyspace);
  for await (const { kvs, revision } of readPages(connection, request, limit, options))
    yield withJson({ entries: kvs.map((kv) => entryOf(kv, keyspace)), revision });
}

/** The same, entry by entry. */
export async function* scan(
  connection: Connection,
  keyspace: Keyspace,
  selector: Selector,
  options: ScanOptions = {},
): AsyncGenerator<Entry, undefined> {
  for await (const { entries } of pages(connection, keyspace, selector, options)) yield* entries;
}
