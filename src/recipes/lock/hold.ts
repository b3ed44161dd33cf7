import type { Etcd } from "../../v3/client.ts";
import type { Compare } from "../../v3/kv/compare.ts";
import { op, type Op, type TxnBranches, type TxnOutcome } from "../../v3/kv/op.ts";
import type { WriteOptions } from "../../v3/kv/txn.ts";
import { onAbort } from "../../transport/deadline.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { list } from "../../transport/option-kinds.ts";
import { checkOptions } from "../../transport/options.ts";
import { isThere, type Place } from "./wait-queue.ts";
import { leave } from "./release.ts";
import { untilGone } from "./waiter.ts";
import type { Session } from "../session/session.ts";

/** What is held while a place is the first of its line. */
export interface Hold {
  readonly key: string;
  /**
   * The key's create revision: later holders have larger ones. Send it along to what the hold protects, so that it can
   * refuse whoever comes with a smaller one than it has seen.
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
   * hold, if it is not. A program that stood still meanwhile is told by `signal` before this returns, whatever it returns.
   */
  txn<const Then extends readonly Op[] = [], const Else extends readonly Op[] = []>(
    branches: TxnBranches<Then, Else>,
    options?: WriteOptions,
  ): Promise<TxnOutcome<Then, Else>>;
  /** Renews the lease now, out of turn. */
  renew(): Promise<void>;
}

/** Which words a hold uses for its end. */
export interface HoldWords {
  readonly what: string;
  readonly lost: EtcdError["reason"];
}

/** A place that is, or will be, a hold: ends when its session does, or somebody deletes its key. */
export interface Standing {
  readonly hold: Hold;
  isHeld(): boolean;
  /** Throws what ended the hold. */
  assertHeld(): void;
  /** Ends the hold, but keeps the place until it is released. */
  stop(): void;
  /** Ends the hold, and gives the place up. */
  release(): Promise<void>;
  /** What the signal aborts with when the key is gone. */
  gone(): EtcdError;
}

/**
 * `own`: the session is the hold's alone, and ends with it. `revision`: the key was there then. `doubtful`: a copy of the
 * request for the place may still arrive.
 */
export function createStanding(
  etcd: Etcd,
  session: Session,
  own: boolean,
  place: Place,
  revision: bigint,
  words: HoldWords,
  doubtful = false,
): Standing {
  const { key, createRevision: token } = place;
  const controller = new AbortController();
  const { signal } = controller;
  const onSessionEnd = (): void => end(lost("its session has ended", session.signal.reason));
  let unhear: (() => void) | undefined;

  function lost(why: string, cause?: unknown): EtcdError {
    return new EtcdError(`${words.what} is lost: ${why}`, words.lost, { outcome: "not-applied", cause });
  }
  const gone = (): EtcdError => lost("somebody deleted its key");

  function end(reason: EtcdError): void {
    unhear?.();
    controller.abort(reason);
  }

  if (session.signal.aborted) onSessionEnd();
  else unhear = onAbort(session.signal, onSessionEnd);
  untilGone(etcd, place, revision, signal).then(
    () => end(gone()),
    (error: unknown) => {
      if (!signal.aborted) end(lost("its key cannot be watched", error));
    },
  );

  function check(): void {
    // Looks at the clocks: a program that stood still hears of it here at the latest.
    session.remaining();
    if (signal.aborted) throw signal.reason;
  }

  function stop(): void {
    end(new EtcdError(`${words.what} is released`, "Released", { outcome: "not-applied" }));
  }

  let releasing: Promise<void> | undefined;
  async function release(): Promise<void> {
    // If it is over by now, that is how it ended.
    session.remaining();
    stop();
    if (own) await session.close();
    else if (!session.signal.aborted) await leave(etcd, session, place, doubtful);
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
      guard: isThere(place),
      async txn(branches, options) {
        branches = checkOptions("txn", branches, { if: list, then: list, else: list });
        check();
        try {
          const guard = isThere(place);
          if ((branches.if ?? []).length === 0) {
            // Not nested: so the answer can be found out again where it was lost and the write is to be done once.
            const plain = await etcd.txn({ if: [guard], then: branches.then }, options);
            if (plain.succeeded) return plain;
          } else {
            const nested = await etcd.txn({ if: [guard], then: [op.txn(branches)] }, options);
            if (nested.succeeded) return nested.results[0];
          }
        } finally {
          // A program that stood still meanwhile is told before it goes on, whatever became of the write.
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

/** A hold with more to it. Not spread: its signal and the time that it ends are to be looked up each time. */
export function extended<H extends Hold, More extends object>(hold: H, more: More): H & More {
  return Object.defineProperties({ ...more }, Object.getOwnPropertyDescriptors(hold)) as H & More;
}
