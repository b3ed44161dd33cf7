import type { Value } from "../../v3/keys.ts";
import { op } from "../../v3/kv/op.ts";
import type { WriteOptions } from "../../v3/kv/txn.ts";
import { extended, type Hold, type Standing } from "../lock/hold.ts";

/** An office that is held. Its `signal` aborts with `ElectionNotLeader`, or `Released`. */
export interface Leadership extends Hold, AsyncDisposable {
  /** Whether it is held, by this machine's clocks and what etcd has told so far. Only `guard` and `token` are proof. */
  isLeader(): boolean;
  /** Sets a new value, for as long as this is the leader; rejects with `ElectionNotLeader` otherwise. */
  proclaim(value: Value, options?: WriteOptions): Promise<void>;
  /** Steps down. Rejects if that fails; it counts as done here all the same, and is tried on as `release` of a lock is. */
  resign(): Promise<void>;
}

/** What `run` needs of an office beyond what its holder does. */
export interface Office {
  readonly leadership: Leadership;
  readonly standing: Standing;
}

export function officeOf(standing: Standing): Office {
  const { hold, isHeld, release } = standing;
  const leadership = extended(hold, {
    isLeader: isHeld,
    async proclaim(value: Value, options?: WriteOptions) {
      await hold.txn({ then: [op.put(hold.key, value, { ignoreLease: true })] }, options);
    },
    resign: release,
    [Symbol.asyncDispose]: release,
  });
  return { leadership, standing };
}
