import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PutRequestSchema, RequestOpSchema, ResponseOp, TxnRequestSchema } from "../../gen/etcdserverpb/kv_pb.ts";
import type { EtcdError } from "../../transport/errors/etcd-error.ts";
import { exclusive, invalidArgument, malformedResponse, unexpected } from "../../transport/errors/etcd-error.ts";
import { checkOptions } from "../../transport/options.ts";
import { encodeCompare } from "./compare.ts";
import { entryOf } from "./entry.ts";
import { type Key, type Value, valueBytes } from "../keys.ts";
import { withJson } from "../json-form.ts";
import type { Keyspace } from "../namespace.ts";
import { deleteKinds, type Op, type OpResult, putKinds, type PutQuery, type TxnBranches } from "./op.ts";
import { decodeRange, encodeRange, queryKinds } from "./range.ts";
import { isObject } from "../../transport/platform.ts";

export function encodePut(
  key: Key,
  value: Value,
  query: PutQuery,
  keyspace: Keyspace,
): MessageInitShape<typeof PutRequestSchema> {
  const { prev = false, ignoreValue = false, ignoreLease = false, lease } = query;
  const bytes = valueBytes(value);
  if (ignoreValue && bytes.length > 0) {
    throw invalidArgument('value: ignoreValue keeps the current value; expected ""');
  }
  if (ignoreLease && lease !== undefined) throw exclusive("lease", "ignoreLease");
  return {
    key: keyspace.key(key),
    value: bytes,
    prevKv: prev,
    ignoreValue,
    ignoreLease,
    // 0n says "no lease" to etcd as well: an entry's lease can be passed on as it is.
    lease: lease ?? 0n,
  };
}

export function encodeTxn(branches: TxnBranches, keyspace: Keyspace): MessageInitShape<typeof TxnRequestSchema> {
  const { if: conditions = [], then: success = [], else: failure = [] } = branches;
  for (const [name, list] of Object.entries({ if: conditions, then: success, else: failure })) {
    if (!Array.isArray(list)) throw unexpected(name, "an array", list);
    if (list.every(isObject)) continue;
    throw invalidArgument(`${name}: expected ${name === "if" ? "conditions made by compare" : "steps made by op"}`);
  }
  return {
    compare: conditions.map((condition) => encodeCompare(condition, keyspace)),
    success: success.map((each) => encodeOp(each, keyspace)),
    failure: failure.map((each) => encodeOp(each, keyspace)),
  };
}

export function encodeOp(each: Op, keyspace: Keyspace): MessageInitShape<typeof RequestOpSchema> {
  switch (each.type) {
    // Steps are plain data, and may have been written by hand.
    case "get": {
      const query = checkOptions("op.get", each.query, queryKinds);
      return { request: { case: "requestRange", value: encodeRange(each.selector, query, keyspace) } };
    }
    case "put": {
      const query = checkOptions("op.put", each.query, putKinds);
      return { request: { case: "requestPut", value: encodePut(each.key, each.value, query, keyspace) } };
    }
    case "delete": {
      const { prev = false } = checkOptions("op.delete", each.query, deleteKinds);
      const value = { ...keyspace.range(each.selector), prevKv: prev };
      return { request: { case: "requestDeleteRange", value } };
    }
    case "txn":
      return { request: { case: "requestTxn", value: encodeTxn(each.branches, keyspace) } };
    default:
      throw invalidArgument("then, else: expected steps made by op");
  }
}

export function decodeResults(
  ops: readonly Op[],
  responses: readonly ResponseOp[],
  keyspace: Keyspace,
  revision: bigint,
): OpResult[] {
  if (responses.length !== ops.length) throw mismatch(`${responses.length} results for ${ops.length} steps`);
  return ops.map((each, i) => decodeResult(each, responses[i]?.response, keyspace, revision));
}

function decodeResult(
  each: Op,
  response: ResponseOp["response"] | undefined,
  keyspace: Keyspace,
  revision: bigint,
): OpResult {
  if (each.type === "get" && response?.case === "responseRange") {
    const range = decodeRange(response.value, keyspace, revision);
    return withJson({ type: "get", ...range, entry: range.entries[0] ?? null });
  }
  if (each.type === "put" && response?.case === "responsePut") {
    const { prevKv } = response.value;
    return withJson({ type: "put", revision, prev: prevKv === undefined ? null : entryOf(prevKv, keyspace) });
  }
  if (each.type === "delete" && response?.case === "responseDeleteRange") {
    const { deleted, prevKvs } = response.value;
    return withJson({ type: "delete", revision, deleted, prev: prevKvs.map((kv) => entryOf(kv, keyspace)) });
  }
  if (each.type === "txn" && response?.case === "responseTxn") {
    const { succeeded, responses } = response.value;
    const branch = (succeeded ? each.branches.then : each.branches.else) ?? [];
    const results = decodeResults(branch, responses, keyspace, revision);
    return withJson({ type: "txn", succeeded, revision, results });
  }
  throw mismatch(`a ${response?.case ?? "missing"} result for a ${each.type}`);
}

function mismatch(what: string): EtcdError {
  return malformedResponse(`the answer does not fit the request: ${what}`);
}
