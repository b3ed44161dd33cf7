import type { WatchBatch, WatchEvent } from "./watch-event.ts";
import type { RevisionEvents } from "./watch-state.ts";

type Cancel = () => Promise<void>;

/** The source. Batches that wait are taken without a promise, which would cost more than all other work for an event. */
export interface Batches {
  take(): RevisionEvents | undefined;
  shift(): Promise<RevisionEvents | undefined>;
  /** Puts a batch into the form for readers. */
  read(batch: RevisionEvents): WatchBatch;
}

export function batchIterator(batches: Batches, cancel: Cancel): AsyncIterableIterator<WatchBatch> {
  const from = (batch: RevisionEvents | undefined): WatchBatch | undefined =>
    batch === undefined ? undefined : batches.read(batch);
  return iterator(() => from(batches.take()), batches.shift, from, cancel);
}

/** The events of a queue of batches. */
export function eventIterator(batches: Batches, cancel: Cancel): AsyncIterableIterator<WatchEvent> {
  let rest: readonly WatchEvent[] = [];
  let taken = 0;

  function from(batch: RevisionEvents | undefined): WatchEvent | undefined {
    rest = batch === undefined ? [] : batches.read(batch).events;
    taken = 0;
    return rest[taken++];
  }

  return iterator(() => (taken < rest.length ? rest[taken++] : from(batches.take())), batches.shift, from, cancel);
}

/** Not a generator: its `return` would wait for the `next` that waits for an event. */
function iterator<T>(
  take: () => T | undefined,
  shift: Batches["shift"],
  from: (batch: RevisionEvents | undefined) => T | undefined,
  cancel: Cancel,
): AsyncIterableIterator<T> {
  let done = false;
  /** The last `next` that waits. Those that are called meanwhile come after it, as they do with a generator. */
  let waiting: Promise<IteratorResult<T>> | undefined;

  async function later(before: Promise<unknown> | undefined): Promise<IteratorResult<T>> {
    if (before !== undefined) await before.catch(() => undefined);
    const value = done ? undefined : (take() ?? from(await shift()));
    done = value === undefined;
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  return {
    next() {
      if (done) return Promise.resolve({ done: true, value: undefined });
      const value = waiting === undefined ? take() : undefined;
      if (value !== undefined) return Promise.resolve({ done: false, value });
      const own = later(waiting);
      waiting = own;
      const over = (): void => {
        if (waiting === own) waiting = undefined;
      };
      own.then(over, over);
      return own;
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
