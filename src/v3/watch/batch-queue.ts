/** A queue with one reader that waits, and a bound that its writer keeps to by asking `full`. */
export interface BatchQueue<T> {
  push(item: T, bytes: number): void;
  /** The next item, once there is one; `undefined` after `end`, when all have been taken. Rejects after `fail`. */
  shift(): Promise<T | undefined>;
  end(): void;
  /** What is queued is still delivered, then the error, once. */
  fail(error: unknown): void;
  /** What is queued is dropped. */
  clear(): void;
  readonly full: boolean;
  /** Resolves when less than half of the bound is left, or the queue has ended. */
  drained(): Promise<void>;
}

export interface QueueBound {
  readonly items: number;
  readonly bytes: number;
}

export function createBatchQueue<T>(bound: QueueBound): BatchQueue<T> {
  let items: { readonly item: T; readonly bytes: number }[] = [];
  let bytes = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let reader: { resolve(item: T | undefined): void; reject(error: unknown): void } | undefined;
  let writer: (() => void) | undefined;

  function settle(): void {
    if (writer !== undefined && (ended || (items.length * 2 <= bound.items && bytes * 2 <= bound.bytes))) {
      writer();
      writer = undefined;
    }
    if (reader === undefined) return;
    const { resolve, reject } = reader;
    const first = items.shift();
    if (first !== undefined) {
      bytes -= first.bytes;
      reader = undefined;
      resolve(first.item);
      settle();
    } else if (failure !== undefined) {
      reader = undefined;
      reject(failure.error);
      failure = undefined;
    } else if (ended) {
      reader = undefined;
      resolve(undefined);
    }
  }

  return {
    push(item, size) {
      if (ended) return;
      items.push({ item, bytes: size });
      bytes += size;
      settle();
    },
    shift() {
      if (reader !== undefined) return Promise.reject(new TypeError("a watch has one reader; it is already waiting"));
      return new Promise((resolve, reject) => {
        reader = { resolve, reject };
        settle();
      });
    },
    end() {
      ended = true;
      settle();
    },
    fail(error) {
      if (ended) return;
      ended = true;
      failure = { error };
      settle();
    },
    clear() {
      items = [];
      bytes = 0;
      settle();
    },
    get full() {
      return items.length >= bound.items || bytes >= bound.bytes;
    },
    drained() {
      return new Promise((resolve) => {
        writer = resolve;
        settle();
      });
    },
  };
}
