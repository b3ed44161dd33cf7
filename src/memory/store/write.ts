import type { DeleteRangeRequest, DeleteRangeResponse, PutRequest, PutResponse } from "../../gen/etcdserverpb/kv_pb.ts";
import { toBinary } from "./comparators.ts";
import type { HeaderAt } from "./header.ts";
import { keyRange } from "./key-range.ts";
import type { Lessor } from "../lease/lessor.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";
import type { Store, StoreTxn } from "./store.ts";

/** Throws `RpcError` where etcd refuses the request whatever the store holds. */
export function checkPut(request: PutRequest): void {
  if (request.key.length === 0) throw etcdFailure("emptyKey");
  if (request.ignoreValue && request.value.length > 0) throw etcdFailure("valueProvided");
  if (request.ignoreLease && request.lease !== 0n) throw etcdFailure("leaseProvided");
}

/** Throws `RpcError` where the put needs a key or a lease that is not there. */
export function checkPutState(store: Store, lessor: Lessor, request: PutRequest): void {
  const key = toBinary(request.key);
  if ((request.ignoreValue || request.ignoreLease) && store.get(key) === undefined) throw etcdFailure("keyNotFound");
  checkPutLease(lessor, request);
}

export function checkPutLease(lessor: Lessor, { lease }: PutRequest): void {
  if (lease !== 0n && lessor.get(lease) === undefined) throw etcdFailure("leaseNotFound");
}

/** The put of a request that passed both checks. */
export function put(store: Store, txn: StoreTxn, request: PutRequest, header: HeaderAt): PutResponse {
  const key = toBinary(request.key);
  const previous = store.get(key);
  const value = request.ignoreValue ? previous?.value : undefined;
  const lease = request.ignoreLease ? previous?.lease : undefined;
  txn.put(key, value ?? request.value, lease ?? request.lease);
  return {
    $typeName: "etcdserverpb.PutResponse",
    header: header(txn.revision),
    ...(request.prevKv && previous !== undefined ? { prevKv: previous } : {}),
  };
}

/** Throws `RpcError` where etcd refuses the request whatever the store holds. */
export function checkDelete(request: DeleteRangeRequest): void {
  if (request.key.length === 0) throw etcdFailure("emptyKey");
}

export function deleteRange(txn: StoreTxn, request: DeleteRangeRequest, header: HeaderAt): DeleteRangeResponse {
  const deleted = txn.delete(keyRange(request.key, request.rangeEnd));
  return {
    $typeName: "etcdserverpb.DeleteRangeResponse",
    header: header(txn.changed ? txn.revision : txn.revision - 1n),
    deleted: BigInt(deleted.length),
    prevKvs: request.prevKv ? deleted : [],
  };
}
