import * as kind from "../../transport/option-kinds.ts";
import type { Kinds } from "../../transport/options.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { raceAbort } from "../../transport/deadline.ts";
import { EtcdError, invalidArgument } from "../../transport/errors/etcd-error.ts";
import { ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import { compare, type Compare } from "../../v3/kv/compare.ts";
import { op } from "../../v3/kv/op.ts";
import type { RangeQuery, RangeResult } from "../../v3/kv/range.ts";
import { commit } from "../transaction/commit.ts";
import { createStanding, extended, type HoldWords } from "./hold.ts";
import { isThere, type Place } from "./wait-queue.ts";
import type { Held } from "./mutex.ts";
import { leave, sweep } from "./release.ts";
import { ownSession } from "../session/own-session.ts";
import { createScope, type Scope } from "../scope.ts";
import { type Session, sessionKind } from "../session/session.ts";
import { uniqueName } from "../unique-name.ts";

/** Whose lease the keys of a recipe hang on. */
export interface LeaseOptions {
  /** Seconds that they outlive a holder that vanished. Default 60. Not together with `session`. */
  readonly ttl?: number | undefined;
  /** A session that goes on afterwards. Default: one of its own for each use, which ends with it. */
  readonly session?: Session | undefined;
}

export const leaseKinds: Kinds<LeaseOptions> = { ttl: kind.anything, session: sessionKind };

export function checkLeaseOptions({ ttl, session }: LeaseOptions): void {
  if (ttl !== undefined && session !== undefined) {
    throw invalidArgument("ttl: a session has its own; not together with session");
  }
}

/** Reads a part of a line as of a moment when the place was in it; `"gone"` if it is not. */
export async function readFrom(
  etcd: Etcd,
  place: Place,
  prefix: string,
  query: RangeQuery,
  signal: AbortSignal,
): Promise<RangeResult | "gone"> {
  const earlier = { ...query, keysOnly: true, maxCreateRevision: place.createRevision - 1n };
  const branches = { if: [isThere(place)], then: [op.get({ prefix }, earlier)] } as const;
  const { succeeded, results } = await etcd.txn(branches, { signal });
  return succeeded ? results[0] : "gone";
}

/** A line that several may stand at the head of. */
export interface SharedLine {
  /** What is waited for, as errors call it. */
  readonly name: string;
  readonly words: HoldWords;
  /** What the keys of those who come this way start with. */
  readonly prefix: string;
  readonly value: string;
  /** A place is taken on one of these lists of conditions. None: on none. */
  readonly conditions: readonly (readonly Compare[])[];
  /** Throws if there is a reason why no place is to be had; if not it is tried again. */
  refused(signal: AbortSignal): Promise<void>;
  /** Whether somebody who came now would have to wait. */
  full(signal: AbortSignal): Promise<boolean>;
  /** Waits for the turn of a place. `wait`: it has not come, and is not waited for. `gone`: the place is gone. */
  turn(place: Place, signal: AbortSignal, wait: boolean): Promise<"come" | "wait" | "gone">;
}

/** The ways to the head of a line, as methods. */
export interface WaysIn {
  acquire(call?: CallOptions): Promise<Held>;
  tryAcquire(call?: CallOptions): Promise<Held | null>;
}

/** `acquire` waits for its turn, `tryAcquire` takes what is free. However they end but by a hold, they leave no key. */
export function waysInto(etcd: Etcd, line: SharedLine, options: LeaseOptions): WaysIn {
  return {
    async acquire(call) {
      const limits = ownOptions(`${line.name}.acquire`, call);
      for (;;) {
        const held = await take(etcd, line, options, limits, true);
        if (held !== null) return held;
      }
    },
    async tryAcquire(call) {
      return take(etcd, line, options, ownOptions(`${line.name}.tryAcquire`, call), false);
    },
  };
}

async function take(
  etcd: Etcd,
  line: SharedLine,
  options: LeaseOptions,
  { signal, timeoutMs }: CallOptions,
  wait: boolean,
): Promise<Held | null> {
  const late = (): EtcdError =>
    new EtcdError(`${line.words.what} was not free within ${timeoutMs} ms`, "LockTimeout", { outcome: "not-applied" });
  const scope = createScope([signal], timeoutMs, late);
  try {
    if (scope.signal.aborted) throw scope.signal.reason;
    if (!wait && (await line.full(scope.signal))) {
      await line.refused(scope.signal);
      return null;
    }
    const own = options.session === undefined;
    const session = options.session ?? (await ownSession(etcd, options.ttl, scope));
    return await takeWith(etcd, line, session, own, scope, wait);
  } finally {
    scope.end();
  }
}

async function takeWith(
  etcd: Etcd,
  line: SharedLine,
  session: Session,
  own: boolean,
  scope: Scope,
  wait: boolean,
): Promise<Held | null> {
  if (session.signal.aborted) throw session.signal.reason;
  const either = createScope([scope, session.signal]);
  try {
    const place = await takeOne(etcd, line, session, either);
    const standing = createStanding(etcd, session, own, place, place.createRevision, line.words);
    const turn = createScope([either.signal, standing.hold.signal]);
    let come: "come" | "wait" | "gone";
    try {
      come = await line.turn(place, turn.signal, wait);
      if (come === "gone") throw standing.gone();
      if (come === "come") standing.assertHeld();
      if (turn.signal.aborted) throw turn.signal.reason;
    } catch (error) {
      throw await scope.failed(error, standing.release());
    } finally {
      turn.end();
    }
    const { release, isHeld, assertHeld, hold } = standing;
    if (come === "come") return extended(hold, { isHeld, assertHeld, release, [Symbol.asyncDispose]: release });
    await scope.undone(release());
    return null;
  } catch (error) {
    throw own ? await scope.failed(error, session.close()) : error;
  } finally {
    either.end();
  }
}

async function takeOne(etcd: Etcd, line: SharedLine, session: Session, scope: Scope): Promise<Place> {
  for (;;) {
    for (const conditions of line.conditions) {
      const place = await takePlaceAt(etcd, session, line.prefix, line.value, conditions, scope);
      if (place !== undefined) return place;
    }
    await line.refused(scope.signal);
  }
}

/**
 * Puts a key that nobody else uses, exactly once, if the conditions hold. Where it is aborted the put is waited for, for
 * as long as the scope has patience and then in the background, and taken back.
 */
export async function takePlaceAt(
  etcd: Etcd,
  session: Session,
  prefix: string,
  value: string,
  conditions: readonly Compare[],
  scope: Scope,
): Promise<Place | undefined> {
  const { signal } = scope;
  if (signal.aborted) throw signal.reason;
  const key = prefix + uniqueName();
  const putting = put(etcd, session, key, value, conditions);
  try {
    return await raceAbort(putting, signal);
  } catch (error) {
    throw await scope.failed(error, putBack(etcd, session, key, putting));
  }
}

async function put(
  etcd: Etcd,
  session: Session,
  key: string,
  value: string,
  conditions: readonly Compare[],
): Promise<Place | undefined> {
  const steps = [op.put(key, value, { lease: session.leaseId })];
  if (!(await commit(etcd, [compare.missing(key), ...conditions], steps, {}))) return undefined;
  const entry = await etcd.get(key);
  if (entry === null) throw new EtcdError(`the key ${key} was deleted`, "LockLost", { outcome: "not-applied" });
  return { key, createRevision: entry.createRevision };
}

async function putBack(etcd: Etcd, session: Session, key: string, putting: Promise<Place | undefined>): Promise<void> {
  try {
    const place = await putting;
    if (place !== undefined) await leave(etcd, session, place);
  } catch {
    // Nobody knows whether the key is there, or will be. With the lease of an ended session nothing is created.
    if (!session.signal.aborted) void sweep(etcd, session, key);
    await etcd.delete(key, { exactlyOnce: true });
  }
}
