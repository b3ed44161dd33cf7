import { anything, boolean, type Kinds, milliseconds, signal } from "../transport/option-kinds.ts";
import { boundBy, pause } from "../transport/abort.ts";
import { EventIndexCleared, WatcherCleared } from "./code-errors.ts";
import { askedPauseMs } from "../transport/http/retry-after.ts";
import { EtcdV2Error, WatchTimeout, malformed } from "./errors.ts";
import { cleanKey, keyPath } from "./key-path.ts";
import type { KeysRequest } from "./keys-request.ts";
import { type CallOptions, checkOptions, ownOptions, checkTimeout } from "./client-options.ts";
import { checkIndex, type Index, paramsOf } from "./params.ts";
import type { Answer, Requester } from "./requester.ts";
import { anyChange, gapResult, type Result, resultOf } from "./result.ts";
import type { ReadNow } from "./read-now.ts";
import { isBlamed, isPassing, outlastsForeign } from "./retry-policy.ts";

/** Options of `watch`. */
export interface WatchV2Options {
  /** The first index to report. @default the next one */
  readonly index?: Index | undefined;
  /** What happens to everything below, too; not to hidden keys. @default false */
  readonly recursive?: boolean | undefined;
  /** Aborting ends the watch; the loop that reads it gets the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** A poll that is quiet for so long is made anew, which finds broken connections, in milliseconds. @default 60_000 */
  readonly idleMs?: number | undefined;
}

/** Options of `wait`. */
export interface WaitOptions extends Pick<WatchV2Options, "index" | "recursive">, CallOptions {}

const fromKinds: Kinds<Omit<WaitOptions, keyof CallOptions>> = { index: anything, recursive: boolean };
const watchKinds: Kinds<WatchV2Options> = { ...fromKinds, signal, idleMs: milliseconds };

/**
 * What happens to a key, each change once and in order, over broken connections and members that fail. It ends when its
 * signal aborts, or with an error that time cannot mend. Read it by one loop: leaving the loop ends the watch.
 */
export interface WatcherV2 extends AsyncIterableIterator<Result>, AsyncDisposable {
  /** Resolves when it is certain where the watch begins: no change from `index` on will be missed. */
  readonly ready: Promise<{ readonly index: bigint }>;
  /** Ends the watch, as leaving its loop does. */
  return(): Promise<IteratorResult<Result>>;
  /** Ends the watch. */
  cancel(): Promise<void>;
}

/** Calls that wait for changes. */
export interface WatchesV2 {
  /** The next change, or the first from `index` on. Rejects with `WatchTimeout`, or with `EventIndexCleared`. */
  wait(key: string, options?: WaitOptions): Promise<Result>;
  /**
   * All changes from now, or from `index` on. etcd keeps the last 1000 events of the whole store. Where those to come
   * next are lost, the watch reads the key again and yields that with `gap` set: `got`, or `deleted` where it is gone.
   */
  watch(key: string, options?: WatchV2Options): WatcherV2;
}

const defaultIdleMs = 60_000;
const longestWaitMs = 5000;

/** How a poll may end without a failure: no event came, or the member closed an empty answer. */
const quiet: Error = new Error("no event yet");
const cut: Error = new Error("an empty answer");

interface FollowOptions extends WatchV2Options {
  /** Reads the key again where events are lost, and goes on. */
  readonly resync: boolean;
}

export function createWatches(requester: Requester, request: KeysRequest, readNow: ReadNow): WatchesV2 {
  function follow(key: string, options: FollowOptions): WatcherV2 {
    const { index, recursive = false, idleMs = defaultIdleMs, resync } = options;
    const first = index === undefined ? undefined : checkIndex(index, "index");
    checkTimeout(idleMs, "idleMs");
    keyPath(key);
    const lifetime = requester.begin(options.signal);
    const { signal } = lifetime;
    let failures = 0;
    let wasEtcd = false;
    let canceled = false;

    /** Repeats what time or another member can mend: an endless watch outlives any outage. */
    async function retryUntilAborted<T>(work: () => Promise<T>): Promise<T> {
      let refusals = 0;
      for (;;) {
        try {
          const result = await work();
          failures = 0;
          wasEtcd = true;
          return result;
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          if (error === quiet) {
            failures = refusals = 0;
            wasEtcd = true;
            continue;
          }
          const members = requester.endpoints.all.length;
          const known = EtcdV2Error.is(error) ? error : undefined;
          const passing = error === cut || (known !== undefined && isPassing(known)) || error instanceof WatcherCleared;
          // The watch ends where every member fails in this way: none of them is etcd, say, or a certificate is wrong.
          if (!passing) {
            refusals++;
            const goesOn = refusals < members || (wasEtcd && outlastsForeign(error, refusals));
            if (!isBlamed(error) || !goesOn) throw error;
          }
          // Another member can be asked at once; a pause follows when all have failed, or where one asks for it.
          const longest = ++failures % members === 0 ? Math.min(longestWaitMs, 100 * 2 ** (failures / members)) : 0;
          await pause(Math.max(askedPauseMs(known), Math.random() * longest), signal);
        }
      }
    }

    const started = (async () => ({
      index: first ?? (await retryUntilAborted(() => readNow(key, { signal }))).index + 1n,
    }))();
    started.catch(() => undefined);

    /** One long poll. Rejects with `quiet` when nothing came, with `cut` when the answer ended at once and empty. */
    async function poll(from: bigint): Promise<Result> {
      const start = performance.now();
      const bound = boundBy(idleMs, signal, () => quiet);
      const params = paramsOf({ wait: true, waitIndex: from, recursive });
      const call = { method: "GET", path: request.pathOf(key), params, poll: true } as const;
      try {
        const result = await requester.call(
          { ...call, options: { signal: bound.signal, timeoutMs: Infinity } },
          (answer) => (answer.text === "" ? undefined : eventOf(answer, from)),
        );
        if (result !== undefined) return result;
        throw performance.now() - start < 1000 ? cut : quiet;
      } finally {
        bound.end();
      }
    }

    async function* results(): AsyncGenerator<Result, undefined, undefined> {
      try {
        let { index: next } = await started;
        for (;;) {
          try {
            const result = await retryUntilAborted(() => poll(next));
            next = result.node.modifiedIndex + 1n;
            if (!isHidden(cleanKey(key), result.node.key)) yield result;
          } catch (error) {
            if (!(error instanceof EventIndexCleared) || !resync) throw error;
            const from = next;
            const { node, index: now } = await retryUntilAborted(() => readNow(key, { recursive, signal }));
            next = now + 1n;
            // A value that has not changed since says that nothing was missed.
            if (node === undefined || node.dir || node.modifiedIndex >= from) {
              yield gapResult({ from, to: now }, cleanKey(key), node);
            }
          }
        }
      } catch (error) {
        if (!canceled) throw error;
      } finally {
        lifetime.end();
      }
      return undefined;
    }

    const all = results();
    // A poll that is under way ends, and a pending `next` resolves with `done`.
    async function cancel(): Promise<void> {
      canceled = true;
      lifetime.abort(new EtcdV2Error("the watch is canceled", { outcome: "not-applied" }));
      lifetime.end();
      await all.return(undefined);
    }

    return {
      ready: started,
      next: () => all.next(),
      async return() {
        await cancel();
        return { done: true, value: undefined };
      },
      cancel,
      [Symbol.asyncDispose]: cancel,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  return {
    async wait(key, given) {
      const { timeoutMs = Infinity, signal, ...options } = ownOptions("wait", given, fromKinds);
      const expired = (): WatchTimeout =>
        new WatchTimeout(`no change of ${cleanKey(key)} within ${timeoutMs} ms`, { outcome: "not-applied" });
      const deadline = requester.begin(signal, checkTimeout(timeoutMs), expired);
      try {
        const watch = follow(key, { ...options, signal: deadline.signal, resync: false });
        try {
          return (await watch.next()).value as Result;
        } finally {
          await watch.cancel();
        }
      } finally {
        deadline.end();
      }
    },
    watch(key, given) {
      const options = checkOptions("watch", given, watchKinds);
      return follow(key, { ...options, resync: true });
    },
  };
}

/** An event that the watch has seen before means that the member cannot be trusted. */
function eventOf(answer: Answer, from: bigint): Result {
  const result = resultOf(answer, { kinds: anyChange });
  if (result.node !== null && result.node.modifiedIndex >= from) return result;
  throw malformed(`an event of index ${from} or later`, "not-applied");
}

/** etcd hides keys below `_` from recursive watches, but not those it finds in its history: from us it hides all. */
function isHidden(watched: string, key: string): boolean {
  return key.slice(watched === "/" ? 0 : watched.length).includes("/_");
}
