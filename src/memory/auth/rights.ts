import type { Permission } from "../../gen/authpb/auth_pb.ts";
import { Permission_Type as Type } from "../../gen/enums.ts";
import { compareText } from "../store/comparators.ts";
import { type KeySpan, keyRange } from "../store/key-range.ts";

/** Keys from `start` up to `end`; without an upper bound when that is undefined. */
interface Interval {
  readonly start: string;
  readonly end: string | undefined;
}

/** What a user may read and write. To ask costs O(log permissions). */
export class UserRights {
  readonly #read: readonly Interval[];
  readonly #write: readonly Interval[];

  constructor(permissions: readonly Permission[]) {
    this.#read = merged(permissions.filter(({ permType }) => permType !== Type.WRITE));
    this.#write = merged(permissions.filter(({ permType }) => permType !== Type.READ));
  }

  /** Whether permissions together, though perhaps no single one, cover the whole range. */
  cover(wanted: "read" | "write", range: KeySpan): boolean {
    const { start, end } = intervalOf(range);
    const interval = lastFrom(wanted === "read" ? this.#read : this.#write, start);
    if (interval === undefined) return false;
    return interval.end === undefined || (end !== undefined && interval.end >= end && interval.end > start);
  }
}

/** In order, with gaps between them. */
function merged(permissions: readonly Permission[]): Interval[] {
  const intervals = permissions
    .map(({ key, rangeEnd }) => intervalOf(keyRange(key, rangeEnd)))
    .sort((a, b) => compareText(a.start, b.start));
  const all: Interval[] = [];
  for (const next of intervals) {
    const last = all.at(-1);
    if (last === undefined || (last.end !== undefined && last.end < next.start)) all.push(next);
    else all[all.length - 1] = { start: last.start, end: laterEnd(last.end, next.end) };
  }
  return all;
}

function laterEnd(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || b === undefined ? undefined : a > b ? a : b;
}

/** The last interval that starts at `start` or before. */
function lastFrom(intervals: readonly Interval[], start: string): Interval | undefined {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[middle]?.start ?? "") <= start) low = middle + 1;
    else high = middle;
  }
  return intervals[low - 1];
}

function intervalOf({ start, single, end }: KeySpan): Interval {
  return { start, end: single ? `${start}\0` : end };
}
