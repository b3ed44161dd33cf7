import type { Session } from "../session/session.ts";

/**
 * The places that tasks of this program have taken, by session and create revision. A session has one place in a line:
 * with this, tasks that share a session exclude each other, and a place whose taking was not answered is recognized as
 * one's own. Answers may come in another order than requests were carried out, so who claims first has it.
 */
const claims = new WeakMap<Session, Set<bigint>>();

/** Of places that are given up so many are remembered: an answer about one may still be under way. */
const mostRemembered = 1000;
const givenUp = new WeakMap<Session, bigint[]>();

/** Whether the place was free for the asking; it is the caller's then. */
export function claim(session: Session, createRevision: bigint): boolean {
  const own = claims.get(session) ?? new Set();
  claims.set(session, own);
  if (own.has(createRevision)) return false;
  own.add(createRevision);
  return true;
}

/** Whether somebody has the place, and has not given it up. */
export function isClaimed(session: Session, createRevision: bigint): boolean {
  if (givenUp.get(session)?.includes(createRevision) === true) return false;
  return claims.get(session)?.has(createRevision) === true;
}

export function giveUp(session: Session, createRevision: bigint): void {
  const list = givenUp.get(session) ?? [];
  givenUp.set(session, list);
  if (list.push(createRevision) <= mostRemembered) return;
  const oldest = list.shift();
  if (oldest !== undefined) claims.get(session)?.delete(oldest);
}
