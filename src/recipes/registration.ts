import { EtcdError } from "../transport/errors.ts";
import type { CallOptions } from "../transport/connection.ts";
import { ownOptions } from "../v3/check.ts";
import type { Etcd } from "../v3/client.ts";
import { op } from "../v3/op.ts";
import type { Value } from "../v3/keys.ts";
import { commit } from "./commit.ts";
import { nextChange } from "./next-change.ts";
import { createScope, orAborted, pause } from "./scope.ts";
import { type Session, session as startSession } from "./session.ts";

/** What is kept on a list. */
export interface Registration extends AsyncDisposable {
  readonly key: string;
  /** Whether it is listed, as far as is known here. */
  readonly registered: boolean;
  /** Changes the value. Resolves when it is listed with it. */
  update(value: Value, options?: CallOptions): Promise<void>;
  /** Takes it off the list. */
  close(): Promise<void>;
}

const firstWaitMs = 100;
const longestWaitMs = 5000;

/** Puts a key under a session of its own, and again whenever it is lost. Rejects if the first put fails. */
export async function keepRegistered(
  etcd: Etcd,
  key: string,
  first: Value,
  ttl: number,
  outer: AbortSignal | undefined,
): Promise<Registration> {
  const ending = new AbortController();
  const scope = createScope([ending.signal, outer, etcd.signal]);
  const { signal } = scope;
  let value = first;
  let current: Session | undefined;
  let registered = false;
  /** Writes one after the other, so that the last value is the one that stays. */
  let turn: Promise<unknown> = Promise.resolve();
  let waiting: { resolve(): void; readonly promise: Promise<void> } = latch();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  }

  async function write(session: Session): Promise<void> {
    await inTurn(() => commit(etcd, [], [op.put(key, value, { lease: session.leaseId })], {}));
    registered = true;
    waiting.resolve();
  }

  function unlisted(): void {
    if (!registered) return;
    registered = false;
    waiting = latch();
  }

  async function start(): Promise<Session> {
    const session = await startSession(etcd, { ttl });
    try {
      await write(session);
    } catch (error) {
      await session.close().catch(() => undefined);
      throw error;
    }
    return session;
  }

  /** Puts the key again as often as it is deleted. Returns when the session has ended. */
  async function stay(session: Session): Promise<void> {
    const either = createScope([signal, session.signal]);
    try {
      for (;;) {
        const { entries, revision } = await etcd.range(key, { keysOnly: true, signal: either.signal });
        if (entries.length === 0) {
          unlisted();
          await write(session);
          continue;
        }
        await nextChange(etcd, key, { from: revision + 1n, only: "delete", signal: either.signal });
      }
    } finally {
      either.end();
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        current ??= await start();
        failures = 0;
        await stay(current);
      } catch {
        // Whatever it was: once more, with another session.
      }
      unlisted();
      await current?.close().catch(() => undefined);
      current = undefined;
      await pause(Math.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** failures++), signal).catch(
        () => undefined,
      );
    }
  }

  current = await start();
  if (signal.aborted) {
    await current.close().catch(() => undefined);
    throw signal.reason;
  }
  const running = run();

  async function close(): Promise<void> {
    ending.abort(new EtcdError("the registration has ended", "Closed", { outcome: "not-applied" }));
    await running;
    scope.end();
  }

  return {
    key,
    get registered() {
      return registered && !signal.aborted;
    },
    async update(next, given) {
      const call = ownOptions("registration.update", given);
      if (signal.aborted) throw signal.reason;
      value = next;
      const limits = createScope([signal, call.signal], call.timeoutMs, () => late(call.timeoutMs));
      try {
        const session = current;
        if (session === undefined || !registered) return await orAborted(waiting.promise, limits.signal);
        await orAborted(write(session), limits.signal).catch(async (error: unknown) => {
          // It is being put anew, with this value.
          if (!EtcdError.is(error) || error.reason !== "LeaseNotFound") throw error;
          unlisted();
          await orAborted(session.close(), limits.signal);
          await orAborted(waiting.promise, limits.signal);
        });
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
  return { resolve: () => resolve(), promise };
}

function late(timeoutMs: number | undefined): EtcdError {
  return new EtcdError(`not listed with the new value within ${timeoutMs} ms`, "Timeout", { outcome: "unknown" });
}
