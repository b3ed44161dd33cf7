/**
 * Slots for requests to each origin, as many as there may be connections to it. What comes beyond waits in its order, and
 * leaves nothing behind when it is given up: the queue of Node's agents keeps a request until a connection is free.
 */
export interface Slots {
  /** Resolves when there is a slot, or `signal` aborts. What it resolves with frees the slot; again it does nothing. */
  take(origin: string, signal: AbortSignal | undefined): Promise<() => void>;
}

export function createSlots(most: number): Slots {
  /** Of each origin those that have a slot, and behind them those that wait. */
  const origins = new Map<string, Set<() => void>>();
  return {
    async take(origin, signal) {
      const all = origins.get(origin) ?? new Set();
      origins.set(origin, all);
      let start = (): void => undefined;
      const started = new Promise<void>((resolve) => (start = resolve));
      all.add(start);
      if (all.size <= most || signal?.aborted) start();
      signal?.addEventListener("abort", start);
      await started;
      signal?.removeEventListener("abort", start);
      return () => {
        if (!all.delete(start)) return;
        // One has moved up; to start the others again does nothing.
        for (const each of Array.from(all).slice(0, most)) each();
        if (all.size === 0) origins.delete(origin);
      };
    },
  };
}
