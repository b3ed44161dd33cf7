import { invalidArgument, shown } from "../transport/errors/etcd-error.ts";

/** Functions to call when something has happened. */
export interface Listeners<E> {
  /** Returns what takes it away again. The same function may be added more than once. */
  add(listener: (event: E) => void): () => void;
  tell(event: E): void;
  clear(): void;
}

export function createListeners<E = void>(): Listeners<E> {
  const set = new Set<{ readonly listener: (event: E) => void }>();
  return {
    add(listener) {
      if (typeof listener !== "function")
        throw invalidArgument(`listener: expected a function, got ${shown(listener)}`);
      const place = { listener };
      set.add(place);
      return () => void set.delete(place);
    },
    tell(event) {
      // Who is added meanwhile is not told of what was before.
      for (const { listener } of Array.from(set)) {
        try {
          listener(event);
        } catch (error) {
          // As with an EventTarget: reported as uncaught, and the others are told all the same.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
    clear: () => set.clear(),
  };
}
