import { compareBytes, type KeyRange, keyAfter } from "../v3/keys.ts";

/** From `start` on, `end` exclusive; `undefined`: to the last key there is. */
interface Interval {
  readonly start: Uint8Array;
  readonly end: Uint8Array | undefined;
}

/** A set of keys, made of ranges. */
export interface RangeSet {
  /** Whether every key that there can be in `range` is in the set. */
  covers(range: KeyRange): boolean;
}

export function rangeSet(ranges: readonly KeyRange[]): RangeSet {
  const intervals = merged(ranges.filter((range) => !isBackwards(range)).map(intervalOf));
  return {
    covers(range) {
      const wanted = intervalOf(range);
      return intervals.some(({ start, end }) => compareBytes(start, wanted.start) <= 0 && endsAfter(end, wanted.end));
    },
  };
}

/**
 * What a server may read the range as. One whose end is not after its key is empty to etcd's store and anything to its
 * checks: where it is asked for it counts as open, which only a set without an end covers.
 */
function intervalOf({ key, rangeEnd }: KeyRange): Interval {
  if (rangeEnd.length === 0) return { start: key, end: keyAfter(key) };
  return { start: key, end: isOpen(rangeEnd) || isBackwards({ key, rangeEnd }) ? undefined : rangeEnd };
}

function isOpen(rangeEnd: Uint8Array): boolean {
  return rangeEnd.length === 1 && rangeEnd[0] === 0;
}

function isBackwards({ key, rangeEnd }: KeyRange): boolean {
  return rangeEnd.length > 0 && !isOpen(rangeEnd) && compareBytes(key, rangeEnd) >= 0;
}

/** In order, and without two that touch: a range may reach over several rules. */
function merged(intervals: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const next of [...intervals].sort((a, b) => compareBytes(a.start, b.start))) {
    const last = result.at(-1);
    if (last === undefined || (last.end !== undefined && compareBytes(last.end, next.start) < 0)) result.push(next);
    else if (endsAfter(next.end, last.end)) result[result.length - 1] = { start: last.start, end: next.end };
  }
  return result;
}

function endsAfter(end: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (end === undefined) return true;
  return other !== undefined && compareBytes(end, other) >= 0;
}
