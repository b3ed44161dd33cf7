import { type Deadline, longestTimer } from "../transport/abort.ts";
import { elapsedSince } from "../transport/clock.ts";
import { KeyNotFound } from "./code-errors.ts";
import { HoldLost } from "./errors.ts";
import { keepAlive } from "./keep-alive.ts";
import type { CallOptions } from "./client-options.ts";
import type { Waiter, WaitQueue } from "./wait-queue.ts";

/** What is held for as long as etcd keeps a key with a TTL. */
export interface Hold {
  /** The key in etcd that stands for the hold. */
  readonly key: string;
  /** The fencing token, larger than those of earlier holders: what the hold protects can refuse a smaller one. */
  readonly token: bigint;
  /** Aborts with `HoldLost` when the hold ends, a little before etcd can give it to another holder. */
  readonly signal: AbortSignal;
  /** When it ends unless it is renewed: milliseconds as of `Date.now()`. */
  readonly heldUntil: number;
  /** Whether it is held, by this machine's clock: no request is made. */
  isHeld(): boolean;
}

export interface OwnHold extends Hold {
  /** Makes it last for `ttl` seconds from now. @throws `HoldLost` if etcd has deleted the key */
  renew(ttl: number, options: CallOptions): Promise<void>;
  /** Renews it until it ends. */
  keep(): void;
  /** Ends the hold, and deletes its key. */
  release(why: string): Promise<unknown>;
}

/** The hold of the first waiter of a queue. `life` ends when the client is closed. */
export function createHold(life: Deadline, queue: WaitQueue, waiter: Waiter, ttl: number): OwnHold {
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
    if (left <= 0) end("its TTL has expired");
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
      end("it was deleted");
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
