/** A list of what is open, to be told of an end. */
export interface OpenList<T> {
  add(item: T): void;
  delete(item: T): void;
  [Symbol.iterator](): IterableIterator<T>;
}

/** How many are put in before those that are gone are looked for. */
const leastPrune = 64;

/**
 * A list that keeps nothing alive, where the engine can do that. Without `shareRequests` an event may end and leave its
 * calls and watches behind, unsettled: what nobody waits for any more must not stay in memory.
 */
export function createWeakList<T extends object>(): OpenList<T> {
  if (typeof WeakRef !== "function") return new Set<T>();
  const references = new Set<WeakRef<T>>();
  const known = new WeakMap<T, WeakRef<T>>();
  let pruneAt = leastPrune;

  function prune(): void {
    for (const reference of references) if (reference.deref() === undefined) references.delete(reference);
    pruneAt = Math.max(leastPrune, 2 * references.size);
  }

  return {
    add(item) {
      if (references.size >= pruneAt) prune();
      const reference = new WeakRef(item);
      known.set(item, reference);
      references.add(reference);
    },
    delete(item) {
      const reference = known.get(item);
      if (reference !== undefined) references.delete(reference);
    },
    *[Symbol.iterator]() {
      for (const reference of Array.from(references)) {
        const item = reference.deref();
        if (item !== undefined) yield item;
      }
    },
  };
}
