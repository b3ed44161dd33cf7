import { type Permission, Permission_Type as Type } from "../gen/authpb/auth_pb.ts";
import { compareText } from "./bytes.ts";
import { type KeyRange, keyRange } from "./key-range.ts";

/** Keys from `start` up to `end`; without an upper bound when that is undefined. */
interface Interval {
  readonly start: string;
  readonly end: string | undefined;
}

/** Whether the permissions together cover the whole range, though no single one of them may. */
export function covers(permissions: readonly Permission[], wanted: "read" | "write", range: KeyRange): boolean {
  const other = wanted === "read" ? Type.WRITE : Type.READ;
  const intervals = permissions
    .filter(({ permType }) => permType !== other)
    .map(({ key, rangeEnd }) => intervalOf(keyRange(key, rangeEnd)))
    .sort((a, b) => compareText(a.start, b.start));
  const { start, end } = intervalOf(range);
  let reached = start;
  for (const interval of intervals) {
    if (interval.start > reached) break;
    if (interval.end === undefined) return true;
    if (interval.end > reached) reached = interval.end;
    if (end !== undefined && reached >= end) return true;
  }
  return false;
}

function intervalOf({ start, single, end }: KeyRange): Interval {
  return { start, end: single ? `${start}\0` : end };
}
