import { KV } from "../../transport/codec/services.ts";
import type { ResponseOp } from "../../gen/etcdserverpb/kv_pb.ts";
import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { EtcdError, notApplied, withOutcome } from "../../transport/errors/etcd-error.ts";
import type { Reason } from "../../transport/errors/reasons.ts";
import { type BatchQuestion, createTickBatch } from "../tick-batch.ts";
import { foundAt } from "./found.ts";

/** etcd's default limit for the operations of one transaction. */
const maxOps = 128;

/** Refusals of a batch whose parts may pass: too much at once, or one key among them that is not permitted. */
const splits: ReadonlySet<Reason> = new Set<Reason>(["TooManyOps", "ResponseTooLarge", "PermissionDenied"]);

export interface BatchReads {
  /** Reads one key together with all others that are asked for in the same tick, at one revision for all of a batch. */
  get(key: Uint8Array, options: CallOptions): Promise<KeyValue | undefined>;
}

type Read = BatchQuestion<Uint8Array, KeyValue | undefined>;

export function createBatchReads(connection: Connection): BatchReads {
  const ask = createTickBatch({ connection, size: () => maxOps, run: read });

  async function read(batch: readonly Read[], signal: AbortSignal): Promise<void> {
    const open = batch.filter(({ done }) => !done);
    const [first] = open;
    const settings = { signal, timeoutMs: Infinity };
    try {
      if (first === undefined) return;
      if (open.length === 1) {
        const key = first.question;
        return first.resolve(foundAt(key, (await connection.unary(KV.method.range, { key }, settings)).kvs));
      }
      const success = open.map(({ question: key }) => ({ request: { case: "requestRange" as const, value: { key } } }));
      const { responses } = await connection.unary(KV.method.txn, { success }, settings);
      if (responses.length !== open.length) throw malformed(`${responses.length} results for ${open.length} reads`);
      for (const [i, each] of open.entries()) settle(each, responses[i]);
    } catch (error) {
      if (open.length > 1 && EtcdError.is(error) && splits.has(error.reason)) {
        const half = Math.ceil(open.length / 2);
        // A key that is not permitted is found by itself: the others are asked for one by one.
        const parts =
          error.reason === "PermissionDenied" ? open.map((each) => [each]) : [open.slice(0, half), open.slice(half)];
        await Promise.all(parts.map((part) => read(part, signal)));
        return;
      }
      for (const { reject } of open) reject(error);
    }
  }

  return {
    async get(key, options) {
      try {
        return await ask(key, options);
      } catch (error) {
        const { signal } = options;
        if (signal?.aborted && error === signal.reason) throw error;
        throw withOutcome(error, "not-applied");
      }
    },
  };
}

function settle({ question, resolve, reject }: Read, answer: ResponseOp | undefined): void {
  try {
    if (answer?.response.case !== "responseRange") throw malformed(`"${answer?.response.case}" for a read`);
    resolve(foundAt(question, answer.response.value.kvs));
  } catch (error) {
    reject(error);
  }
}

function malformed(what: string): EtcdError {
  return notApplied(`the answer does not fit the request: ${what}`, "MalformedResponse");
}
