import { OrderedMap } from "@js-sdsl/ordered-map";
import { compareBigint, compareText, toBinary } from "../store/comparators.ts";
import type { KeyChange } from "../store/change.ts";
import { type KeySpan, prefixRange } from "../store/key-range.ts";
import { RangeIndex } from "../store/range-index.ts";
import type { Store } from "../store/store.ts";

/** The age of a key: keys of one revision are ordered by name. */
type Age = readonly [createRevision: bigint, key: string];

/** The keys of a queue in the order in which they were created. */
export class WaitList {
  readonly range: KeySpan;
  readonly #keys = new OrderedMap<Age, string>([], (a, b) => compareBigint(a[0], b[0]) || compareText(a[1], b[1]));

  constructor(range: KeySpan) {
    this.range = range;
  }

  get size(): number {
    return this.#keys.size();
  }

  add(createRevision: bigint, key: string): void {
    this.#keys.setElement([createRevision, key], key);
  }

  delete(createRevision: bigint, key: string): void {
    this.#keys.eraseElementByKey([createRevision, key]);
  }

  first(): string | undefined {
    return this.#keys.front()?.[1];
  }

  /** The last one created before `revision`. */
  lastBefore(revision: bigint): string | undefined {
    const last = this.#keys.reverseUpperBound([revision, ""]);
    return last.isAccessible() ? last.pointer[1] : undefined;
  }
}

/**
 * The queues of locks and elections: for each name, the keys below it. A queue is read when it is first asked for, and kept
 * in order until it is empty, so that finding its head, or the key before another, costs O(log n).
 */
export class Queues {
  readonly #store: Store;
  /** By prefix. */
  readonly #known = new Map<string, WaitList>();
  readonly #index = new RangeIndex<WaitList>();

  /** To be made before other listeners of the store, so that these find the queues up to date. */
  constructor(store: Store) {
    this.#store = store;
    store.onChange((changes) => {
      if (this.#known.size > 0) for (const change of changes) this.#take(change);
    });
  }

  of(name: Uint8Array): WaitList {
    const range = queueRange(name);
    const known = this.#known.get(range.start);
    if (known !== undefined) return known;
    const queue = new WaitList(range);
    for (const { key, createRevision } of this.#store.read(range).kvs) queue.add(createRevision, toBinary(key));
    if (queue.size === 0) return queue;
    this.#known.set(range.start, queue);
    this.#index.add(range, queue);
    return queue;
  }

  #take({ key, kv, deleted, previous }: KeyChange): void {
    for (const queue of this.#index.at(key)) {
      if (!deleted) queue.add(kv.createRevision, key);
      else if (previous !== undefined) queue.delete(previous.createRevision, key);
      if (queue.size > 0) continue;
      this.#known.delete(queue.range.start);
      this.#index.delete(queue.range, queue);
    }
  }
}

/** Every key of the queue. */
export function queueRange(name: Uint8Array): KeySpan {
  return prefixRange(`${toBinary(name)}/`);
}
