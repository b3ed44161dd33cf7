import { invalidArgument } from "../../transport/errors/etcd-error.ts";

/** A queue with one reader that waits, and a bound that its writer keeps to by asking `full`. */
export interface BatchQueue<T> {
  push(item: T, bytes: number): void;
  /** The next item, if there is one and nobody waits for it. */
  take(): T | undefined;
  /** The next item, once there is one; `undefined` after `end`, when all have been taken. Rejects after `fail`. */
  shift(): Promise<T | undefined>;
  end(): void;
  /** What is queued is still delivered, then the error, once. */
  fail(error: unknown): void;
  /** What is queued is dropped. */
  clear(): void;
  /** There is more in it than its bound. */
  readonly full: boolean;
  /** Resolves when at most half of the bound is queued, or the queue has ended. */
  drained(): Promise<void>;
}

export interface QueueBound {
  readonly items: number;
  readonly bytes: number;
}

/** Taken items that an array holds at most, beside those that wait. */
const mostTaken = 1024;

export function createBatchQueue<T extends object>(bound: QueueBound): BatchQueue<T> {
  let items: (T | undefined)[] = [];
  let sizes: number[] = [];
  /** How many of the items have been taken. Those are dropped in bulk, because dropping one moves all others. */
  let taken = 0;
  let bytes = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let reader: { resolve(item: T | undefined): void; reject(error: unknown): void } | undefined;
  let writer: (() => void) | undefined;

  function take(): T | undefined {
    const item = items[taken];
    if (item === undefined) return undefined;
    items[taken] = undefined;
    bytes -= sizes[taken++] ?? 0;
    if (taken === items.length) empty();
    else if (taken >= mostTaken) {
      items = items.slice(taken);
      sizes = sizes.slice(taken);
      taken = 0;
    }
    letWrite();
    return item;
  }

  function empty(): void {
    items = [];
    sizes = [];
    taken = bytes = 0;
  }

  function letWrite(): void {
    if (writer === undefined) return;
    if (!ended && ((items.length - taken) * 2 > bound.items || bytes * 2 > bound.bytes)) return;
    writer();
    writer = undefined;
  }

  /** Tells a waiting reader that nothing comes any more. */
  function tellEnd(): void {
    letWrite();
    const waiting = reader;
    if (waiting === undefined) return;
    reader = undefined;
    if (failure === undefined) waiting.resolve(undefined);
    else waiting.reject(failure.error);
    failure = undefined;
  }

  return {
    push(item, size) {
      if (ended) return;
      if (reader !== undefined) {
        // It waits: there is nothing before this one.
        const { resolve } = reader;
        reader = undefined;
        resolve(item);
        return;
      }
      items.push(item);
      sizes.push(size);
      bytes += size;
    },
    take,
    shift() {
      if (reader !== undefined)
        return Promise.reject(invalidArgument("a watch can have one reader only, and it is waiting"));
      return new Promise((resolve, reject) => {
        const item = take();
        if (item !== undefined) {
          resolve(item);
          return;
        }
        reader = { resolve, reject };
        if (ended) tellEnd();
      });
    },
    end() {
      ended = true;
      tellEnd();
    },
    fail(error) {
      if (ended) return;
      ended = true;
      failure = { error };
      tellEnd();
    },
    clear() {
      empty();
      letWrite();
    },
    get full() {
      return items.length - taken > bound.items || bytes > bound.bytes;
    },
    drained() {
      return new Promise((resolve) => {
        writer = resolve;
        letWrite();
      });
    },
  };
}
