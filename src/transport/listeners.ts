import { isPromise } from "./platform.ts";
import { invalidArgument, describe } from "./errors/etcd-error.ts";

/** Functions to call when something has happened. */
export interface Listeners<E> {
  /** Returns what takes it away again. The same function may be added more than once. */
  add(listener: (event: E) => void): () => void;
  /**
   * Calls them all. One that throws, or rejects, is reported on the console: it is neither a caller's nor ours to catch.
   */
  tell(event: E): void;
  clear(): void;
}

export function createListeners<E = void>(): Listeners<E> {
  const set = new Set<{ readonly listener: (event: E) => unknown }>();
  return {
    add(listener) {
      if (typeof listener !== "function")
        throw invalidArgument(`listener: expected a function, got ${describe(listener)}`);
      const added = { listener };
      set.add(added);
      return () => void set.delete(added);
    },
    tell(event) {
      // A listener that is added meanwhile is not told of what was before.
      for (const { listener } of Array.from(set)) {
        try {
          const result = listener(event);
          // An async function is a listener to TypeScript, and its rejection would end a Node process too.
          if (isPromise(result)) result.then(undefined, reportFailure);
        } catch (error) {
          reportFailure(error);
        }
      }
    },
    clear: () => set.clear(),
  };
}

/** On the console: `reportError` is not there in Node, and ends the program in Deno. */
function reportFailure(error: unknown): void {
  console.error("fetcd: a listener failed:", error);
}
