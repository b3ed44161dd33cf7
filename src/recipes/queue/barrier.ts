import type { CallOptions } from "../../transport/connection.ts";
import { checkString, ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import { compare } from "../../v3/kv/compare.ts";
import { op } from "../../v3/kv/op.ts";
import { commit } from "../transaction/commit.ts";
import { nextChange, limited, readsOfWait } from "../wait.ts";
import { type Session, sessionKind } from "../session/session.ts";

/** Options of `barrier.hold`. */
export interface BarrierHoldOptions extends CallOptions {
  /** Opens the barrier when this session ends. @default it stands until somebody releases it */
  readonly session?: Session | undefined;
}

/** A gate that many wait at until somebody opens it. */
export interface Barrier {
  /** Closes the gate. Resolves with `false` if it was closed already: then it stays as that holder made it. */
  hold(options?: BarrierHoldOptions): Promise<boolean>;
  /** Opens it, no matter which client closed it. Resolves with `false` if it was open. */
  release(options?: CallOptions): Promise<boolean>;
  /** Whether the gate is closed. */
  isHeld(options?: CallOptions): Promise<boolean>;
  /** Resolves when the gate is, or has been, open. Rejects with `Timeout` after `timeoutMs`; default: waits for ever. */
  wait(options?: CallOptions): Promise<void>;
}

/**
 * A barrier: the key `name`, as Go's `recipes` have it. While the key exists the gate is closed.
 *
 * @example
 * const migrated = barrier(etcd, "migrated");
 * await migrated.hold();
 * // elsewhere: await migrated.wait({ timeoutMs: 5000 });
 * await migrated.release();
 */
export function barrier(etcd: Etcd, name: string): Barrier {
  checkString(name, "name");

  return {
    async hold(options) {
      const { session, ...call } = ownOptions("barrier.hold", options, { session: sessionKind });
      if (session?.signal.aborted) throw session.signal.reason;
      const lease = session?.leaseId;
      return commit(etcd, [compare.missing(name)], [op.put(name, "", { lease })], call);
    },
    async release(options) {
      const call = ownOptions("barrier.release", options);
      return commit(etcd, [compare.exists(name)], [op.delete(name)], call);
    },
    async isHeld(options) {
      return etcd.has(name, ownOptions("barrier.isHeld", options));
    },
    async wait(options) {
      await limited(ownOptions("barrier.wait", options), "the barrier was not released", async ({ signal }) => {
        const reading = readsOfWait(signal);
        for (;;) {
          const { entries, revision } = await reading(() => etcd.range(name, { keysOnly: true, signal }));
          if (entries.length === 0) return;
          // That it may be closed again by now is of no interest here.
          if (await nextChange(etcd, name, { from: revision + 1n, only: "delete", signal })) return;
        }
      });
    },
  };
}
