import type { Address } from "../transport/http/read-address.ts";
import { HttpFailure } from "./errors.ts";
import { operation } from "./operation.ts";
import { type CallOptions, ownOptions } from "./client-options.ts";
import type { Requester } from "./requester.ts";
import type { Service } from "./service.ts";

// Fields have etcd's own names. A server may leave some out, or send others.

/** The counters of a member. */
export interface SelfStats {
  /** The member's name. */
  readonly name: string;
  /** The member's id, in hex. */
  readonly id: string;
  /** What the member is in its cluster. */
  readonly state: "StateLeader" | "StateFollower" | "StateCandidate";
  /** When the member started. */
  readonly startTime: string;
  /** The leader, and how long it has led. */
  readonly leaderInfo: { readonly leader: string; readonly uptime: string; readonly startTime: string };
  /** How many append requests it has received. */
  readonly recvAppendRequestCnt: number;
  /** How many append requests it has sent. */
  readonly sendAppendRequestCnt: number;
}

/** What the leader knows of its followers. */
export interface LeaderStats {
  /** Its id, in hex. */
  readonly leader: string;
  /** By their ids; `latency` in milliseconds. */
  readonly followers: Readonly<
    Record<
      string,
      {
        readonly latency: Readonly<Record<"current" | "average" | "standardDeviation" | "minimum" | "maximum", number>>;
        readonly counts: { readonly fail: number; readonly success: number };
      }
    >
  >;
}

/** How many operations of each kind the store has done, and how many watchers it has now. */
export type StoreStats = Readonly<
  Record<
    | "getsSuccess"
    | "getsFail"
    | "setsSuccess"
    | "setsFail"
    | "deleteSuccess"
    | "deleteFail"
    | "updateSuccess"
    | "updateFail"
    | "createSuccess"
    | "createFail"
    | "compareAndSwapSuccess"
    | "compareAndSwapFail"
    | "compareAndDeleteSuccess"
    | "compareAndDeleteFail"
    | "expireCount"
    | "watchers",
    number
  >
>;

/** The counters of members. */
export interface StatsV2 {
  /** Of the member that answers. */
  self(options?: CallOptions): Promise<SelfStats>;
  /** Of the leader, if it is among the endpoints; else rejects with `HttpFailure` (403). */
  leader(options?: CallOptions): Promise<LeaderStats>;
  /** What the store of the member that answers has counted. */
  store(options?: CallOptions): Promise<StoreStats>;
}

export function createStats(requester: Requester, service: Service, prefix: string): StatsV2 {
  const stats = async <T extends object>(
    which: keyof StatsV2,
    options: CallOptions | undefined,
    endpoint?: Address,
  ): Promise<T> => service<T>(which, { method: "GET", path: `${prefix}/stats/${which}`, endpoint }, options);

  return {
    self: (options) => stats<SelfStats>("self", options),
    async leader(options) {
      return operation(requester, ownOptions("leader", options), async (shared) => {
        let refusal: unknown;
        for (const endpoint of requester.endpoints.all) {
          try {
            return await stats<LeaderStats>("leader", shared, endpoint);
          } catch (error) {
            // Any other member may be the one.
            if (shared.signal?.aborted === true) throw error;
            if (!(refusal instanceof HttpFailure)) refusal = error;
          }
        }
        throw refusal;
      });
    },
    store: (options) => stats<StoreStats>("store", options),
  };
}
