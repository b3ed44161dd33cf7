import type { Etcd } from "../../v3/client.ts";
import type { Compare } from "../../v3/kv/compare.ts";
import { op, type Op, type TxnBranches, type TxnOutcome } from "../../v3/kv/op.ts";
import type { WriteOptions } from "../../v3/kv/txn.ts";
import { onAbort } from "../../transport/deadline.ts";
import { EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import { list } from "../../transport/option-kinds.ts";
import { checkOptions } from "../../transport/options.ts";
import { isThere, releaseWaiter, untilGone, type Waiter } from "./waiter.ts";
import type { Session } from "../session/session.ts";

/** What is held while a key is the first of its queue. */
export interface Hold {
  /** The key in etcd that stands for the hold. */
  readonly key: string;
  /**
   * The key's create revision: later holders have larger ones. Send it along to what the hold protects, so that it can
   * refuse a smaller one than it has seen.
   */
  readonly token: bigint;
  /** Aborts when the hold ends: before the server frees the key, and at once when somebody deletes it. */
  readonly signal: AbortSignal;
  /** When it ends unless the lease is renewed before: milliseconds as of `Date.now()`. */
  readonly heldUntil: number;
  /** True in a transaction for as long as this is held. Put it among the conditions of writes to etcd. */
  readonly guard: Compare;
  /**
   * A transaction with the guard put in: takes place only while this is held, whatever clocks say. Rejects, and ends the
   * hold, if it is not. If this program was paused meanwhile, `signal` aborts before this returns, whatever it returns.
   */
  txn<const Then extends readonly Op[] = [], const Else extends readonly Op[] = []>(
    branches: TxnBranches<Then, Else>,
    options?: WriteOptions,
  ): Promise<TxnOutcome<Then, Else>>;
  /** Renews the lease now, instead of when it is due. */
  renew(): Promise<void>;
}

/** How errors name what is held, and the reason when it is lost. */
export interface HoldMessages {
  readonly what: string;
  readonly lost: EtcdError["reason"];
}

/** The key of a waiter that is, or will be, a hold: ends when its session does, or somebody deletes its key. */
export interface HoldController {
  readonly hold: Hold;
  isHeld(): boolean;
  /** Throws what ended the hold. */
  assertHeld(): void;
  /** Ends the hold, but keeps the key until it is released. */
  stop(): void;
  /** Ends the hold, and deletes the key. */
  release(): Promise<void>;
  /** What the signal aborts with when the key is gone. */
  gone(): EtcdError;
}

export interface HoldSetup {
  readonly etcd: Etcd;
  readonly session: Session;
  /** The session is the hold's alone, and ends with it. */
  readonly ownsSession: boolean;
  readonly waiter: Waiter;
  /** A revision at which the key was there. */
  readonly since: bigint;
  readonly messages: HoldMessages;
  /** A copy of the request that created the key was not answered, and may still arrive. */
  readonly unanswered: boolean;
}

export function createHoldController(setup: HoldSetup): HoldController {
  const { etcd, session, ownsSession, waiter, messages, unanswered } = setup;
  const { key, createRevision: token } = waiter;
  const controller = new AbortController();
  const { signal } = controller;
  const onSessionEnd = (): void => end(lost("its session has ended", session.signal.reason));
  let unsubscribe: (() => void) | undefined;

  function lost(why: string, cause?: unknown): EtcdError {
    return new EtcdError(`${messages.what} is lost: ${why}`, messages.lost, { outcome: "not-applied", cause });
  }
  const gone = (): EtcdError => lost("its key was deleted");

  function end(reason: EtcdError): void {
    unsubscribe?.();
    controller.abort(reason);
  }

  if (session.signal.aborted) onSessionEnd();
  else unsubscribe = onAbort(session.signal, onSessionEnd);
  untilGone(etcd, waiter, setup.since, signal).then(
    () => end(gone()),
    (error: unknown) => {
      if (!signal.aborted) end(lost("its key cannot be watched", error));
    },
  );

  function check(): void {
    // Looks at the clocks: a program that was paused learns of the loss here at the latest.
    session.remaining();
    if (signal.aborted) throw signal.reason;
  }

  function stop(): void {
    end(notApplied(`${messages.what} is released`, "Released"));
  }

  let releasing: Promise<void> | undefined;
  async function release(): Promise<void> {
    // If the lease has expired by now, that is the reason of the signal.
    session.remaining();
    stop();
    if (ownsSession) await session.close();
    else if (!session.signal.aborted) await releaseWaiter({ etcd, session }, waiter, { unanswered });
  }

  return {
    gone,
    isHeld() {
      session.remaining();
      return !signal.aborted;
    },
    assertHeld: check,
    stop,
    release: () => (releasing ??= release()),
    hold: {
      key,
      token,
      get signal() {
        session.remaining();
        return signal;
      },
      get heldUntil() {
        return signal.aborted ? Date.now() : session.heldUntil;
      },
      guard: isThere(waiter),
      async txn(branches, options) {
        branches = checkOptions("txn", branches, { if: list, then: list, else: list });
        check();
        try {
          const guard = isThere(waiter);
          if ((branches.if ?? []).length === 0) {
            // Not nested: so the answer can be found out again where it was lost and the write is to be done once.
            const plain = await etcd.txn({ if: [guard], then: branches.then }, options);
            if (plain.succeeded) return plain;
          } else {
            const nested = await etcd.txn({ if: [guard], then: [op.txn(branches)] }, options);
            if (nested.succeeded) return nested.results[0];
          }
        } finally {
          // Looks at the clocks again: a program that was paused meanwhile must not continue as the holder.
          session.remaining();
        }
        end(gone());
        throw signal.reason;
      },
      async renew() {
        check();
        await session.renew();
        check();
      },
    },
  };
}

/** A hold with more members. Not spread: `signal` and `heldUntil` are getters that look at the clocks. */
export function extended<H extends Hold, More extends object>(hold: H, more: More): H & More {
  return Object.defineProperties({ ...more }, Object.getOwnPropertyDescriptors(hold)) as H & More;
}
