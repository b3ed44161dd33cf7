import type { CallOptions } from "../../transport/connection.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions } from "../../transport/options.ts";
import { checkPositiveInteger, checkString, ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import { compare } from "../../v3/kv/compare.ts";
import type { Held } from "./mutex.ts";
import { keyId } from "../key-ids.ts";
import { isReason } from "../scope.ts";
import {
  checkLeaseOptions,
  leaseKinds,
  type LeaseOptions,
  readFrom,
  type SharedLine,
  waysInto,
} from "./shared-wait-queue.ts";

export interface SemaphoreOptions extends LeaseOptions {
  /** How many may hold it at a time. All who use it have to say the same. */
  readonly permits: number;
}

/** What so many may hold at a time. */
export interface Semaphore {
  /**
   * Waits in line until a permit is free. Rejects with `LockTimeout` after `timeoutMs` (default: waits for ever), with
   * what ended the session, and with `RecipeMismatch` while others use it with another number of permits.
   */
  acquire(options?: CallOptions): Promise<Held>;
  /** Takes a permit if one is free, otherwise `null`. */
  tryAcquire(options?: CallOptions): Promise<Held | null>;
  /** How many permits are held. */
  holders(options?: CallOptions): Promise<number>;
}

/**
 * A semaphore under the keys below `name + "/"`, one for each who holds or waits, with the number of permits as value.
 * The first so many by create revision hold. While nobody uses it, it may be given another number. Every key below
 * `name + "/"` counts: give nothing else a name that begins so.
 */
export function semaphore(etcd: Etcd, name: string, given: SemaphoreOptions): Semaphore {
  const options = checkOptions("semaphore", given, { permits: kind.positiveInteger, ...leaseKinds });
  const prefix = `${checkString(name, "name")}/`;
  const permits = checkPositiveInteger(options.permits, "permits");
  const value = String(permits);
  checkLeaseOptions(options);

  const line: SharedLine = {
    name: "semaphore",
    words: { what: `the semaphore ${name}`, lost: "LockLost" },
    prefix,
    value,
    // The values of a range can only be compared where there are keys.
    conditions: [[compare.value({ prefix }, "=", value)], [compare.missing({ prefix })]],

    async refused(signal) {
      const { entries } = await etcd.range({ prefix }, { signal });
      const other = entries.find((entry) => utf8.decode(entry.value) !== value);
      if (other === undefined) return;
      const theirs = utf8.decode(other.value);
      throw new EtcdError(`the semaphore ${name} is used with ${theirs} permits, not ${value}`, "RecipeMismatch", {
        outcome: "not-applied",
      });
    },

    full: async (signal) => (await etcd.count({ prefix }, { signal })) >= permits,

    async turn(place, signal, wait) {
      for (;;) {
        const ahead = await readFrom(etcd, place, prefix, {}, signal);
        if (ahead === "gone") return ahead;
        if (ahead.entries.length < permits) return "come";
        if (!wait) return "wait";
        await shrunk(new Set(ahead.entries.map((entry) => keyId(entry.keyBytes))), ahead.revision, signal);
      }
    },
  };

  /** Follows who goes, without reading each time: a release is news to all who wait. */
  async function shrunk(ahead: Set<string>, revision: bigint, signal: AbortSignal): Promise<void> {
    try {
      for await (const { entry } of etcd.watch({ prefix }, { from: revision + 1n, only: "delete", signal })) {
        ahead.delete(keyId(entry.keyBytes));
        if (ahead.size < permits) return;
      }
    } catch (error) {
      if (!isReason(error, "Compacted")) throw error;
    }
  }

  return {
    ...waysInto(etcd, line, options),
    async holders(call) {
      const all = await etcd.count({ prefix }, ownOptions("semaphore.holders", call));
      return Math.min(Number(all), permits);
    },
  };
}

const utf8 = new TextDecoder();
