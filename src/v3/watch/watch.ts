import { Code } from "@connectrpc/connect";
import { KV } from "../../transport/services.ts";
import type { Connection } from "../../transport/connection.ts";
import { pause, raceAbort } from "../../transport/deadline.ts";
import type { Trace } from "../../transport/context.ts";
import { EtcdError } from "../../transport/errors.ts";
import { statedError } from "../../transport/gateway-error.ts";
import { mayRepeat } from "../../transport/retry-policy.ts";
import { asksForLogin } from "../../transport/token.ts";
import type { Selector } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import { createBatchQueue } from "./batch-queue.ts";
import { batchOf, sizeOf, type WatchBatch, type WatchEvent } from "./watch-event.ts";
import { checkWatchOptions, type WatchOptions } from "./watch-options.ts";
import { reopened, startWatch, stepWatch } from "./watch-state.ts";
import { IdleStream, watchStream } from "./watch-stream.ts";

/**
 * Events of a range, each once and in order, over any number of broken streams. It starts at once; events wait in a
 * bounded queue. Read it by one loop, of events or of batches: leaving the loop ends the watch.
 */
export interface Watcher extends AsyncIterable<WatchEvent>, AsyncDisposable {
  /**
   * Resolves when the server has confirmed the watch: nothing from `from` on, or after this revision, can be missed.
   * Rejects with what ended the watch before that. (That `from` is compacted etcd tells only right after confirming.)
   */
  readonly ready: Promise<{ readonly revision: bigint }>;
  readonly state: "connecting" | "live" | "retrying" | "closed";
  /** All events of one revision together, never split. */
  batches(): AsyncIterableIterator<WatchBatch>;
  toReadableStream(): ReadableStream<WatchEvent>;
  /** Ends the watch and frees its request; what is queued is dropped. */
  cancel(): Promise<void>;
}

const defaultMaxQueue = 1000;
const maxQueueBytes = 8 * 1024 * 1024;
/** The first reopening of many clients is spread over this time, in milliseconds; then the wait doubles up to the cap. */
const firstWaitMs = 500;
const longestWaitMs = 5000;

export function watch(connection: Connection, keyspace: Keyspace, selector: Selector, given?: WatchOptions): Watcher {
  const options = checkWatchOptions(given);
  const range = keyspace.range(selector);
  const queue = createBatchQueue<WatchBatch>({ items: options.maxQueue ?? defaultMaxQueue, bytes: maxQueueBytes });
  const lifetime = connection.begin(options.signal);
  const { signal } = lifetime;
  let condition: Watcher["state"] = "connecting";
  let confirm: (at: { revision: bigint }) => void = () => undefined;
  let refuse: (reason: unknown) => void = () => undefined;
  const ready = new Promise<{ revision: bigint }>((resolve, reject) => {
    confirm = resolve;
    refuse = reject;
  });
  ready.catch(() => undefined);

  const trace: Trace = { doubts: 0 };
  let state = startWatch(options.from ?? 0n);
  let failures = 0;
  let refusedLogins = 0;

  /** One stream, to its end. Returns only to be opened again at `state.next`; throws what ends the watch. */
  async function follow(): Promise<void> {
    try {
      for await (const response of watchStream(connection, range, state.next, options, signal, trace)) {
        const step = stepWatch(state, response, range);
        if (step.kind === "compacted") throw compacted(step.compactRevision);
        if (step.kind === "refused") return refused(step.cancelReason);
        if (step.kind === "violation")
          return retry(new EtcdError(step.what, "MalformedResponse", { outcome: "not-applied" }));
        state = step.state;
        if (step.created !== undefined) {
          if (step.created + 1n < state.next) await notRestored();
          live(step.created);
        }
        for (const batch of step.batches) queue.push(batchOf(batch, keyspace), sizeOf(batch));
        if (queue.full) return;
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof IdleStream) return;
      if (!EtcdError.is(error)) throw error;
      if (!error.retryable && !mayRepeat(error, "read", connection.endpoints.length > 1)) throw error;
      return retry(error);
    }
    retry(undefined);
  }

  /**
   * A member that knows less than the watch has seen may lag. Or a backup was restored, and the revision to wait for
   * comes a second time: a read that cannot lag rejects with `ClusterChanged` then.
   */
  async function notRestored(): Promise<void> {
    await connection.unary(KV.method.range, { key: range.key, countOnly: true }, { signal });
  }

  function live(revision: bigint): void {
    condition = "live";
    failures = 0;
    refusedLogins = 0;
    confirm({ revision });
    connection.log({ type: "watch", state: "live", revision, reason: undefined });
  }

  function retry(error: EtcdError | undefined): void {
    failures++;
    connection.log({ type: "watch", state: "retrying", revision: state.next, reason: error?.reason });
  }

  /** A token that ran out is replaced, once; every other refusal is final. */
  function refused(cancelReason: string): void {
    if (cancelReason === "") return retry(undefined);
    const error = statedError(cancelReason, Code.FailedPrecondition);
    const again = asksForLogin(error.reason) && refusedLogins++ === 0 && connection.token?.refused(trace.token);
    if (!again) throw error;
  }

  async function run(): Promise<void> {
    try {
      for (;;) {
        if (queue.full) await raceAbort(queue.drained(), signal);
        if (signal.aborted) throw signal.reason;
        state = reopened(state);
        await follow();
        if (condition === "live") condition = "retrying";
        if (failures > 0)
          await pause(Math.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1)), signal);
      }
    } catch (error) {
      close(error);
    }
  }

  function close(error: unknown): void {
    if (condition === "closed") return;
    condition = "closed";
    refuse(error);
    queue.fail(error);
    lifetime.abort(error);
    lifetime.end();
  }

  function cancel(): Promise<void> {
    if (condition !== "closed") {
      queue.end();
      close(new EtcdError("the watch is canceled", "Canceled", { outcome: "not-applied" }));
    }
    queue.clear();
    return finished;
  }

  function batches(): AsyncIterableIterator<WatchBatch> {
    return iterator(() => queue.shift(), cancel);
  }

  function events(): AsyncIterableIterator<WatchEvent> {
    let rest: readonly WatchEvent[] = [];
    let taken = 0;
    return iterator(async () => {
      if (taken === rest.length) {
        rest = (await queue.shift())?.events ?? [];
        taken = 0;
      }
      return rest[taken++];
    }, cancel);
  }

  const finished = run();
  return {
    ready,
    get state() {
      return condition;
    },
    batches,
    [Symbol.asyncIterator]: events,
    toReadableStream() {
      const reader = events();
      return new ReadableStream<WatchEvent>(
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
    },
    cancel,
    [Symbol.asyncDispose]: cancel,
  };
}

/** Not a generator: its `return` would wait for the `next` that waits for an event. */
function iterator<T>(next: () => Promise<T | undefined>, cancel: () => Promise<void>): AsyncIterableIterator<T> {
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

function compacted(compactRevision: bigint): EtcdError {
  return new EtcdError(
    `the revision to watch from is compacted; the oldest there is is ${compactRevision}`,
    "Compacted",
    {
      outcome: "not-applied",
    },
  );
}
