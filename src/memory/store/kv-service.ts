import type { TxnRequest, TxnResponse } from "../../gen/etcdserverpb/kv_pb.ts";
import type { ServerCall } from "../../gateway-server/call.ts";
import { KV } from "../../gateway-server/served-services.ts";
import { putCost, txnCost } from "./cost.ts";
import { type Endpoint, unary } from "../../gateway-server/rpc-endpoint.ts";
import { keyRange } from "./key-range.ts";
import { noBytes } from "./comparators.ts";
import { checkRange, range } from "./range.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";
import type { Server } from "../server.ts";
import { txn } from "./txn.ts";
import { checkTxn } from "./txn-check.ts";
import { checkDelete, checkPut, checkPutLease, checkPutState, deleteRange, put } from "./write.ts";

export function kvEndpoints(server: Server): Endpoint[] {
  const { store, lessor, access, alarms, headerAt } = server;
  return [
    unary(KV.method.range, (request, call) => {
      checkRange(request);
      access.read(call, keyRange(request.key, request.rangeEnd));
      return range(store, request, headerAt, store.revision);
    }),
    unary(KV.method.put, (request, call) => {
      const cost = putCost(request);
      alarms.checkQuota(cost);
      checkPut(request);
      server.propose(call, KV.method.put.input, request, cost);
      const key = keyRange(request.key, noBytes);
      access.write(call, key);
      access.lease(call, lessor.get(request.lease));
      if (request.prevKv) access.read(call, key);
      // A transaction looks at the key first.
      checkPutLease(lessor, request);
      checkPutState(store, lessor, request);
      return store.write((writes) => put(store, writes, request, headerAt));
    }),
    unary(KV.method.deleteRange, (request, call) => {
      checkDelete(request);
      server.propose(call, KV.method.deleteRange.input, request);
      const keys = keyRange(request.key, request.rangeEnd);
      access.write(call, keys);
      if (request.prevKv) access.read(call, keys);
      return store.write((writes) => deleteRange(writes, request, headerAt));
    }),
    unary(KV.method.txn, (request, call) => runTxn(server, request, call)),
    unary(KV.method.compact, (request, call) => {
      server.propose(call, KV.method.compact.input, request);
      access.compact(call);
      compact(server, request.revision);
      return { header: server.header() };
    }),
  ];
}

/** A transaction as a client asks for it. Throws `RpcError`. */
export function runTxn(server: Server, request: TxnRequest, call: ServerCall): TxnResponse {
  const { store, lessor, access, alarms, headerAt, settings } = server;
  const cost = txnCost(request);
  alarms.checkQuota(cost);
  checkTxn(request, settings.maxTxnOps);
  if (!isReadOnly(request)) server.propose(call, KV.method.txn.input, request, cost);
  access.txn(call, request, (id) => lessor.get(id));
  return txn(store, lessor, request, headerAt);
}

/** Throws `RpcError` for a revision that is compacted already, or in the future. */
export function compact({ store }: Server, revision: bigint): void {
  if (revision <= store.compactRevision) throw etcdFailure("compacted");
  if (revision > store.revision) throw etcdFailure("futureRevision");
  store.compact(revision);
}

/** Whether it is answered without the log: only of ranges, on both branches and not of nested transactions. */
function isReadOnly({ success, failure: otherwise }: TxnRequest): boolean {
  return [...success, ...otherwise].every(({ request }) => request.case === "requestRange");
}
