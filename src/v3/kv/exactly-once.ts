import { Compare_CompareResult, Compare_CompareTarget } from "../../gen/enums.ts";
import { KV } from "../../transport/codec/services.ts";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ResponseOp, TxnRequestSchema } from "../../gen/etcdserverpb/kv_pb.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { EtcdError, malformedResponse } from "../../transport/errors/etcd-error.ts";
import type { WriteTracker } from "../../transport/errors/track-writes.ts";
import type { Keyspace } from "../namespace.ts";
import type { OpLease } from "./op-lease.ts";
import { randomName } from "../../transport/random-name.ts";

/**
 * Under this prefix of a client's keyspace `exactlyOnce` writes leave a record each, for two minutes at most. A role
 * needs the right to read and write it; watchers of the whole keyspace see the records.
 */
export const operationPrefix = "_fetcd/op/";

type TxnInit = MessageInitShape<typeof TxnRequestSchema>;

export interface Applied {
  readonly succeeded: boolean;
  readonly revision: bigint;
  /** What the transaction answered; `undefined` if that answer was lost and an earlier copy had been applied. */
  readonly responses: ResponseOp[] | undefined;
}

const utf8 = new TextEncoder();
const tracker = { success: utf8.encode("1"), failure: utf8.encode("0") };

export type RunExactlyOnce = (txn: TxnInit, options: CallOptions, tracker: WriteTracker) => Promise<Applied>;

/**
 * Runs transactions so that each is applied once however often its request arrives: by our retries, by a browser that
 * sends a POST again on its own, or late. Its first copy leaves a record under a random key, in the same transaction,
 * with the result of the conditions; any further copy finds the record and changes nothing. A copy that arrives after
 * the record's lease has ended is refused as a whole.
 */
export function createRunExactlyOnce(connection: Connection, keyspace: Keyspace, lease: OpLease): RunExactlyOnce {
  return async (txn, options, tracker) => {
    const record = keyspace.key(operationPrefix + randomName());
    // Without a lease the write was not sent. The grant is shared by writes of any time: it has its own, and may end first.
    const leaseId = (): Promise<bigint> =>
      tracker.help(() => connection.bounded("LeaseGrant", { ...options, idempotency: "keyed" }, lease.id));
    const send = (id: bigint): Promise<Applied> =>
      tracker.write(() => run(connection, wrapped(txn, record, id), options));
    try {
      return await send(await leaseId());
    } catch (error) {
      if (options.signal?.aborted || !EtcdError.is(error) || error.reason !== "LeaseNotFound") throw error;
      // The lease may have been revoked from outside. A new one may be used if no earlier copy of the write can have
      // been applied.
      lease.lost();
      if (error.outcome !== "not-applied") throw error;
      return await send(await leaseId());
    }
  };
}

function wrapped(txn: TxnInit, record: Uint8Array, lease: bigint): TxnInit {
  const note = (value: Uint8Array) => ({
    request: { case: "requestPut" as const, value: { key: record, value, lease } },
  });
  const inner = {
    compare: txn.compare ?? [],
    success: [...(txn.success ?? []), note(tracker.success)],
    failure: [...(txn.failure ?? []), note(tracker.failure)],
  };
  return {
    compare: [
      {
        key: record,
        target: Compare_CompareTarget.CREATE,
        result: Compare_CompareResult.EQUAL,
        targetUnion: { case: "createRevision", value: 0n },
      },
    ],
    success: [{ request: { case: "requestTxn", value: inner } }],
    failure: [{ request: { case: "requestRange", value: { key: record } } }],
  };
}

async function run(connection: Connection, txn: TxnInit, options: CallOptions): Promise<Applied> {
  const settings = { ...options, idempotency: "keyed" } as const;
  const { succeeded, responses, header } = await connection.unary(KV.method.txn, txn, settings);
  const answer = responses[0]?.response;
  if (succeeded && answer?.case === "responseTxn") {
    // The record's own answer comes last.
    const own = answer.value.responses.slice(0, -1);
    return { succeeded: answer.value.succeeded, revision: header?.revision ?? 0n, responses: own };
  }
  const found = answer?.case === "responseRange" ? answer.value.kvs[0] : undefined;
  if (succeeded || found === undefined) {
    throw malformedResponse("the answer does not fit the request");
  }
  return { succeeded: found.value[0] === tracker.success[0], revision: found.createRevision, responses: undefined };
}
