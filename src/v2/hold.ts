import { type Deadline, longestTimer } from "../transport/abort.ts";
import { elapsedSince } from "../transport/clock.ts";
import { KeyNotFound } from "./code-errors.ts";
import { HoldLost } from "./errors.ts";
import { keepAlive } from "./keep-alive.ts";
import type { CallOptions } from "./client-options.ts";
import type { Waiter, Queue } from "./wait-queue.ts";

/** Something that is ours for as long as etcd keeps a key with a time to live. */
export interface Hold {
  /** The key in etcd that stands for it. */
  readonly key: string;
  /** Larger than that of every holder before: what is guarded can refuse those that come late with an older one. */
  readonly token: bigint;
  /** Aborts with a `HoldLost` when it is no longer ours, a little before etcd gives it to another. */
  readonly signal: AbortSignal;
  /** Until when it is ours without a renewal, in milliseconds as of `Date.now()`. */
  readonly heldUntil: number;
  /** Whether it is ours, by this machine's clock: no request is made. */
  isHeld(): boolean;
}

export interface OwnHold extends Hold {
  /** Seconds from now on. @throws `HoldLost` where etcd has it no more */
  renew(ttl: number, options: CallOptions): Promise<void>;
  /** Renews it until it ends. */
  keep(): void;
  /** Ends it, and gives up its waiter. */
  release(why: string): Promise<unknown>;
}

/** What the first waiter of a queue gives. `life`: that of the client, as `begin` of its requester gives it. */
export function createHold(life: Deadline, queue: Queue, waiter: Waiter, ttl: number): OwnHold {
  const controller = new AbortController();
  const { signal } = controller;
  const { key, token } = waiter;
  let from = waiter.sent;
  let ms = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function end(why: string): void {
    clearTimeout(timer);
    life.end();
    if (!signal.aborted) controller.abort(new HoldLost(`${key}: ${why}`, { outcome: "not-applied" }));
  }
  function check(): void {
    clearTimeout(timer);
    const left = ms - elapsedSince(from);
    if (left <= 0) end("its time to live is over");
    else timer = setTimeout(check, Math.min(left + 1, longestTimer));
  }
  function extend(seconds: number): void {
    // etcd counts from when the request arrived, which was later than its sending; clocks differ by a little.
    from = waiter.sent;
    ms = seconds * 1000 - Math.max(seconds * 100, 500);
    if (!signal.aborted) check();
  }
  async function renew(seconds: number, options: CallOptions): Promise<void> {
    try {
      await queue.renew(waiter, seconds, options);
    } catch (error) {
      if (!(error instanceof KeyNotFound)) throw error;
      end("etcd has it no more");
      throw signal.reason;
    }
    extend(seconds);
  }
  life.signal.addEventListener("abort", () => end("the client is closed"));
  extend(ttl);
  return {
    key,
    token,
    signal,
    get heldUntil() {
      return from.wall + ms;
    },
    isHeld() {
      if (ms <= elapsedSince(from)) check();
      return !signal.aborted;
    },
    renew,
    keep: () => void keepAlive(() => renew(ttl, { signal }), ttl, signal),
    release(why) {
      end(why);
      return queue.release(waiter);
    },
  };
}
