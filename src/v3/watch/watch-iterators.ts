import type { WatchBatch, WatchEvent } from "./watch-event.ts";

type Shift = () => Promise<WatchBatch | undefined>;
type Cancel = () => Promise<void>;

/** The events of a queue of batches. */
export function eventIterator(shift: Shift, cancel: Cancel): AsyncIterableIterator<WatchEvent> {
  let rest: readonly WatchEvent[] = [];
  let taken = 0;
  return iterator(async () => {
    if (taken === rest.length) {
      rest = (await shift())?.events ?? [];
      taken = 0;
    }
    return rest[taken++];
  }, cancel);
}

/** Not a generator: its `return` would wait for the `next` that waits for an event. */
export function iterator<T>(next: () => Promise<T | undefined>, cancel: Cancel): AsyncIterableIterator<T> {
  let done = false;
  return {
    async next() {
      if (done) return { done: true, value: undefined };
      const value = await next();
      done = value === undefined;
      return value === undefined ? { done: true, value } : { done: false, value };
    },
    async return() {
      done = true;
      await cancel();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Reads on only when asked to, so that what waits does so in one queue. */
export function streamOf<T>(reader: AsyncIterator<T>, cancel: Cancel): ReadableStream<T> {
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const { done, value } = await reader.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
}
