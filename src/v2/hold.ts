import { pause } from "../transport/abort.ts";
import { KeyNotFound } from "./code-errors.ts";
import { HoldLost } from "./errors.ts";

/** Something that is ours for as long as etcd keeps a key with a time to live. */
export interface Hold {
  /** The key in etcd that stands for it. */
  readonly key: string;
  /** Larger than that of every holder before: what is guarded can refuse those that come late with an older one. */
  readonly token: bigint;
  /** Aborts with a `HoldLost` when it is no longer ours, a little before etcd gives it to another. */
  readonly signal: AbortSignal;
  /** Until when it is ours without a renewal, in milliseconds as of `Date.now()`. `Infinity`: without end. */
  readonly heldUntil: number;
  isHeld(): boolean;
}

export interface OwnHold extends Hold {
  /** It was renewed by a request sent at this moment. */
  renewed(ttl: number | null, sent: Moment): void;
  end(why: string): void;
}

/** By both clocks: one of them may stand still while the machine sleeps, the other may be set back. */
export interface Moment {
  readonly wall: number;
  readonly steady: number;
}

export function moment(): Moment {
  return { wall: Date.now(), steady: performance.now() };
}

export function createHold(key: string, token: bigint, ttl: number | null, sent: Moment): OwnHold {
  const controller = new AbortController();
  let until: { readonly at: Moment; readonly ms: number };
  let timer: ReturnType<typeof setTimeout> | undefined;

  const left = (): number => until.ms - Math.max(Date.now() - until.at.wall, performance.now() - until.at.steady);
  function end(why: string): void {
    clearTimeout(timer);
    if (!controller.signal.aborted) controller.abort(new HoldLost(`${key}: ${why}`, { outcome: "not-applied" }));
  }
  function check(): void {
    clearTimeout(timer);
    if (left() <= 0) end("its time to live is over");
    else if (until.ms !== Infinity) timer = setTimeout(check, Math.min(left() + 1, 2 ** 31 - 1));
  }
  function renewed(ttlNow: number | null, at: Moment): void {
    // etcd counts from when the request arrived, which was later than its sending; clocks differ by a little.
    until = { at, ms: ttlNow === null ? Infinity : ttlNow * 1000 - Math.max(ttlNow * 100, 500) };
    if (!controller.signal.aborted) check();
  }
  renewed(ttl, sent);
  return {
    key,
    token,
    signal: controller.signal,
    get heldUntil() {
      return until.at.wall + until.ms;
    },
    isHeld() {
      if (left() <= 0) check();
      return !controller.signal.aborted;
    },
    renewed,
    end,
  };
}

/** Renews every third of the time to live until `signal` aborts. `lost` is called when etcd has no such key any more. */
export async function keepAlive(
  renew: () => Promise<unknown>,
  ttl: number,
  signal: AbortSignal,
  lost: () => void,
): Promise<void> {
  let wait = (ttl * 1000) / 3;
  while (!signal.aborted) {
    try {
      await pause(wait, signal);
      await renew();
      wait = (ttl * 1000) / 3;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KeyNotFound) return lost();
      // What cannot be renewed now may be in a moment; who holds it looks at the time.
      wait = Math.min((ttl * 1000) / 10, 1000);
    }
  }
}
