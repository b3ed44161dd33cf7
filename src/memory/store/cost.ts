import type { PutRequest, RequestOp, TxnRequest } from "../../gen/etcdserverpb/kv_pb.ts";

// Bytes of the database that etcd reckons with before it makes a change; 0 for changes that need none.

const keyOverhead = 256;

export const leaseCost = 64;

export function putCost({ key, value }: Pick<PutRequest, "key" | "value">): number {
  return keyOverhead + key.length + value.length;
}

/** That of the dearer branch. What is in nested transactions does not count. */
export function txnCost({ success, failure }: TxnRequest): number {
  return Math.max(opsCost(success), opsCost(failure));
}

function opsCost(ops: readonly RequestOp[]): number {
  return ops.reduce((sum, { request: op }) => sum + (op.case === "requestPut" ? putCost(op.value) : 0), 0);
}
