import { raceAbort } from "../../transport/deadline.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import type { Value } from "../../v3/keys.ts";
import { createStanding, type HoldWords, type Standing } from "./hold.ts";
import type { Line } from "./wait-queue.ts";
import { leave, sweep } from "./release.ts";
import { awaitTurn, enter, untilGone } from "./waiter.ts";
import { createScope, type Scope } from "../scope.ts";
import { ownSession } from "../session/own-session.ts";
import type { Session } from "../session/session.ts";

/** How a place is asked for. */
export interface Wish {
  readonly etcd: Etcd;
  readonly line: Line;
  /** Whose lease the place is under. Default: a session of its own, of so many seconds, that ends with it. */
  readonly session: Session | undefined;
  readonly ttl: number;
  readonly value: Value;
  readonly words: HoldWords;
  /** Bounds the wait. */
  readonly scope: Scope;
}

export interface TakenPlace {
  readonly standing: Standing;
  readonly session: Session;
  /** The key as it was found, where that had been there before. */
  readonly found: Entry | undefined;
}

/**
 * Waits for its turn in a line. Whatever ends the wait, the signal, the session or an error, leaves no place behind. With
 * `conditions` it does not wait: `undefined` if it is not the first at once.
 */
export async function takePlace(wish: Wish, conditions?: readonly Compare[]): Promise<TakenPlace | undefined> {
  const { etcd, scope } = wish;
  const { signal } = scope;
  if (signal.aborted) throw signal.reason;
  const own = wish.session === undefined;
  const session = wish.session ?? (await ownSession(etcd, wish.ttl, scope));
  if (session.signal.aborted) throw session.signal.reason;
  const either = createScope([scope, session.signal]);
  try {
    const taken = await takeWith(wish, session, own, either, conditions);
    if (taken === undefined && own) await scope.undone(session.close());
    return taken;
  } catch (error) {
    throw own ? await scope.failed(ended(wish, error), session.close()) : error;
  } finally {
    either.end();
  }
}

async function takeWith(
  wish: Wish,
  session: Session,
  own: boolean,
  scope: Scope,
  conditions: readonly Compare[] | undefined,
): Promise<TakenPlace | undefined> {
  const { etcd, line, value, words } = wish;
  const { signal } = scope;
  for (;;) {
    let doubts = 0;
    // Not ended by the signal: what it does has to be known before it can be undone.
    const entering = enter(etcd, line, session, value, conditions ?? [], () => void doubts++);
    let entered: Awaited<typeof entering>;
    try {
      entered = await raceAbort(entering, signal);
    } catch (error) {
      const undone = undo(wish, session, entering, () => doubts);
      if (!own) throw await scope.failed(ended(wish, error), undone);
      undone.catch(() => undefined);
      throw error;
    }
    if (entered.kind === "refused") return undefined;
    if (entered.kind === "occupied") {
      if (conditions !== undefined) return undefined;
      await untilGone(etcd, entered.place, entered.revision, signal);
      continue;
    }
    const { place, ahead, found } = entered;
    const since = ahead?.revision ?? place.createRevision;
    const standing = createStanding(etcd, session, own, place, since, words, doubts > 0);
    const turn = createScope([signal, standing.hold.signal]);
    try {
      await awaitTurn(etcd, line, place, ahead, turn.signal, standing.gone);
      standing.assertHeld();
      if (signal.aborted) throw signal.reason;
      return { standing, session, found };
    } catch (error) {
      const release = standing.release();
      if (!own) throw await scope.failed(ended(wish, error), release);
      release.catch(() => undefined);
      throw error;
    } finally {
      turn.end();
    }
  }
}

/** What ended the wait: the caller's time or signal, before all else. */
function ended({ scope: { signal } }: Wish, error: unknown): unknown {
  return signal.aborted ? signal.reason : error;
}

/** Gives up the place that a request under way is going to get. */
async function undo(
  { etcd, line }: Wish,
  session: Session,
  entering: ReturnType<typeof enter>,
  doubts: () => number,
): Promise<void> {
  let entered: Awaited<typeof entering>;
  try {
    entered = await entering;
  } catch (error) {
    if (doubts() === 0 || session.signal.aborted) throw error;
    void sweep(etcd, session, line.keyOf(session.leaseId));
    return;
  }
  if (entered.kind === "entered") await leave(etcd, session, entered.place, doubts() > 0);
}
