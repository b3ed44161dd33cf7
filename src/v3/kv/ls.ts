import { lossyText } from "../../transport/bytes.ts";
import { isBytes } from "../../transport/platform.ts";
import { KV } from "../../transport/codec/services.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { invalidArgument } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds, withOptions } from "../../transport/options.ts";
import { callKinds } from "../check.ts";
import { withJson } from "../json-form.ts";
import { compareBytes, encodeText, type Key, keyAfter, noBytes, prefixEnd, startsWith } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import { lastKey } from "./read-pages.ts";
import { encodeRange, type RangeQuery, type ReadOptions, readKinds } from "./range.ts";

/** The time-out is that of one request. */
export interface LsOptions extends CallOptions, ReadOptions {
  /** What separates the levels. @default "/" */
  readonly delimiter?: string | undefined;
}

/** One child of a folder: a key, or all keys that go on with the same name and the delimiter. */
export interface LsEntry {
  /** What follows the prefix, up to the delimiter. Bytes that are not UTF-8 show as U+FFFD. */
  readonly name: string;
  /** The prefix and the name; of a folder with the delimiter, so that it is the prefix of its children. */
  readonly path: string;
  /** The path's exact bytes. */
  readonly pathBytes: Uint8Array;
  /** Whether it is a folder: keys lie below it. */
  readonly folder: boolean;
}

/**
 * Keys per request: few at first, and after a page with folders, since each folder is skipped and the keys of the page
 * that are below it were read in vain; more with each page of keys alone.
 */
const pageSize = { first: 32, growth: 4, most: 2_048 } as const;

const lsKinds: Kinds<LsOptions> = { ...readKinds, ...callKinds, delimiter: kind.string };

/**
 * The children of a folder, at one revision, in the order of their keys. A folder's keys are jumped over rather than
 * read: the cost follows the number of children, not that of the keys below. A key and a folder of the same name are
 * two children.
 */
export async function* ls(
  given: Connection,
  keyspace: Keyspace,
  folder: Key | { readonly prefix: Key } | { readonly all: true },
  options: LsOptions = {},
): AsyncGenerator<LsEntry, undefined> {
  options = checkOptions("ls", options, lsKinds);
  const { delimiter = "/" } = options;
  const separator = encodeText(delimiter, "delimiter");
  const selector = typeof folder === "string" || isBytes(folder) ? { prefix: folder } : folder;
  const query = withOptions<RangeQuery>(options, { keysOnly: true, limit: pageSize.first });
  let request = encodeRange(selector, query, keyspace);
  const { prefix, all } = Object.assign(Object.create(null) as { prefix?: Key; all?: true }, selector);
  if (prefix === undefined && all === undefined)
    throw invalidArgument("folder: expected a key, { prefix } or { all: true }, got { from }");
  const base = all === true ? noBytes : keyspace.strip(request.key ?? noBytes);
  const connection = given.pin();
  let after = request.key ?? noBytes;
  let limit: number = pageSize.first;
  for (;;) {
    const page = { ...request, key: after, limit: BigInt(limit) };
    const { kvs, more, header } = await connection.unary(KV.method.range, page, options);
    if (more) lastKey(kvs, after);
    limit = Math.min(limit * pageSize.growth, pageSize.most);
    request = { ...request, revision: request.revision || (header?.revision ?? 0n) };
    for (const { key } of kvs) {
      if (compareBytes(key, after) < 0) continue;
      const own = keyspace.strip(key);
      const end = indexOf(own, separator, base.length);
      const pathBytes = end === -1 ? own : own.subarray(0, end + separator.length);
      if (end !== -1) limit = pageSize.first;
      // Decoded when asked for: in a browser each text is one more thing for the garbage collector to clear at once.
      yield withJson({
        get name() {
          return lossyText(own.subarray(base.length, end === -1 ? undefined : end));
        },
        get path() {
          return lossyText(pathBytes);
        },
        pathBytes,
        folder: end !== -1,
      });
      after = end === -1 ? keyAfter(key) : prefixEnd(key.subarray(0, key.length - own.length + pathBytes.length));
      if (after.length === 1 && after[0] === 0) return undefined;
    }
    const end = request.rangeEnd ?? noBytes;
    const open = end.length === 1 && end[0] === 0;
    if (!more || (!open && compareBytes(after, end) >= 0)) return undefined;
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let i = from; i + wanted.length <= bytes.length; i++) {
    if (startsWith(bytes.subarray(i), wanted)) return i;
  }
  return -1;
}
