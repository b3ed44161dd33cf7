import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { type Endpoint, unary } from "../gateway-server/rpc-endpoint.ts";
import { RangeRequest_SortTarget } from "../gen/enums.ts";
import { code, etcdFailure, RpcError } from "../gateway-server/rpc-error.ts";
import { KV } from "../gateway-server/served-services.ts";
import type {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  ResponseOp,
  TxnRequest,
} from "../gen/etcdserverpb/kv_pb.ts";
import type { KeyValue } from "../gen/mvccpb/kv_pb.ts";
import type { Connection } from "../transport/connection.ts";
import type { Rights } from "./caller-rights.ts";
import type { Part, ProxyCall } from "./proxy-call.ts";
import { forward } from "./upstream.ts";

// Every request is made anew of what was understood of it: a field that is not named here does not go on.

type TxnInit = MessageInitShape<typeof KV.method.txn.input>;
type OpInit = NonNullable<TxnInit["success"]>[number];
type TxnResponse = MessageShape<typeof KV.method.txn.output>;

export function kvRpcs(connection: Connection): Endpoint<ProxyCall>[] {
  return [
    unary(KV.method.range, async (request, call: ProxyCall) => {
      const answer = await forward(connection, call, KV.method.range, range(call, request));
      return { ...answer, kvs: answer.kvs.map((kv) => stripped(call.rights, kv)) };
    }),
    unary(KV.method.put, async (request, call: ProxyCall) => {
      const answer = await forward(connection, call, KV.method.put, put(call, request));
      return withPrevious(call.rights, answer);
    }),
    unary(KV.method.deleteRange, async (request, call: ProxyCall) => {
      const answer = await forward(connection, call, KV.method.deleteRange, deletion(call, request));
      return { ...answer, prevKvs: answer.prevKvs.map((kv) => stripped(call.rights, kv)) };
    }),
    unary(KV.method.txn, async (request, call: ProxyCall) => {
      const answer = await forward(connection, call, KV.method.txn, txn(call, request));
      return strippedTxn(call.rights, answer);
    }),
    unary(KV.method.compact, ({ revision, physical }, call: ProxyCall) => {
      call.rights.check("maintenance", "write");
      return forward(connection, call, KV.method.compact, { revision, physical });
    }),
  ];
}

function range(call: ProxyCall, request: RangeRequest, part?: Part): MessageInitShape<typeof KV.method.range.input> {
  checkKey(request.key);
  call.touch("read", request.key, request.rangeEnd, part);
  const { limit, revision, sortOrder, sortTarget, serializable, keysOnly, countOnly } = request;
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  // etcd 3.5 ends for good at a target that it does not know.
  if (!sortTargets.has(sortTarget)) throw new RpcError(code.invalidArgument, "etcdserver: invalid sort option");
  return {
    ...call.rights.keyspace.place(request),
    limit,
    revision,
    sortOrder,
    sortTarget,
    serializable,
    keysOnly,
    countOnly,
    minModRevision,
    maxModRevision,
    minCreateRevision,
    maxCreateRevision,
  };
}

function put(call: ProxyCall, request: PutRequest, part?: Part): MessageInitShape<typeof KV.method.put.input> {
  const { key, value, lease, prevKv, ignoreValue, ignoreLease } = request;
  checkKey(key);
  call.touch("write", key, noEnd, part);
  if (prevKv) call.touch("read", key, noEnd, part);
  const { keyspace, leases } = call.rights;
  if (lease !== 0n) call.rights.checkLeases();
  return {
    key: keyspace.place({ key, rangeEnd: noEnd }).key,
    value,
    lease: leases.own(lease),
    prevKv,
    ignoreValue,
    ignoreLease,
  };
}

function deletion(
  call: ProxyCall,
  request: DeleteRangeRequest,
  part?: Part,
): MessageInitShape<typeof KV.method.deleteRange.input> {
  const { key, rangeEnd, prevKv } = request;
  checkKey(key);
  call.touch("write", key, rangeEnd, part);
  if (prevKv) call.touch("read", key, rangeEnd, part);
  return { ...call.rights.keyspace.place({ key, rangeEnd }), prevKv };
}

function txn(call: ProxyCall, { compare, success, failure: otherwise }: TxnRequest, depth = 1): TxnInit {
  return {
    compare: compare.map((each) => comparison(call, each, { depth, compared: true })),
    success: success.map((each) => op(call, each, { depth })),
    failure: otherwise.map((each) => op(call, each, { depth })),
  };
}

function comparison(call: ProxyCall, compare: Compare, part: Part): NonNullable<TxnInit["compare"]>[number] {
  const { key, rangeEnd, result, target, targetUnion } = compare;
  checkKey(key);
  call.touch("read", key, rangeEnd, part);
  // The id of a lease is compared as it is: who may read the key reads it there too, and it gives no right to the lease.
  return { ...call.rights.keyspace.place({ key, rangeEnd }), result, target, targetUnion };
}

function op(call: ProxyCall, { request }: RequestOp, part: Part): OpInit {
  switch (request.case) {
    case "requestRange":
      return { request: { case: request.case, value: range(call, request.value, part) } };
    case "requestPut":
      return { request: { case: request.case, value: put(call, request.value, part) } };
    case "requestDeleteRange":
      return { request: { case: request.case, value: deletion(call, request.value, part) } };
    case "requestTxn":
      return { request: { case: request.case, value: txn(call, request.value, part.depth + 1) } };
    case undefined:
      // As etcd says it.
      throw etcdFailure("keyNotFound");
  }
}

const sortTargets: ReadonlySet<number> = new Set(Object.values(RangeRequest_SortTarget));
const noEnd = new Uint8Array(0);

/** Before the namespace is put in front of it: with that, it would be a key. */
function checkKey(key: Uint8Array): void {
  if (key.length === 0) throw etcdFailure("emptyKey");
}

/** A pair as the caller names it. */
export function stripped({ keyspace }: Rights, kv: KeyValue): KeyValue {
  return { ...kv, key: keyspace.strip(kv.key) };
}

function withPrevious<T extends { prevKv?: KeyValue | undefined }>(rights: Rights, answer: T): T {
  return answer.prevKv === undefined ? answer : { ...answer, prevKv: stripped(rights, answer.prevKv) };
}

function strippedTxn(rights: Rights, answer: TxnResponse): TxnResponse {
  return { ...answer, responses: answer.responses.map((each) => strippedResult(rights, each)) };
}

function strippedResult(rights: Rights, result: ResponseOp): ResponseOp {
  const { response } = result;
  switch (response.case) {
    case "responseRange":
      return {
        ...result,
        response: {
          ...response,
          value: { ...response.value, kvs: response.value.kvs.map((kv) => stripped(rights, kv)) },
        },
      };
    case "responsePut":
      return { ...result, response: { ...response, value: withPrevious(rights, response.value) } };
    case "responseDeleteRange":
      return {
        ...result,
        response: {
          ...response,
          value: { ...response.value, prevKvs: response.value.prevKvs.map((kv) => stripped(rights, kv)) },
        },
      };
    case "responseTxn":
      return { ...result, response: { ...response, value: strippedTxn(rights, response.value) } };
    case undefined:
      return result;
  }
}
