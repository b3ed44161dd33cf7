import { KV } from "../../transport/codec/services.ts";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RangeRequestSchema } from "../../gen/etcdserverpb/kv_pb.ts";
import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import { compareBytes, keyAfter, noBytes } from "../keys.ts";

type RangeInit = MessageInitShape<typeof RangeRequestSchema>;

/** A part of a range, and the revision that all parts of it are read at. */
export interface RawPage {
  readonly kvs: readonly KeyValue[];
  readonly revision: bigint;
}

/** The most entries of a page, unless the caller says so. */
export const defaultPageSize = 1000;

/**
 * The entries of a range in the order of their keys, page by page, all as of one revision: the one asked for, or that
 * of the first page. A page whose answer is too large is asked for again with half of its entries; pages grow again,
 * up to `most` entries, while they stay below the bytes that are known to pass. There is one page at least.
 */
export async function* readPages(
  given: Connection,
  range: RangeInit,
  most: number,
  call: CallOptions,
): AsyncGenerator<RawPage, undefined> {
  const connection = given.pin();
  let request = range;
  let size = most;
  /** Bytes of the largest page that has passed since one did not; `undefined`: all have. */
  let passed: number | undefined;
  for (;;) {
    const start = request.key ?? noBytes;
    let answer;
    try {
      answer = await connection.unary(KV.method.range, { ...request, limit: BigInt(size) }, call);
    } catch (error) {
      // A revision that was there, and is yet to come: a wiped or restored cluster. Any other answer of it tells so.
      if (isReason(error, "FutureRev") && request !== range)
        await connection.unary(KV.method.range, { key: start, countOnly: true }, call);
      if (!isReason(error, "ResponseTooLarge")) throw error;
      // If a page holds fewer entries than its limit, half the limit might bring the same page.
      const { count } = await connection.unary(KV.method.range, { ...request, countOnly: true }, call);
      if (size === 1 || count <= 1n) throw error;
      size = Math.floor(Math.min(size, Number(count)) / 2);
      passed = 0;
      continue;
    }
    const { kvs, more, header } = answer;
    const revision = request.revision || (header?.revision ?? 0n);
    yield { kvs, revision };
    if (!more) return undefined;
    request = { ...request, key: keyAfter(lastKey(kvs, start)), revision };
    if (passed === undefined) continue;
    const bytes = kvs.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
    passed = Math.max(passed, bytes);
    if (2 * bytes <= passed) size = Math.min(2 * size, most);
  }
}

/**
 * The key to go on after. Throws if the page is empty, or its last key lies before `start`: the same page would come for ever.
 */
export function lastKey(kvs: readonly KeyValue[], start: Uint8Array): Uint8Array {
  const last = kvs.at(-1);
  if (last !== undefined && compareBytes(last.key, start) >= 0) return last.key;
  const what = last === undefined ? "has no key" : "ends before its first key";
  throw notApplied(`the answer announces more keys, but ${what}`, "MalformedResponse");
}

function isReason(error: unknown, reason: EtcdError["reason"]): boolean {
  return EtcdError.is(error) && error.reason === reason;
}
