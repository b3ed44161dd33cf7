import type { Interceptor, Transport } from "../transport/connect-types.ts";
import { type DiscoverMembers, discoverMembersKind } from "../discovery/discover-members-option.ts";
import type { OnClusterChange } from "../transport/cluster-guard.ts";
import type { Fetch } from "../transport/http/http.ts";
import type { LogEvent } from "../transport/log.ts";
import * as kind from "../transport/option-kinds.ts";
import type { Kinds } from "../transport/options.ts";
import { idKind } from "./check.ts";
import type { EndpointsFunction } from "../transport/retry/named-endpoints.ts";
import type { RetryOptions } from "../transport/retry/retry-policy.ts";
import type { Credentials } from "./auth/credentials.ts";
import type { Key } from "./keys.ts";
import type { PageLifecycle } from "./watch/page-lifecycle.ts";

/** Options of every client, whatever its transport. */
export interface CommonOptions {
  /** A user and password, or a token, for clusters with authentication. @default none */
  readonly auth?: Credentials | undefined;
  /** A prefix put before every key and taken off every answer, watches and recipes included. */
  readonly namespace?: Key | undefined;
  /** Connect interceptors. Each sees every request as it goes out, token included. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** For a whole call, retries included, in milliseconds. @default 10_000: etcd's own refusal takes up to 7 s */
  readonly timeoutMs?: number | undefined;
  /** `false`: each call is one request. See `RetryOptions` for what is repeated, and when. */
  readonly retry?: RetryOptions | false | undefined;
  /** Make it the default of every write. @default false */
  readonly exactlyOnce?: boolean | undefined;
  /** Let `get`s of the same tick travel as one transaction, at one revision for all of it. @default false */
  readonly batchReads?: boolean | undefined;
  /**
   * Let an HTTP request that one call or watch began serve others too: logins, refreshes of a cache, the streams of
   * watches. `false` where a request may end together with the event that began it, as in Cloudflare Workers: then no
   * call waits for a request of another one, and each watch has its own. What is known, such as the token, is shared
   * all the same.
   *
   * @default true; false for programs that resolve the package by the `workerd` condition
   */
  readonly shareRequests?: boolean | undefined;
  /**
   * Let etcd refuse what it can only do with a leader, at once: streams end when their member loses it. `auto`, the
   * default: streams only, and only where CORS allows the header for it. `true`: every call; not for pages of another
   * origin.
   */
  readonly requireLeader?: boolean | "auto" | undefined;
  /**
   * Refuse every other cluster, whatever `onClusterChange` says. A write is sent only once this one has answered.
   *
   * @default the one that answers first is expected
   */
  readonly expectedClusterId?: bigint | undefined;
  /**
   * What calls do when another cluster answers than before, or this one with an older revision: it was wiped, or restored
   * from a backup. `refuse`: they reject with `ClusterChanged`, and so do those after them, whose writes are not sent.
   * `accept`: they take it. Either way what takes several calls never mixes two histories, sessions and their locks are
   * lost, plain watches end with `ClusterChanged`, and caches, flags, registrations, watches with
   * `onCompaction: "resync"` and `election.run` start anew on what is there.
   *
   * @default "refuse"
   */
  readonly onClusterChange?: OnClusterChange | undefined;
  /**
   * Never let a serializable read answer with something older than this client has seen, in reads, writes or watches,
   * although members lag: an answer that is older is dropped, its endpoint rests, and another one is asked, until the time
   * of the call is over; then it rejects with `StaleRead`. Linearizable reads, the default, are never older anyway.
   *
   * @default false
   */
  readonly monotonicReads?: boolean | undefined;
  /**
   * The `window` of a page, for watches to follow its life: their requests end while it is hidden, frozen or offline,
   * and go on where they were when it is back.
   *
   * @default they go on regardless, as far as the browser lets them
   */
  readonly pageLifecycle?: PageLifecycle | undefined;
  /**
   * How long the request of a watch may be silent, in milliseconds. Before that is over the client asks the member
   * something small; where there is no answer, the watch goes on elsewhere, or is opened anew. `Infinity` never asks.
   *
   * @default 10_000
   */
  readonly idleMs?: number | undefined;
  /** Told of retries, logins and watches; never of keys, values or secrets. */
  readonly logger?: ((event: LogEvent) => void) | undefined;
}

/** A client of the JSON gateway, by fetch. */
export interface GatewayOptions extends CommonOptions {
  /**
   * URLs of members, in order of preference. User names in them are refused. Or a function that names them: it is called
   * before the first request, and again in the background when all that it named have failed, with pauses of 1 to 30 s.
   * One call of it serves all requests. Where it fails, the endpoints that are known stay; while none is known, calls
   * reject within their time, not applied, with `Unreachable` or the function's own `EtcdError`.
   *
   * @default "http://127.0.0.1:2379"
   */
  readonly endpoints?: string | readonly string[] | EndpointsFunction | undefined;
  /**
   * Learn the client URLs of all members from the cluster, at first use and after an endpoint failed, in the background.
   * They are used after `endpoints`. At most 32 are looked at; those of another scheme, of this machine (unless one of
   * `endpoints` is this machine), of a link or of a cloud's metadata service are left out. `"withCredentials"` also sends
   * them the credentials of `auth`, which `true` does not go with. Not with a function as `endpoints`.
   *
   * @default false
   */
  readonly discoverMembers?: DiscoverMembers | undefined;
  /** What sends requests. @default globalThis.fetch */
  readonly fetch?: Fetch | undefined;
  /** Allow credentials over plain HTTP to other machines, and plain HTTP from https pages. @default false */
  readonly allowInsecure?: boolean | undefined;
  /**
   * `include`: let the browser send its cookies along, for a proxy that knows the user by them. etcd itself knows none.
   *
   * @default "omit"
   */
  readonly credentials?: "omit" | "include" | undefined;
  /**
   * The largest whole answer, in bytes, with one object or list for each 128 of them. `ResponseTooLarge` beyond it.
   *
   * @default 8 MiB, which a Worker with 128 MB of memory survives
   */
  readonly maxResponseBytes?: number | undefined;
  /**
   * The longest line of a stream, in bytes, counted as `maxResponseBytes` is.
   *
   * @default 8 MiB
   */
  readonly maxLineBytes?: number | undefined;
  readonly transport?: undefined;
}

/** A client over another Connect transport, which knows its own endpoint. */
export interface TransportOptions extends CommonOptions {
  /** A Connect transport, such as that of `fetcd/grpc-web` or of `@connectrpc/connect-node`. */
  readonly transport: Transport;
  readonly endpoints?: undefined;
  readonly discoverMembers?: undefined;
  readonly fetch?: undefined;
  readonly allowInsecure?: undefined;
  readonly credentials?: undefined;
  readonly maxResponseBytes?: undefined;
  readonly maxLineBytes?: undefined;
}

/** Options of {@link createEtcd}: endpoints of the JSON gateway, or a Connect transport. */
export type EtcdOptions = GatewayOptions | TransportOptions;

const commonKinds: Kinds<CommonOptions> = {
  auth: kind.object,
  namespace: kind.anything,
  interceptors: kind.list,
  timeoutMs: kind.milliseconds,
  retry: kind.anything,
  exactlyOnce: kind.boolean,
  batchReads: kind.boolean,
  shareRequests: kind.boolean,
  requireLeader: kind.oneOf([true, false, "auto"]),
  expectedClusterId: idKind,
  onClusterChange: kind.oneOf(["refuse", "accept"]),
  monotonicReads: kind.boolean,
  pageLifecycle: kind.object,
  idleMs: kind.positive,
  logger: kind.func,
};
/** The options that are not for a transport of the caller's. Values are checked by the gateway's transport. */
export const clientGatewayKinds: Kinds<Omit<GatewayOptions, keyof CommonOptions | "transport">> = {
  endpoints: kind.anything,
  discoverMembers: discoverMembersKind,
  fetch: kind.anything,
  allowInsecure: kind.anything,
  credentials: kind.anything,
  maxResponseBytes: kind.anything,
  maxLineBytes: kind.anything,
};
export const clientKinds: Kinds<EtcdOptions> = { ...commonKinds, ...clientGatewayKinds, transport: kind.object };
