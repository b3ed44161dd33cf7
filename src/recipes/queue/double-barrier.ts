import { lossyText } from "../../transport/bytes.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { raceAbort } from "../../transport/deadline.ts";
import { EtcdError, invalidArgument, notApplied, withOutcome } from "../../transport/errors/etcd-error.ts";
import { trackWrites } from "../../transport/errors/track-writes.ts";
import { checkPositiveInteger, checkString, ownOptions } from "../../v3/check.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions } from "../../transport/options.ts";
import type { Etcd } from "../../v3/client.ts";
import { compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { op } from "../../v3/kv/op.ts";
import { commit } from "../transaction/commit.ts";
import { keyId } from "../key-ids.ts";
import { enter, releaseWaiter, type Waiter } from "../lock/waiter.ts";
import { checkLeaseOptions, leaseKinds, type LeaseOptions, ownSession, type Session } from "../session/session.ts";
import { uniqueName } from "../unique-name.ts";
import { createScope, limited, type Limits, nextChange, readsOfWait, type Scope } from "../wait.ts";

/** Options of {@link doubleBarrier}. */
export interface DoubleBarrierOptions extends LeaseOptions {
  /** How many have to come before any goes on. */
  readonly count: number;
}

/** A gate that opens when `count` have come, and a second one that opens when all of them have left. */
export interface DoubleBarrier extends AsyncDisposable {
  /**
   * Resolves when `count` have entered. Rejects with `Timeout` after `timeoutMs` (default: waits for ever), with the
   * reason of the session if that ends, with `LockLost` if somebody deletes its key, and with `RecipeMismatch` if
   * `count` have entered without it or somebody counts to another number. Then it is as if it had not come.
   * Rejects with `InvalidArgument` where it is in, or entering, already.
   */
  enter(options?: CallOptions): Promise<void>;
  /**
   * Resolves when all who entered have left or vanished. Its own part is done however it ends: where it has to give up
   * waiting for the others, outcome `applied` says that it has left itself. Rejects with `InvalidArgument` where it is not in.
   */
  leave(options?: CallOptions): Promise<void>;
}

/** Keys of others need not be text. */
const isKey = (key: string): ((entry: Entry) => boolean) => {
  const id = keyId(key);
  return ({ keyBytes }) => keyId(keyBytes) === id;
};

interface Part {
  readonly session: Session;
  readonly waiter: Waiter;
}

/**
 * A double barrier under the keys below `name + "/"`, as Go's `recipes` have it: `name/waiters/…` and `name/ready`. Each
 * participant makes one of its own.
 *
 * @example
 * const start = doubleBarrier(etcd, "round", { count: 3 });
 * await start.enter(); // until three have come
 * await start.leave(); // until all of them have left
 */
export function doubleBarrier(etcd: Etcd, name: string, given: DoubleBarrierOptions): DoubleBarrier {
  const options = checkOptions("doubleBarrier", given, { count: kind.positiveInteger, ...leaseKinds });
  const waiters = `${checkString(name, "name")}/waiters/`;
  const ready = `${name}/ready`;
  const count = checkPositiveInteger(options.count, "count");
  checkLeaseOptions(options);
  let part: Part | undefined;
  let entering = false;

  /** Those who are in, in the order in which they came, and whether the gate has been opened for `own`. */
  async function readState(
    own: Waiter,
    signal: AbortSignal,
  ): Promise<{ all: Entry[]; open: boolean; revision: bigint }> {
    const { entries, revision } = await etcd.range({ prefix: `${name}/` }, { sortBy: "createRevision", signal });
    const opened = entries.find(isKey(ready))?.modRevision ?? 0n;
    const all = entries.filter(({ keyBytes }) => keyId(keyBytes).startsWith(keyId(waiters)));
    return { all, open: opened > own.createRevision, revision };
  }

  async function join(session: Session, scope: Scope): Promise<Waiter> {
    const ownsSession = options.session === undefined;
    for (;;) {
      const key = waiters + uniqueName();
      const wanted = { key, value: String(count), conditions: [], peek: op.get(key, { keysOnly: true }) };
      const entered = await enter({ etcd, session, ownsSession, scope }, wanted);
      if (entered.kind === "entered") return entered.waiter;
    }
  }

  async function waitForAll(own: Waiter, { signal, tracker }: Pick<Limits, "signal" | "tracker">): Promise<void> {
    const reading = readsOfWait(signal);
    for (;;) {
      const { all, open, revision } = await reading(() => readState(own, signal));
      const position = all.findIndex(isKey(own.key));
      if (position < 0) throw notApplied(`the participant's key ${own.key} was deleted`, "LockLost");
      // Other programs may leave the value empty.
      const other = all.map((entry) => lossyText(entry.value)).find((text) => text !== "" && text !== String(count));
      if (other !== undefined) throw mismatch(`the double barrier ${name} has the count ${other}, not ${count}`);
      if (position >= count) throw mismatch(`the double barrier ${name} already has ${count} participants`);
      if (open) return;
      if (all.length >= count) {
        await tracker.write(() => etcd.put(ready, "", { signal, exactlyOnce: true }));
        return;
      }
      // Until the gate opens or the own key is gone; other keys do not matter.
      await nextChange(etcd, { prefix: `${name}/` }, { from: revision + 1n, signal }, ({ type, entry }) =>
        isKey(type === "put" ? ready : own.key)(entry),
      );
    }
  }

  async function waitForNobody({ session, waiter: own }: Part, signal: AbortSignal): Promise<void> {
    const reading = readsOfWait(signal);
    for (;;) {
      const { all, revision } = await reading(() => readState(own, signal));
      const [lowest] = all;
      if (lowest === undefined) return;
      if (!isKey(own.key)(lowest)) {
        await raceAbort(releaseWaiter({ etcd, session }, own), signal);
        await nextChange(etcd, lowest.keyBytes, { from: revision + 1n, only: "delete", signal });
        continue;
      }
      const highest = all.at(-1);
      if (highest === undefined || isKey(own.key)(highest)) {
        // The last participant removes the ready key too.
        await commit(etcd, [compare.exists(own.key)], [op.delete(own.key), op.delete(ready)], { signal });
        return;
      }
      await nextChange(etcd, highest.keyBytes, { from: revision + 1n, only: "delete", signal });
    }
  }

  /** Deletes the own key; if that fails, it expires with the lease. */
  async function withdraw({ session, waiter }: Part): Promise<void> {
    part = undefined;
    if (options.session === undefined) await session.close();
    else if (!session.signal.aborted) await releaseWaiter({ etcd, session }, waiter);
  }

  return {
    async enter(given) {
      const call = ownOptions("doubleBarrier.enter", given);
      if (entering || part !== undefined) throw invalidArgument("doubleBarrier.enter: already entered; leave first");
      entering = true;
      try {
        await limited(call, `fewer than ${count} entered`, async ({ scope }) => {
          const session = options.session ?? (await ownSession(etcd, options.ttl, scope));
          const ends = createScope([scope, session.signal]);
          // What ends the session says nothing of the key that opens the gate.
          const tracker = trackWrites(ends.signal);
          let waiter: Waiter | undefined;
          try {
            waiter = await join(session, ends);
            await waitForAll(waiter, { signal: ends.signal, tracker });
            part = { session, waiter };
          } catch (error) {
            if (waiter !== undefined) {
              const failure = await scope.failed(error, withdraw({ session, waiter }));
              // The key that opens the gate belongs to nobody, and stays.
              const stays = tracker.outcome !== "not-applied" && EtcdError.is(failure) && !scope.isGiven(failure);
              throw stays ? withOutcome(failure, "unknown") : failure;
            }
            if (options.session === undefined) throw await scope.failed(error, session.close());
            throw error;
          } finally {
            ends.end();
          }
        });
      } finally {
        entering = false;
      }
    },

    async leave(given) {
      const call = ownOptions("doubleBarrier.leave", given);
      const own = part;
      if (own === undefined) throw invalidArgument("doubleBarrier.leave: not entered");
      part = undefined;
      let leaving: Promise<void> | undefined;
      const finish = (): Promise<void> => (leaving ??= withdraw(own));
      try {
        await limited(call, "the others did not leave", async ({ signal, scope }) => {
          await waitForNobody(own, signal).catch(async (error: unknown) => {
            const outcome = (await scope.settle(finish())) ? "applied" : "unknown";
            throw withOutcome(error, outcome);
          });
          await scope.settle(finish());
        });
      } finally {
        // Begun by now, unless its signal had aborted beforehand.
        finish().catch(() => undefined);
      }
    },

    async [Symbol.asyncDispose]() {
      if (part !== undefined) await withdraw(part);
    },
  };
}

function mismatch(message: string): EtcdError {
  return notApplied(message, "RecipeMismatch");
}
