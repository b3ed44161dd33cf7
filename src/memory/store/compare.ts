import { Compare_CompareResult as Result, Compare_CompareTarget as Target } from "../../gen/enums.ts";
import type { Compare } from "../../gen/etcdserverpb/kv_pb.ts";
import type { KeyValue } from "../../gen/mvccpb/kv_pb.ts";
import { compareBigint, compareBytes, noBytes } from "./comparators.ts";
import { keyRange } from "./key-range.ts";
import type { Store } from "./store.ts";

/** Whether the condition holds for every key it is about. A key that is not there has 0 for everything but a value. */
export function holds(store: Store, compare: Compare): boolean {
  const { kvs } = store.read(keyRange(compare.key, compare.rangeEnd));
  if (kvs.length === 0) return compare.target !== Target.VALUE && holdsFor(missing, compare);
  return kvs.every((kv) => holdsFor(kv, compare));
}

type Measures = Pick<KeyValue, "version" | "createRevision" | "modRevision" | "lease" | "value">;

const missing: Measures = { version: 0n, createRevision: 0n, modRevision: 0n, lease: 0n, value: noBytes };

function holdsFor(kv: Measures, { target, targetUnion, result }: Compare): boolean {
  const difference = differenceTo(kv, target, targetUnion);
  switch (result) {
    case Result.NOT_EQUAL:
      return difference !== 0;
    case Result.GREATER:
      return difference > 0;
    case Result.LESS:
      return difference < 0;
    case Result.EQUAL:
      return difference === 0;
    // Of enum values that it does not know, etcd takes the one for a comparison that holds, the other for no difference.
    default:
      return true;
  }
}

/** An operand that is missing, or is not the target's, counts as 0 or empty. */
function differenceTo(kv: Measures, target: Compare["target"], { case: given, value }: Compare["targetUnion"]): number {
  switch (target) {
    case Target.VALUE:
      return compareBytes(kv.value, given === "value" ? value : noBytes);
    case Target.CREATE:
      return compareBigint(kv.createRevision, given === "createRevision" ? value : 0n);
    case Target.MOD:
      return compareBigint(kv.modRevision, given === "modRevision" ? value : 0n);
    case Target.LEASE:
      return compareBigint(kv.lease, given === "lease" ? value : 0n);
    case Target.VERSION:
      return compareBigint(kv.version, given === "version" ? value : 0n);
    default:
      return 0;
  }
}
