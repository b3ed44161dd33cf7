import { IntervalBase, IntervalTree } from "@flatten-js/interval-tree";
import type { KeySpan } from "./key-range.ts";

/** Behind every key: the characters of keys are bytes. */
const noEnd = "\u0100";

/** From `low` up to `high`, exclusive; the library's own intervals hold both ends. */
export class Interval extends IntervalBase {
  declare low: string;
  declare high: string;

  override clone(): Interval {
    return new Interval(this.low, this.high);
  }

  override not_intersect(other: Interval): boolean {
    return this.high <= other.low || other.high <= this.low;
  }

  /** The tree asks this of an end and a start: whether nothing of a branch can be in between. */
  override comparable_less_than(end: string, start: string): boolean {
    return end <= start;
  }
}

interface Bucket<T> {
  readonly interval: Interval;
  readonly values: Set<T>;
}

/**
 * Values by the ranges of keys that they are about. To find those of a key costs O(log ranges) for each range that holds
 * it; a value about a single key costs nothing while other keys are asked for.
 */
export class RangeIndex<T> {
  readonly #singles = new Map<string, Set<T>>();
  readonly #buckets = new Map<string, Bucket<T>>();
  readonly #tree = new IntervalTree<Bucket<T>>();
  #size = 0;

  /** How many values there are. */
  get size(): number {
    return this.#size;
  }

  /** A value that is in the range already is not added again. */
  add(range: KeySpan, value: T): void {
    const values = this.#valuesOf(range) ?? this.#newValues(range);
    if (values.has(value)) return;
    values.add(value);
    this.#size++;
  }

  delete(range: KeySpan, value: T): void {
    const values = this.#valuesOf(range);
    if (values?.delete(value) !== true) return;
    this.#size--;
    if (values.size > 0) return;
    if (range.single) {
      this.#singles.delete(range.start);
      return;
    }
    const name = nameOf(range);
    const bucket = this.#buckets.get(name);
    this.#buckets.delete(name);
    if (bucket !== undefined) this.#tree.remove(bucket.interval, bucket);
  }

  /** The values whose range holds the key. */
  *at(key: string): Generator<T> {
    yield* this.#singles.get(key) ?? [];
    if (this.#buckets.size === 0) return;
    for (const { values } of this.#tree.search(new Interval(key, `${key}\0`))) yield* values;
  }

  #valuesOf(range: KeySpan): Set<T> | undefined {
    return range.single ? this.#singles.get(range.start) : this.#buckets.get(nameOf(range))?.values;
  }

  #newValues(range: KeySpan): Set<T> {
    const values = new Set<T>();
    if (range.single) {
      this.#singles.set(range.start, values);
      return values;
    }
    const bucket = { interval: new Interval(range.start, range.end ?? noEnd), values };
    this.#buckets.set(nameOf(range), bucket);
    this.#tree.insert(bucket.interval, bucket);
    return values;
  }
}

function nameOf({ start, end = noEnd }: KeySpan): string {
  return `${start}${noEnd}${end}`;
}
