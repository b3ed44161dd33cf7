import { lossyText } from "../../transport/bytes.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { notApplied } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions } from "../../transport/options.ts";
import { checkPositiveInteger, checkString, ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import { compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { op } from "../../v3/kv/op.ts";
import { keyId } from "../key-ids.ts";
import { checkLeaseOptions, leaseKinds, type LeaseOptions } from "../session/session.ts";
import { uniqueName } from "../unique-name.ts";
import { nextChange } from "../wait.ts";
import { acquireMethods, type Held } from "./mutex.ts";
import { newestFirst, readBefore, type WaitQueue } from "./wait-queue.ts";

/** Options of {@link semaphore}. */
export interface SemaphoreOptions extends LeaseOptions {
  /** How many may hold it at a time. All who use it have to say the same. */
  readonly permits: number;
}

/** A lock that up to `permits` holders share. */
export interface Semaphore {
  /**
   * Waits in the queue until a permit is free. Rejects with `LockTimeout` after `timeoutMs` (default: waits for ever), with
   * what ended the session, and with `RecipeMismatch` while others use it with another number of permits.
   */
  acquire(options?: CallOptions): Promise<Held>;
  /** Takes a permit if one is free, otherwise `null`. */
  tryAcquire(options?: CallOptions): Promise<Held | null>;
  /** How many permits are held. */
  holders(options?: CallOptions): Promise<number>;
}

/**
 * A semaphore under the keys below `name + "/"`, one for each holder and waiter, with the number of permits as value.
 * The first so many by create revision hold. While nobody uses it, it may be given another number. Every key below
 * `name + "/"` counts: give nothing else a name that begins so.
 *
 * @example
 * const licences = semaphore(etcd, "licences", { permits: 2 });
 * const held = await licences.acquire({ timeoutMs: 5000 });
 * await held.release();
 */
export function semaphore(etcd: Etcd, name: string, given: SemaphoreOptions): Semaphore {
  const options = checkOptions("semaphore", given, { permits: kind.positiveInteger, ...leaseKinds });
  const prefix = `${checkString(name, "name")}/`;
  const permits = checkPositiveInteger(options.permits, "permits");
  const value = String(permits);
  checkLeaseOptions(options);

  const messages = { what: `the semaphore ${name}`, lost: "LockLost" } as const;
  const sameNumber = [[compare.value({ prefix }, "=", value)], [compare.missing({ prefix })]];

  const queue: WaitQueue = {
    keyOf: () => prefix + uniqueName(),
    // The values of a range can only be compared where there are keys.
    conditions: sameNumber,
    peek: op.get({ prefix }, newestFirst),

    async refused(signal) {
      const { entries } = await etcd.range({ prefix }, { signal });
      const other = entries.find((entry) => lossyText(entry.value) !== value);
      if (other === undefined) return;
      const theirs = lossyText(other.value);
      throw notApplied(`the semaphore ${name} has ${theirs} permits, not ${value}`, "RecipeMismatch");
    },

    async vacancy(signal) {
      if ((await etcd.count({ prefix }, { signal })) < permits) return sameNumber;
      await this.refused(signal);
      return undefined;
    },

    async turn(waiter, { known, wait, signal }) {
      const isBefore = (entry: Entry): boolean => entry.createRevision < waiter.createRevision;
      for (let read = known; ; read = undefined) {
        read ??= await readBefore(etcd, waiter, { prefix, ...newestFirst }, { wait, signal });
        if (read === undefined) return "gone";
        const ahead = read.entries.filter(isBefore);
        if (ahead.length < permits) return "first";
        if (!wait) return "behind";
        // All waiters see each release, so they count instead of reading each time.
        const left = new Set(ahead.map((entry) => keyId(entry.keyBytes)));
        await nextChange(etcd, { prefix }, { from: read.revision + 1n, only: "delete", signal }, ({ entry }) => {
          left.delete(keyId(entry.keyBytes));
          return left.size < permits;
        });
      }
    },
  };

  return {
    ...acquireMethods("semaphore", { etcd, queue, session: options.session, ttl: options.ttl, value, messages }),
    async holders(call) {
      const all = await etcd.count({ prefix }, ownOptions("semaphore.holders", call));
      return Math.min(Number(all), permits);
    },
  };
}
