import { KV } from "../../transport/codec/services.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { type KeyRange, rangesOverlap } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import type { DeleteOpResult, GetOpResult, Op, OpResult, PutOpResult } from "./op.ts";
import { onlyReads } from "./txn-check.ts";
import { decodeRange, encodeRange } from "./range.ts";

interface AppliedOps {
  readonly ops: readonly Op[];
  /** The one that they were applied at. */
  readonly revision: bigint;
}

/**
 * What a transaction answered, when it is known to have been applied at `revision` but its answer was lost: read from
 * the store's history just before it. Rejects with `AnswerLost` (outcome `applied`) where history does not tell: it is
 * compacted, a read came after a write of the same keys, or a transaction was nested. Where the branch that was taken
 * only reads, nothing was written, and its outcome is `not-applied`.
 */
export async function recoverResults(
  connection: Connection,
  keyspace: Keyspace,
  { ops, revision }: AppliedOps,
  options: CallOptions,
): Promise<OpResult[]> {
  const before = revision - 1n;
  const outcome = onlyReads({ then: ops }) ? "not-applied" : "applied";
  const answerLost = (why: string, cause?: unknown): EtcdError => lostAnswer(revision, outcome, why, cause);
  const written: KeyRange[] = [];
  const reads = ops.map((each) => {
    if (each.type === "txn") throw answerLost("a nested transaction");
    if (each.type === "get") {
      const request = encodeRange(each.selector, each.query, keyspace);
      if (written.some((range) => rangesOverlap(range, keyspace.range(each.selector)))) {
        throw answerLost("a read of keys that the same transaction wrote");
      }
      return { ...request, revision: before, serializable: false };
    }
    const range = keyspace.range(each.type === "put" ? each.key : each.selector);
    if (written.some((earlier) => rangesOverlap(earlier, range))) throw answerLost("two writes of the same keys");
    written.push(range);
    return { ...range, revision: before, countOnly: each.query.prev !== true };
  });
  if (reads.length === 0) return [];
  const success = reads.map((value) => ({ request: { case: "requestRange" as const, value } }));
  const settings = { ...options, idempotency: "keyed" } as const;
  const { responses } = await connection.unary(KV.method.txn, { success }, settings).catch((error: unknown) => {
    throw EtcdError.is(error) ? answerLost("the history before it cannot be read", error) : error;
  });
  return ops.map((each, i) => {
    const response = responses[i]?.response;
    if (response?.case !== "responseRange") throw answerLost("the history before it cannot be read");
    const range = decodeRange(response.value, keyspace, revision);
    const entry = range.entries[0] ?? null;
    if (each.type === "get") return { type: "get", ...range, entry } satisfies GetOpResult;
    if (each.type === "put") return { type: "put", revision, prev: entry } satisfies PutOpResult;
    return { type: "delete", revision, deleted: range.count, prev: range.entries } satisfies DeleteOpResult;
  });
}

function lostAnswer(revision: bigint, outcome: "applied" | "not-applied", why: string, cause: unknown): EtcdError {
  const what =
    outcome === "applied"
      ? `the write was applied at revision ${revision}`
      : `the transaction was decided at revision ${revision} and wrote nothing`;
  return new EtcdError(`${what}, but its answer was lost: ${why}`, "AnswerLost", { outcome, cause });
}
