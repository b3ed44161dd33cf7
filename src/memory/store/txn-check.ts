import type { RequestOp, TxnRequest } from "../../gen/etcdserverpb/kv_pb.ts";
import { toBinary } from "./comparators.ts";
import { includes, type KeySpan } from "./key-range.ts";
import { checkRange } from "./range.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";
import { checkDelete, checkPut } from "./write.ts";

/** Throws `RpcError` where etcd refuses the transaction whatever the store holds. */
export function checkTxn(request: TxnRequest, maxOps: number): void {
  checkOps(request, maxOps);
  checkIntervals(request.success);
  checkIntervals(request.failure);
}

/** Operations of a nested transaction count on top of those around it. */
function checkOps(request: TxnRequest, maxOps: number): void {
  const ops = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (ops > maxOps) throw etcdFailure("tooManyOps");
  for (const { key } of request.compare) if (key.length === 0) throw etcdFailure("emptyKey");
  for (const op of [...request.success, ...request.failure]) checkOp(op, maxOps - ops);
}

function checkOp({ request }: RequestOp, maxOps: number): void {
  switch (request.case) {
    case "requestRange":
      return checkRange(request.value);
    case "requestPut":
      return checkPut(request.value);
    case "requestDeleteRange":
      return checkDelete(request.value);
    case "requestTxn":
      return checkOps(request.value, maxOps);
    case undefined:
      throw etcdFailure("keyNotFound");
  }
}

interface Intervals {
  readonly puts: Set<string>;
  readonly deletes: KeySpan[];
}

/** No key may be written twice; only the two branches of one transaction may write the same key. */
function checkIntervals(ops: readonly RequestOp[]): Intervals {
  const deletes: KeySpan[] = [];
  for (const { request } of ops) {
    if (request.case === "requestDeleteRange") deletes.push(deletedBy(request.value.key, request.value.rangeEnd));
  }
  const puts = new Set<string>();
  const deleted = (key: string): boolean => deletes.some((range) => includes(range, key));
  for (const { request } of ops) {
    if (request.case !== "requestTxn") continue;
    const onSuccess = checkIntervals(request.value.success);
    const onFailure = checkIntervals(request.value.failure);
    for (const key of onSuccess.puts) {
      if (puts.has(key) || deleted(key)) throw etcdFailure("duplicateKey");
      puts.add(key);
    }
    for (const key of onFailure.puts) {
      if ((puts.has(key) && !onSuccess.puts.has(key)) || deleted(key)) throw etcdFailure("duplicateKey");
      puts.add(key);
    }
    deletes.push(...onSuccess.deletes, ...onFailure.deletes);
  }
  for (const { request } of ops) {
    if (request.case !== "requestPut") continue;
    const key = toBinary(request.value.key);
    if (puts.has(key) || deleted(key)) throw etcdFailure("duplicateKey");
    puts.add(key);
  }
  return { puts, deletes };
}

/** Here etcd takes an end of one zero byte literally, so that a delete without upper bound overlaps nothing. */
function deletedBy(key: Uint8Array, rangeEnd: Uint8Array): KeySpan {
  return { start: toBinary(key), single: rangeEnd.length === 0, end: toBinary(rangeEnd) };
}
