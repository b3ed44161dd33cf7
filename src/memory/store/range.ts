import { RangeRequest_SortOrder as Order, RangeRequest_SortTarget as Target } from "../../gen/enums.ts";
import type { RangeRequest, RangeResponse } from "../../gen/etcdserverpb/kv_pb.ts";
import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import { compareBigint, compareBytes, noBytes } from "./comparators.ts";
import type { HeaderAt } from "./header.ts";
import { keyRange } from "./key-range.ts";
import { etcdFailure } from "../../gateway-server/rpc-error.ts";
import type { Store } from "./store.ts";

/** Throws `RpcError` where etcd refuses the request whatever the store holds. */
export function checkRange(request: RangeRequest): void {
  if (request.key.length === 0) throw etcdFailure("emptyKey");
}

/** The order is etcd's: the limit cuts what is stored, unless something has to be left out or sorted first. */
export function range(store: Store, request: RangeRequest, header: HeaderAt, current: bigint): RangeResponse {
  const revision = request.revision > 0n ? request.revision : current;
  if (revision > current) throw etcdFailure("futureRevision");
  if (revision < store.compactRevision) throw etcdFailure("compacted");
  const limit = request.limit > 0n ? Number(request.limit) : 0;
  const selective =
    request.sortOrder !== Order.NONE ||
    request.minModRevision !== 0n ||
    request.maxModRevision !== 0n ||
    request.minCreateRevision !== 0n ||
    request.maxCreateRevision !== 0n;
  const found = store.read(keyRange(request.key, request.rangeEnd), {
    ...(request.revision > 0n ? { revision } : {}),
    // One more than wanted tells that there are more.
    limit: selective || limit === 0 ? 0 : limit + 1,
    countOnly: request.countOnly,
  });
  let kvs = sorted(found.kvs.filter(selective ? bounds(request) : () => true), request);
  const more = limit > 0 && kvs.length > limit;
  if (more) kvs = kvs.slice(0, limit);
  if (request.keysOnly) kvs = kvs.map((kv) => ({ ...kv, value: noBytes }));
  return { $typeName: "etcdserverpb.RangeResponse", header: header(current), kvs, more, count: BigInt(found.count) };
}

function bounds(request: RangeRequest): (kv: KeyValue) => boolean {
  const { minModRevision: minMod, maxModRevision: maxMod } = request;
  const { minCreateRevision: minCreate, maxCreateRevision: maxCreate } = request;
  return (kv) =>
    (maxMod === 0n || kv.modRevision <= maxMod) &&
    (minMod === 0n || kv.modRevision >= minMod) &&
    (maxCreate === 0n || kv.createRevision <= maxCreate) &&
    (minCreate === 0n || kv.createRevision >= minCreate);
}

type Compare = (a: KeyValue, b: KeyValue) => number;

const byKey: Compare = (a, b) => compareBytes(a.key, b.key);

const comparisons: Readonly<Partial<Record<RangeRequest["sortTarget"], Compare>>> = {
  [Target.VERSION]: (a, b) => compareBigint(a.version, b.version),
  [Target.CREATE]: (a, b) => compareBigint(a.createRevision, b.createRevision),
  [Target.MOD]: (a, b) => compareBigint(a.modRevision, b.modRevision),
  [Target.VALUE]: (a, b) => compareBytes(a.value, b.value),
};

/** Keys come sorted by key; any other target without an order means ascending. */
function sorted(kvs: KeyValue[], { sortTarget, sortOrder }: RangeRequest): KeyValue[] {
  const compare = comparisons[sortTarget] ?? byKey;
  if (sortOrder === Order.DESCEND) return kvs.sort((a, b) => compare(b, a));
  return sortTarget === Target.KEY ? kvs : kvs.sort(compare);
}
