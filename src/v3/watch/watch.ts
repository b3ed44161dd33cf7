import { isOurReason, pause } from "../../transport/deadline.ts";
import { outlasts } from "../../transport/errors/foreign.ts";
import { amend, EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import { createListeners } from "../../transport/listeners.ts";
import type { Selector } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import { createBatchQueue } from "./batch-queue.ts";
import { createKnownKeys, type KnownKeys, readDifference, readNames } from "./resync.ts";
import { batchOf, checkBatch, sizeOf, typeOf, type WatchBatch, type WatchEvent } from "./watch-event.ts";
import { mayGoOn } from "./watch-failure.ts";
import type { WatchReader } from "./shared-watch.ts";
import type { WatchHub } from "./watch-hub.ts";
import { batchIterator, type Batches, eventIterator, streamOf } from "./watch-iterators.ts";
import { checkWatchOptions, type WatchOptions } from "./watch-options.ts";
import { createReadiness } from "./watch-ready.ts";
import type { RevisionEvents } from "./watch-state.ts";

/**
 * Events of a range, each once and in order, over any number of broken streams. It starts at once; events wait in a
 * bounded queue. Read it by one loop, of events or of batches: leaving the loop ends the watch.
 */
export interface Watcher extends AsyncIterable<WatchEvent>, AsyncDisposable {
  /**
   * Resolves when the server has confirmed the watch: nothing from `from` on, or after this revision, can be missed.
   * (That `from` is compacted etcd tells only right after confirming.)
   *
   * @throws what ended the watch before that, or, when `readyTimeoutMs` is over, an `EtcdError` with the reason of what
   * it last met, such as `Unreachable`; `Timeout` if it met nothing. After a time-out the watch goes on trying.
   */
  readonly ready: Promise<{ readonly revision: bigint }>;
  /** How the watch is doing. `retrying`: its stream broke, and it is being opened anew. */
  readonly state: "connecting" | "live" | "retrying" | "closed";
  /** All events of one revision together, never split. */
  batches(): AsyncIterableIterator<WatchBatch>;
  /** The events as a stream, for `pipeTo` and responses. Cancelling it ends the watch. */
  toReadableStream(): ReadableStream<WatchEvent>;
  /** Ends the watch and frees what it holds of the server; what is queued is dropped. */
  cancel(): Promise<void>;
}

const defaultMaxQueue = 1000;
/** With an answer that is being read it makes about three times that. */
const maxQueueBytes = 4 * 1024 * 1024;
/** The longest pause before a range is read again whose history is compacted, in milliseconds. */
const resyncWaitMs = 2000;
/** The first pause of a watch whose history is compacted again before it has got anywhere. It doubles up to the cap. */
const firstResyncWaitMs = 100;
const longestResyncWaitMs = 30_000;

export function watch(own: WatchHub, keyspace: Keyspace, selector: Selector, given?: WatchOptions): Watcher {
  const options = checkWatchOptions(given);
  // A watch that can read the range again accepts another cluster, too.
  const hub = options.onCompaction === "resync" ? own.within(own.connection.follow()) : own;
  const { connection } = hub;
  const { memory, pinnedTo } = connection.guard;
  const range = keyspace.range(selector);
  const queue = createBatchQueue<RevisionEvents>({ items: options.maxQueue ?? defaultMaxQueue, bytes: maxQueueBytes });
  const lifetime = connection.begin(options.signal);
  const { signal } = lifetime;
  let condition: Watcher["state"] = "connecting";
  const stateListeners = createListeners<Exclude<Watcher["state"], "connecting">>();
  if (options.onState !== undefined) stateListeners.add(options.onState);
  const readiness = createReadiness(options.readyTimeoutMs ?? connection.timeoutMs);

  const known = options.onCompaction === "resync" ? createKnownKeys() : undefined;
  // The names of the keys are known only from puts and deletes together.
  const asked = known === undefined ? options : { ...options, only: undefined };
  let next = options.from ?? 0n;
  /** What `next` is a revision of. */
  let since = next === 0n ? pinnedTo : (pinnedTo ?? memory.current);
  /** How often the range was read in place of its history since events last came. */
  let resyncs = 0;
  let leave: () => void = () => undefined;

  function enter(state: Exclude<Watcher["state"], "connecting">): void {
    if (condition === state) return;
    condition = state;
    // Later, since a listener may end the watch in the middle of the stream's work.
    if (options.onState !== undefined) queueMicrotask(() => stateListeners.tell(state));
  }

  function join(): void {
    const joined = memory.current;
    const reader: WatchReader = {
      confirmed(revision) {
        if (next === 0n) next = revision + 1n;
        since ??= memory.current;
        enter("live");
        // A member that lags confirms it with less than a read has told.
        readiness.confirm({ revision: options.from === undefined ? next - 1n : revision });
      },
      take(batches) {
        resyncs = 0;
        for (const batch of batches) {
          if (batch.revision < next) continue;
          known?.take(batch);
          push(batch);
        }
        const last = batches[batches.length - 1]?.revision ?? 0n;
        if (last >= next) next = last + 1n;
        if (!queue.full || condition === "closed") return;
        leave();
        enter("retrying");
        void rejoin();
      },
      reached(bookmark) {
        resyncs = 0;
        if (bookmark > next) next = bookmark;
      },
      met: readiness.met,
      interrupted() {
        if (condition === "live") enter("retrying");
      },
      failed(error) {
        const reason = EtcdError.is(error) ? error.reason : undefined;
        if (known !== undefined && (reason === "Compacted" || reason === "ClusterChanged"))
          void resync(known, reason === "ClusterChanged");
        // It has reported nothing of the other cluster yet.
        else if (reason === "ClusterChanged" && since === undefined && joined !== memory.current) join();
        else close(error);
      },
    };
    leave = hub.join(range, asked, { from: next, since }, reader);
  }

  function push(batch: RevisionEvents): void {
    try {
      checkBatch(batch, keyspace);
    } catch (error) {
      close(error);
      return;
    }
    if (options.only === undefined || batch.events.some((event) => typeOf(event) === options.only))
      queue.push(batch, sizeOf(batch));
  }

  /** What a slow reader has no room for is read from the server again, when there is room. */
  async function rejoin(): Promise<void> {
    if (queue.full) await queue.drained();
    if (condition !== "closed") join();
  }

  /** Learns first which keys there are: without that it could not be told later that they are gone. */
  async function learn(keys: KnownKeys): Promise<void> {
    let pinned = connection.pin();
    const found = await retryUntilClosed(() => {
      pinned = connection.pin();
      return readNames(pinned, range, next, signal);
    });
    if (found === undefined) return;
    since ??= pinned.guard.pinnedTo;
    keys.reset(found.names);
    next = found.from;
    join();
  }

  /** Reads what has changed; `all`: everything, for revisions of before mean nothing any more. */
  async function resync(keys: KnownKeys, all: boolean): Promise<void> {
    enter("retrying");
    const waitMs = Math.min(longestResyncWaitMs, firstResyncWaitMs * 2 ** resyncs);
    if (resyncs++ > 0) await pause((waitMs * (1 + Math.random())) / 2, signal).catch(() => undefined);
    if (signal.aborted) return;
    let pinned = connection.pin();
    let whole = all;
    const found = await retryUntilClosed(() => {
      pinned = connection.pin();
      whole ||= since !== memory.current;
      return readDifference(pinned, range, { next: whole ? 1n : next, known: keys.names }, signal);
    });
    if (found === undefined) return;
    since = pinned.guard.pinnedTo;
    const { difference, present } = found;
    next = difference.revision + 1n;
    keys.reset(present);
    if (difference.events.length > 0) push(difference);
    await rejoin();
  }

  /** Reads until it succeeds or the watch ends, which it does if it cannot. */
  async function retryUntilClosed<T>(read: () => Promise<T>): Promise<T | undefined> {
    for (let failures = 0; ; failures++) {
      try {
        return await read();
      } catch (error) {
        const again =
          EtcdError.is(error) &&
          (error.reason === "Compacted" ||
            heals(error) ||
            (condition === "retrying" && outlasts(error, failures)) ||
            mayGoOn(error, connection.endpoints.length > 1));
        if (signal.aborted || !again) {
          close(error);
          return undefined;
        }
        readiness.met(error);
        await pause(Math.random() * resyncWaitMs, signal).catch(() => undefined);
      }
    }
  }

  /** Another cluster than before can be read as well, unless it is one that the client refuses. */
  function heals(error: EtcdError): boolean {
    return error.reason === "ClusterChanged" && connection.guard.refusal() === undefined;
  }

  function close(error: unknown): void {
    if (condition === "closed") return;
    enter("closed");
    leave();
    readiness.refuse(error);
    queue.fail(error);
    signal.removeEventListener("abort", onAbort);
    lifetime.abort(error);
    lifetime.end();
  }

  function onAbort(): void {
    const { reason } = signal;
    // A watch changes nothing.
    const closed = isOurReason(reason) && reason.reason === "Closed";
    close(closed ? amend(reason, { outcome: "not-applied" }) : reason);
  }

  function cancel(): Promise<void> {
    if (condition !== "closed") {
      queue.end();
      close(notApplied("the watch is canceled", "Canceled"));
    }
    queue.clear();
    return Promise.resolve();
  }

  if (signal.aborted) onAbort();
  else {
    signal.addEventListener("abort", onAbort);
    if (known === undefined) join();
    else void learn(known);
  }
  const unread: Batches = {
    take: queue.take,
    shift: queue.shift,
    read: (batch) => batchOf(batch, keyspace, options.only),
  };
  const events = (): AsyncIterableIterator<WatchEvent> => eventIterator(unread, cancel);
  return {
    ready: readiness.promise,
    get state() {
      return condition;
    },
    batches: () => batchIterator(unread, cancel),
    [Symbol.asyncIterator]: events,
    toReadableStream: () => streamOf(events(), cancel),
    cancel,
    [Symbol.asyncDispose]: cancel,
  };
}
