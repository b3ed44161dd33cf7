/** Functions to call when something has happened. */
export interface Listeners {
  /** Returns what takes it away again. The same function may be added more than once. */
  add(listener: () => void): () => void;
  tell(): void;
  clear(): void;
}

export function createListeners(): Listeners {
  const set = new Set<{ readonly listener: () => void }>();
  return {
    add(listener) {
      const place = { listener };
      set.add(place);
      return () => void set.delete(place);
    },
    tell() {
      // Who is added meanwhile is not told of what was before.
      for (const { listener } of Array.from(set)) {
        try {
          listener();
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
