import type { Address } from "../transport/http/read-address.ts";
import { HttpFailure } from "./errors.ts";
import { operation } from "./operation.ts";
import { type CallOptions, ownOptions } from "./options.ts";
import type { Requester } from "./requester.ts";
import type { Service } from "./service.ts";

// In etcd's own names; a server may leave out what does not concern it, or say more.

export interface SelfStats {
  readonly name: string;
  readonly id: string;
  readonly state: "StateLeader" | "StateFollower" | "StateCandidate";
  readonly startTime: string;
  readonly leaderInfo: { readonly leader: string; readonly uptime: string; readonly startTime: string };
  readonly recvAppendRequestCnt: number;
  readonly sendAppendRequestCnt: number;
}

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
  ): Promise<T> => service<T>(which, "GET", `${prefix}/stats/${which}`, options, { endpoint });

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
