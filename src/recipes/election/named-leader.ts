import type { Etcd } from "../../v3/client.ts";
import { compare } from "../../v3/kv/compare.ts";
import { op } from "../../v3/kv/op.ts";
import type { WriteOptions } from "../../v3/kv/txn.ts";
import { callKinds, checkString } from "../../v3/check.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { unexpected } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { ownSession } from "../session/session.ts";
import { limited } from "../wait.ts";

/** Options of `namedLeader.set`. */
export interface SetLeaderOptions extends WriteOptions {
  /** Seconds until the name lapses unless it is set again. @default 0: never */
  readonly ttl?: number | undefined;
}

/** The name of a leader under a key, without sessions: the first to set it leads until the key expires or is deleted. */
export interface NamedLeader {
  /** Resolves with whether `leader` leads now: nobody did before, or it did itself, and its time starts anew. */
  set(leader: string, options?: SetLeaderOptions): Promise<boolean>;
  /** The name that leads; `null` while there is none. */
  get(options?: CallOptions): Promise<string | null>;
  /** With a name, only if that is the leader. Resolves with whether there was one to delete. */
  delete(leader?: string, options?: WriteOptions): Promise<boolean>;
}

const writeKinds: Kinds<WriteOptions> = { ...callKinds, exactlyOnce: kind.boolean };
const setKinds: Kinds<SetLeaderOptions> = { ...writeKinds, ttl: kind.anything };

/**
 * A leader known by name, as the first etcd clients had it. It is not a lock: nobody is told when it lapses, and there is no
 * token. See `election` for that.
 *
 * @example
 * const leader = namedLeader(etcd, "reports");
 * if (await leader.set("host-1", { ttl: 30 })) console.log(await leader.get()); // host-1
 */
export function namedLeader(etcd: Etcd, name: string): NamedLeader {
  const key = checkString(name, "name");
  return {
    async set(given, options) {
      const { ttl = 0, ...call } = { ...checkOptions("set", options, setKinds) };
      const leader = checkString(given, "leader");
      if (!(Number.isInteger(ttl) && ttl >= 0)) {
        throw unexpected("ttl", "whole seconds, or 0 for no expiry", ttl);
      }
      const { exactlyOnce, ...limits } = call;
      return limited(limits, "the leader was not set", async ({ scope, signal, tracker }) => {
        const granted = ttl === 0 ? undefined : await tracker.write(() => ownSession(etcd, ttl, scope));
        // Nobody renews it.
        granted?.orphan();
        const lease = granted?.leaseId;
        tracker.learn("not-applied");
        const put = op.put(key, leader, { lease });
        const own = op.txn({ if: [compare.value(key, "=", leader)], then: [put] });
        const branches = { if: [compare.missing(key)], then: [put], else: [own] } as const;
        try {
          const { succeeded, results } = await tracker.write(() => etcd.txn(branches, { signal, exactlyOnce }));
          const leads = succeeded || results[0].succeeded;
          // Otherwise the lease expires, if this fails.
          if (!leads && lease !== undefined) await scope.settle(etcd.lease.revoke(lease));
          return leads;
        } catch (error) {
          if (lease === undefined || tracker.outcome !== "not-applied") throw error;
          throw await scope.failed(error, etcd.lease.revoke(lease));
        }
      });
    },

    async get(options) {
      const entry = await etcd.get(key, checkOptions("get", options, callKinds));
      return entry?.text() ?? null;
    },

    async delete(leader, options) {
      const call = checkOptions("delete", options, writeKinds);
      const only = leader === undefined ? [] : [compare.value(key, "=", checkString(leader, "leader"))];
      const { succeeded, results } = await etcd.txn({ if: only, then: [op.delete(key)] }, { ...call });
      return succeeded && results[0].deleted > 0n;
    },
  };
}
