import { raceAbort } from "../../transport/deadline.ts";
import { EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import { op } from "../../v3/kv/op.ts";
import { type Value, valueBytes } from "../../v3/keys.ts";
import { backOff, createScope, isReason, longBackOff, nextChange, type Scope } from "../wait.ts";
import { commit } from "../transaction/commit.ts";
import { ownSession, type Session } from "../session/session.ts";
import { serialize } from "../serialize.ts";

/** What is kept on a list. */
export interface Registration extends AsyncDisposable {
  /** The key that the registration keeps. */
  readonly key: string;
  /** Whether it is listed, as far as is known here. */
  readonly registered: boolean;
  /** Changes the value. Resolves when it is listed with it. */
  update(value: Value, options?: CallOptions): Promise<void>;
  /** Takes it off the list. Rejects if that fails; then it goes when its TTL is over. */
  close(): Promise<void>;
}

interface Registered {
  readonly value: Value;
  /** Seconds. */
  readonly ttl: number;
}

/**
 * Puts a key under a session of its own, and again whenever it is lost. Rejects if the first put fails, or takes longer
 * than `timeoutMs`.
 */
export async function keepRegistered(
  etcd: Etcd,
  key: string,
  { value: first, ttl }: Registered,
  { signal: outer, timeoutMs }: CallOptions,
): Promise<Registration> {
  const ending = new AbortController();
  const scope = createScope([ending.signal, outer, etcd.signal]);
  const { signal } = scope;
  let value = valueBytes(first);
  /** What was put last. */
  let listed = value;
  let current: Session | undefined;
  let registered = false;
  /** The end of its last session. */
  let ended: Promise<void> | undefined;
  let waiting: { resolve(): void; readonly promise: Promise<void> } = latch();
  /** Writes one after the other, so that the last value is the one that stays. */
  const turn = serialize();

  function write(session: Session): Promise<void> {
    return turn(async () => {
      let put: Uint8Array;
      do {
        put = value;
        await commit(etcd, [], [op.put(key, put, { lease: session.leaseId })], {});
        listed = put;
        // A call that came with another value meanwhile waits for this.
      } while (put !== value);
      registered = true;
      waiting.resolve();
    });
  }

  function unlisted(): void {
    if (!registered) return;
    registered = false;
    waiting = latch();
  }

  async function start(scope: Scope): Promise<Session> {
    const { signal: wanted } = scope;
    const session = await ownSession(etcd, ttl, scope);
    try {
      await raceAbort(write(session), wanted);
      return session;
    } catch (error) {
      throw await scope.failed(error, session.close());
    }
  }

  /** Puts the key again as often as it is deleted. Rejects when the session has ended, or a request fails. */
  async function stay(session: Session): Promise<void> {
    const either = createScope([signal, session.signal]);
    try {
      for (;;) {
        const { entries, revision } = await etcd.range(key, { keysOnly: true, signal: either.signal });
        if (entries.length === 0 || !registered) {
          unlisted();
          await raceAbort(write(session), either.signal);
          continue;
        }
        await nextChange(etcd, key, { from: revision + 1n, only: "delete", signal: either.signal });
      }
    } finally {
      either.end();
    }
  }

  /** Ends the session, and so takes the key off the list. */
  async function leave(): Promise<void> {
    const session = current;
    if (session === undefined) return;
    unlisted();
    current = undefined;
    ended = session.close();
    await ended.catch(() => undefined);
  }

  async function run(): Promise<void> {
    let failures = 0;
    do {
      try {
        if (current === undefined) {
          current = await start(scope);
          failures = 0;
        }
        await stay(current);
      } catch (error) {
        // A session that goes on keeps the key, whatever became of a request: a new one would take it off the list.
        if (current?.signal.aborted || isReason(error, "LeaseNotFound")) await leave();
      }
      await backOff(failures++, signal, longBackOff).catch(() => undefined);
    } while (!signal.aborted);
    await leave();
    scope.end();
  }

  try {
    const trying = createScope([scope], timeoutMs, () => timeoutError(timeoutMs));
    current = await start(trying).finally(trying.end);
  } catch (error) {
    scope.end();
    throw error;
  }
  const running = run();

  async function close(): Promise<void> {
    ending.abort(notApplied("the registration has ended", "Closed"));
    await running;
    // If that failed, the key stays until the lease ends.
    await ended;
  }

  return {
    key,
    get registered() {
      return registered && !signal.aborted;
    },
    async update(next, given) {
      const call = ownOptions("registration.update", given);
      const bytes = valueBytes(next);
      if (signal.aborted) throw signal.reason;
      value = bytes;
      const limits = createScope([signal, call.signal], call.timeoutMs, () => timeoutError(call.timeoutMs));
      try {
        const session = current;
        if (session === undefined || !registered) return await raceAbort(waiting.promise, limits.signal);
        await raceAbort(write(session), limits.signal).catch(async (error: unknown) => {
          // It is being put anew, with this value.
          if (!isReason(error, "LeaseNotFound")) throw error;
          unlisted();
          await raceAbort(session.close(), limits.signal);
          await raceAbort(waiting.promise, limits.signal);
        });
      } catch (error) {
        // A put that was not applied now must not be made later either.
        if (value === bytes && EtcdError.is(error) && error.outcome === "not-applied") value = listed;
        throw error;
      } finally {
        limits.end();
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function latch(): { resolve(): void; readonly promise: Promise<void> } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { resolve, promise };
}

function timeoutError(timeoutMs: number | undefined): EtcdError {
  return new EtcdError(`the registration was not stored within ${timeoutMs} ms`, "Timeout", { outcome: "unknown" });
}
