import type {
  DeleteRangeResponse,
  PutResponse,
  RangeResponse,
  ResponseOp,
  TxnResponse,
} from "../../gen/etcdserverpb/kv_pb.ts";
import type { ResponseHeader } from "../../gen/etcdserverpb/header_pb.ts";
import type { WatchResponse } from "../../gen/etcdserverpb/watch_pb.ts";
import type { Event, Event_EventType, KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import {
  jsonArray,
  jsonBool,
  jsonBytes,
  jsonInt64,
  jsonObject,
  type JsonObject,
  jsonString,
  jsonUint64,
  UnexpectedJson,
} from "./json-scalars.ts";

// The answers that programs wait for all day, written out: the same result as the descriptors give (a test compares
// the two on random messages) in a third of the time. Members are read by the names gateways print.

type HotDecoder = (json: JsonObject, depth: number) => object;

const isSet = (json: unknown): boolean => json !== undefined && json !== null;

/** Absent fields are set here and below rather than spread: for large answers a spread each doubles the work. */
function withHeader<T extends { header?: ResponseHeader | undefined }>(message: T, json: JsonObject): T {
  const header = json["header"];
  if (!isSet(header)) return message;
  const { cluster_id, member_id, revision, raft_term } = jsonObject(header);
  message.header = {
    $typeName: "etcdserverpb.ResponseHeader",
    clusterId: jsonUint64(cluster_id),
    memberId: jsonUint64(member_id),
    revision: jsonInt64(revision),
    raftTerm: jsonUint64(raft_term),
  };
  return message;
}

function keyValue(json: unknown): KeyValue {
  const { key, create_revision, mod_revision, version, value, lease } = jsonObject(json);
  return {
    $typeName: "mvccpb.KeyValue",
    key: jsonBytes(key),
    createRevision: jsonInt64(create_revision),
    modRevision: jsonInt64(mod_revision),
    version: jsonInt64(version),
    value: jsonBytes(value),
    lease: jsonInt64(lease),
  };
}

/** A type that this version does not know counts as the default, as everywhere in proto3 JSON. */
function eventType(json: unknown): Event_EventType {
  return json === "DELETE" || json === 1 ? 1 : 0;
}

function event(json: unknown): Event {
  const { type, kv, prev_kv } = jsonObject(json);
  const message: Event = { $typeName: "mvccpb.Event", type: eventType(type) };
  if (isSet(kv)) message.kv = keyValue(kv);
  if (isSet(prev_kv)) message.prevKv = keyValue(prev_kv);
  return message;
}

function rangeResponse(json: JsonObject): RangeResponse {
  const message: RangeResponse = {
    $typeName: "etcdserverpb.RangeResponse",
    kvs: jsonArray(json["kvs"]).map(keyValue),
    more: jsonBool(json["more"]),
    count: jsonInt64(json["count"]),
  };
  return withHeader(message, json);
}

function putResponse(json: JsonObject): PutResponse {
  const message: PutResponse = { $typeName: "etcdserverpb.PutResponse" };
  const prevKv = json["prev_kv"];
  if (isSet(prevKv)) message.prevKv = keyValue(prevKv);
  return withHeader(message, json);
}

function deleteRangeResponse(json: JsonObject): DeleteRangeResponse {
  const message: DeleteRangeResponse = {
    $typeName: "etcdserverpb.DeleteRangeResponse",
    deleted: jsonInt64(json["deleted"]),
    prevKvs: jsonArray(json["prev_kvs"]).map(keyValue),
  };
  return withHeader(message, json);
}

/** Transactions nest: deeper than etcd itself allows is an attack on the stack. */
const maxDepth = 64;

function txnResponse(json: JsonObject, depth: number): TxnResponse {
  if (depth > maxDepth) throw new UnexpectedJson(`at most ${maxDepth} levels`, json);
  const message: TxnResponse = {
    $typeName: "etcdserverpb.TxnResponse",
    succeeded: jsonBool(json["succeeded"]),
    responses: jsonArray(json["responses"]).map((each) => responseOp(jsonObject(each), depth + 1)),
  };
  return withHeader(message, json);
}

function responseOp(json: JsonObject, depth: number): ResponseOp {
  const $typeName = "etcdserverpb.ResponseOp";
  const { response_range, response_put, response_delete_range, response_txn } = json;
  if (isSet(response_range)) {
    return { $typeName, response: { case: "responseRange", value: rangeResponse(jsonObject(response_range)) } };
  }
  if (isSet(response_put)) {
    return { $typeName, response: { case: "responsePut", value: putResponse(jsonObject(response_put)) } };
  }
  if (isSet(response_delete_range)) {
    const value = deleteRangeResponse(jsonObject(response_delete_range));
    return { $typeName, response: { case: "responseDeleteRange", value } };
  }
  if (isSet(response_txn)) {
    return { $typeName, response: { case: "responseTxn", value: txnResponse(jsonObject(response_txn), depth + 1) } };
  }
  return { $typeName, response: { case: undefined } };
}

function watchResponse(json: JsonObject): WatchResponse {
  const message: WatchResponse = {
    $typeName: "etcdserverpb.WatchResponse",
    watchId: jsonInt64(json["watch_id"]),
    created: jsonBool(json["created"]),
    canceled: jsonBool(json["canceled"]),
    compactRevision: jsonInt64(json["compact_revision"]),
    cancelReason: jsonString(json["cancel_reason"]),
    fragment: jsonBool(json["fragment"]),
    events: jsonArray(json["events"]).map(event),
  };
  return withHeader(message, json);
}

/** By message type name. */
export const hotDecoders: ReadonlyMap<string, HotDecoder> = new Map<string, HotDecoder>([
  ["mvccpb.KeyValue", keyValue],
  ["mvccpb.Event", event],
  ["etcdserverpb.RangeResponse", rangeResponse],
  ["etcdserverpb.PutResponse", putResponse],
  ["etcdserverpb.DeleteRangeResponse", deleteRangeResponse],
  ["etcdserverpb.TxnResponse", txnResponse],
  ["etcdserverpb.ResponseOp", responseOp],
  ["etcdserverpb.WatchResponse", watchResponse],
]);
