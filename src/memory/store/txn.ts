import type { RequestOp, ResponseOp, TxnRequest, TxnResponse } from "../../gen/etcdserverpb/kv_pb.ts";
import { holds } from "./compare.ts";
import { type HeaderAt, revisionHeader } from "./header.ts";
import type { Lessor } from "../lease/lessor.ts";
import { range } from "./range.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";
import type { Store, StoreTxn } from "./store.ts";
import { checkPutState, deleteRange, put } from "./write.ts";

/** The branches that are to run: decided for all levels before anything is written. */
interface Path {
  readonly succeeded: boolean;
  readonly steps: readonly Step[];
}

interface Step {
  readonly op: RequestOp;
  readonly nested: Path | undefined;
}

/** Runs a transaction that passed `checkTxn`. Throws `RpcError`, and then has written nothing. */
export function txn(store: Store, lessor: Lessor, request: TxnRequest, header: HeaderAt): TxnResponse {
  const path = decide(store, request);
  const ops = [...flatten(path)];
  for (const { request: each } of ops) if (each.case === "requestPut") checkPutState(store, lessor, each.value);
  for (const { request: each } of ops) if (each.case === "requestRange") checkRevision(store, each.value.revision);
  return store.write((writes) => {
    const response = run(store, writes, path);
    return { ...response, header: header(writes.changed ? writes.revision : writes.revision - 1n) };
  });
}

function decide(store: Store, request: TxnRequest): Path {
  const succeeded = request.compare.every((compare) => holds(store, compare));
  const steps = (succeeded ? request.success : request.failure).map((op) => ({
    op,
    nested: op.request.case === "requestTxn" ? decide(store, op.request.value) : undefined,
  }));
  return { succeeded, steps };
}

function* flatten({ steps }: Path): Generator<RequestOp> {
  for (const { op, nested } of steps) {
    if (nested === undefined) yield op;
    else yield* flatten(nested);
  }
}

function checkRevision(store: Store, revision: bigint): void {
  if (revision === 0n) return;
  if (revision > store.revision) throw etcdFailure("futureRevision");
  if (revision < store.compactRevision) throw etcdFailure("compacted");
}

function run(store: Store, writes: StoreTxn, { succeeded, steps }: Path): TxnResponse {
  const responses = steps.map((step): ResponseOp => {
    return { $typeName: "etcdserverpb.ResponseOp", response: runStep(store, writes, step) };
  });
  return { $typeName: "etcdserverpb.TxnResponse", header: revisionHeader(0n), succeeded, responses };
}

function runStep(store: Store, writes: StoreTxn, { op: { request }, nested }: Step): ResponseOp["response"] {
  switch (request.case) {
    case "requestRange": {
      const current = writes.changed ? writes.revision : writes.revision - 1n;
      return { case: "responseRange", value: range(store, request.value, revisionHeader, current) };
    }
    case "requestPut":
      return { case: "responsePut", value: put(store, writes, request.value, revisionHeader) };
    case "requestDeleteRange":
      return { case: "responseDeleteRange", value: deleteRange(writes, request.value, revisionHeader) };
    case "requestTxn":
    case undefined:
      return nested === undefined ? { case: undefined } : { case: "responseTxn", value: run(store, writes, nested) };
  }
}
