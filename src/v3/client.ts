import { discoveryRefusal } from "../discovery/discover-members-option.ts";
import { createClusterMemory } from "../transport/cluster-memory.ts";
import type { Connection } from "../transport/connection.ts";
import { type ConnectionConfig, createConnection } from "../transport/create-connection.ts";
import { type EtcdError, exclusive, invalidArgument } from "../transport/errors/etcd-error.ts";
import { defaultMaxLineBytes } from "../transport/http/json-lines.ts";
import { type ClientGateway, gatewayTransport } from "../transport/gateway-transport.ts";
import { intercept } from "../transport/intercept.ts";
import { safeLog, type Log } from "../transport/log.ts";
import { checkOptions } from "../transport/options.ts";
import type { Lookup } from "../transport/retry/lookup.ts";
import { checkRetryOptions } from "../transport/retry/retry-policy.ts";
import { type AuthService, createAuth } from "./auth/auth.ts";
import { type BatchReads, createBatchReads } from "./kv/batch-reads.ts";
import { clientKinds, type EtcdOptions, clientGatewayKinds } from "./client-options.ts";
import { type ClusterService, createCluster } from "./cluster/cluster.ts";
import { memberLookup } from "./cluster/discover-members.ts";
import { tokenSource } from "./auth/credentials.ts";
import { createRunGuarded } from "./kv/guarded.ts";
import type { Key, Selector } from "./keys.ts";
import { createLease, type LeaseService } from "./lease/lease.ts";
import { ls, type LsEntry, type LsOptions } from "./kv/ls.ts";
import { createMaintenance, type MaintenanceService } from "./maintenance/maintenance.ts";
import { createLifetime, type Lifetime } from "./lifetime.ts";
import { createKeyspace, type Keyspace } from "./namespace.ts";
import { createOpLease, type OpLease } from "./kv/op-lease.ts";
import { createReads, type Reads } from "./kv/reads.ts";
import { createRenewals, type Renewals } from "./lease/renewals.ts";
import { type Page, pages, scan, type ScanOptions } from "./kv/scan.ts";
import type { Entry } from "./kv/entry.ts";
import { createRunTxn, createTransactions, type Transactions } from "./kv/txn.ts";
import { createWrites, type Writes } from "./kv/writes.ts";
import { checkPageLifecycle, followPage } from "./watch/page-lifecycle.ts";
import { defaultIdleMs } from "./watch/idle-check.ts";
import { watch, type Watcher } from "./watch/watch.ts";
import type { WatchEvent } from "./watch/watch-event.ts";
import { createWatchHub, type WatchHub } from "./watch/watch-hub.ts";
import { watchOnce, type WatchOnceOptions } from "./watch/watch-once.ts";
import type { WatchOptions } from "./watch/watch-options.ts";

/** A client of one etcd cluster. */
export interface Etcd extends Reads, Writes, Transactions, AsyncDisposable {
  /** All entries of a range, read page by page at one revision. */
  scan(selector: Selector, options?: ScanOptions): AsyncIterableIterator<Entry>;
  /** The same by pages, each with the revision that all of them are read at. */
  pages(selector: Selector, options?: ScanOptions): AsyncIterableIterator<Page>;
  /** The children of a folder; the cost follows their number, not that of the keys below. */
  ls(
    folder: Key | { readonly prefix: Key } | { readonly all: true },
    options?: LsOptions,
  ): AsyncIterableIterator<LsEntry>;
  /**
   * Watches a range: each change once and in order, over broken streams. Leaving the loop ends it.
   *
   * @example
   * for await (const { type, entry } of etcd.watch({ prefix: "config/" })) console.log(type, entry.key);
   */
  watch(selector: Selector, options?: WatchOptions): Watcher;
  /** The next event of a range. @throws `WatchTimeout` when there is none in time */
  watchOnce(selector: Selector, options?: WatchOnceOptions): Promise<WatchEvent>;
  /** Leases: grant, renew, revoke. For locks and registrations see {@link session}. */
  readonly lease: LeaseService;
  /** The members of the cluster. */
  readonly cluster: ClusterService;
  /** Status, health, alarms, snapshots and other care of the members. */
  readonly maintenance: MaintenanceService;
  /** Users, roles, and whether authentication is on. */
  readonly auth: AuthService;
  /** The same connection, seeing only the keys below a prefix, and those by the rest of their names. */
  namespace(prefix: Key): Etcd;
  /** The endpoints as they are now, in order of preference; empty where a `transport` was given. */
  readonly endpoints: readonly string[];
  /** The origin of the endpoint that the next call goes to. */
  readonly endpointInUse: string;
  /**
   * Replaces the endpoints, for all views of the connection. Calls that are sent from now on go to them, and watches on
   * an endpoint that is gone are opened again on one of them, without missing an event. The endpoint in use stays in use
   * if it is among them.
   *
   * @throws `InvalidArgument`, and changes nothing, for URLs that `createEtcd` would refuse; `Unsupported` for a client
   * of a `transport`.
   */
  setEndpoints(urls: string | readonly string[]): void;
  /** Whether a call or watch may wait for an HTTP request that another one began: the option of `createEtcd`. */
  readonly shareRequests: boolean;
  /**
   * The same connection for work that heals by itself: its calls take whatever cluster answers, also where those of the
   * client refuse one that was wiped or restored. What they answer after a change has nothing to do with what they
   * answered before: see `onClusterChange` and `pinned`.
   */
  following(): Etcd;
  /**
   * The same connection for work that takes several calls: all of them are answered by one cluster, and by one history
   * of it, or reject with `ClusterChanged`.
   */
  pinned(): Etcd;
  /**
   * Calls `listener` when the cluster turns out to be another one, or to have another history, as after a restored
   * backup; whatever calls do about that. What it returns takes that back. A listener that throws is reported by
   * `console.error`.
   */
  onClusterChange(listener: (error: EtcdError) => void): () => void;
  /** Aborts, with `Closed`, when the client is closed. All views of a connection have the same one. */
  readonly signal: AbortSignal;
  /**
   * Has `work` done when the client is closed, while calls still pass; `close` waits for it, up to two seconds in all.
   * The function that it returns takes that back. Throws `Closed` if it is too late.
   */
  beforeClose(work: () => Promise<unknown>): () => void;
  /**
   * Gives up what the client holds, such as sessions, then ends every call and stream with `Closed`, those of other
   * views of this connection too.
   */
  close(): Promise<void>;
}

/** What all views of a connection share; the proxy is one more. */
export interface SharedParts {
  readonly connection: Connection;
  readonly hub: WatchHub;
  readonly batch: BatchReads | undefined;
  readonly opLease: OpLease;
  readonly renewals: Renewals;
  readonly exactlyOnce: boolean;
  /** Whom the client logs in as. */
  readonly username: string | undefined;
  readonly setEndpoints: Etcd["setEndpoints"];
  readonly lifetime: Lifetime;
}

/**
 * A client. Nothing is sent until the first call.
 *
 * @throws `InvalidArgument` for options that cannot work, such as credentials that would go unencrypted
 * over the network.
 *
 * @example
 * const etcd = createEtcd({ endpoints: "http://127.0.0.1:2379" });
 * await etcd.put("greeting", "hello");
 * (await etcd.get("greeting"))?.text(); // "hello"
 * await etcd.close();
 */
export function createEtcd(options: EtcdOptions = {}): Etcd {
  return createClient(options, { shareRequests: true });
}

/** What the options of a client are by default, where that depends on how a program resolves the package. */
export interface ClientDefaults {
  readonly shareRequests: boolean;
}

export function createClient(given: EtcdOptions, defaults: ClientDefaults): Etcd {
  const options = checkOptions("createEtcd", given, clientKinds);
  const whole = createKeyspace();
  return view(openParts(options, defaults), options.namespace === undefined ? whole : whole.within(options.namespace));
}

/** `options`: as `checkOptions` gives them. */
export function openParts(options: EtcdOptions, defaults: ClientDefaults): SharedParts {
  const {
    auth,
    timeoutMs = 10_000,
    retry = {},
    pageLifecycle,
    idleMs = defaultIdleMs,
    exactlyOnce = false,
    batchReads = false,
    shareRequests = defaults.shareRequests,
    ...others
  } = options;
  if (pageLifecycle !== undefined) checkPageLifecycle(pageLifecycle);
  const discover = checkDiscovery(options);
  const log = safeLog(options.logger);
  const config = {
    ...others,
    ...transportsOf(options, { shareRequests, lookupMs: timeoutMs, log }),
    timeoutMs,
    retry: retry === false ? retry : checkRetryOptions(retry),
    memory: createClusterMemory(options.expectedClusterId, log),
    shareRequests,
    log,
    secrets: [auth?.password, auth?.token].filter((secret) => typeof secret === "string"),
  } as const;
  let members: Lookup | undefined;
  const onCall = (): void => members?.refresh();
  const anonymous = createConnection({ ...config, token: undefined, onCall });
  const connection =
    auth === undefined
      ? anonymous
      : createConnection({ ...config, token: tokenSource(auth, anonymous.follow(), log), onCall });
  if (discover && config.gateway !== undefined) members = memberLookup(connection, config.gateway);
  const hub = createWatchHub(connection, {
    idleMs,
    maxRevisionBytes: linesOfRevision * (options.maxLineBytes ?? defaultMaxLineBytes),
  });
  const leavePage = pageLifecycle === undefined ? undefined : followPage(pageLifecycle, hub.pause, hub.resume);
  // The parts that all views share accept every cluster; each view checks its own answers.
  const following = connection.follow();
  return {
    connection,
    hub,
    batch: batchReads ? createBatchReads(connection) : undefined,
    // In another cluster it is not found, and replaced.
    opLease: createOpLease(following),
    renewals: createRenewals(following),
    exactlyOnce,
    username: auth?.username,
    setEndpoints(urls) {
      connection.setEndpoints(urls);
      members?.reset();
    },
    lifetime: createLifetime(() => {
      leavePage?.();
      connection.close();
      anonymous.close();
    }),
  };
}

/** Whether members are to be discovered. Throws `InvalidArgument` where that cannot be. */
function checkDiscovery({ discoverMembers = false, endpoints, auth }: EtcdOptions): boolean {
  const refusal = discoveryRefusal(discoverMembers, auth !== undefined);
  if (refusal !== undefined) throw invalidArgument(refusal);
  if (discoverMembers === false) return false;
  if (typeof endpoints === "function") throw exclusive("discoverMembers", "endpoints as a function");
  return true;
}

/** How many of the longest lines the events of one revision may fill. */
const linesOfRevision = 4;

function transportsOf(
  options: EtcdOptions,
  surroundings: { readonly shareRequests: boolean; readonly lookupMs: number; readonly log: Log },
): Pick<ConnectionConfig, "transport" | "oneMessage"> & { readonly gateway: ClientGateway | undefined } {
  const { transport, interceptors = [] } = options;
  if (transport !== undefined) {
    const extra = Object.keys(clientGatewayKinds).find((name) => Reflect.get(options, name) !== undefined);
    if (extra !== undefined) throw exclusive(extra, "transport");
    const oneMessage = "oneMessage" in transport && transport.oneMessage === true;
    return { transport: intercept(transport, interceptors), gateway: undefined, oneMessage };
  }
  const gateway = gatewayTransport({
    ...surroundings,
    authenticated: options.auth !== undefined,
    interceptors,
    endpoints: options.endpoints,
    fetch: options.fetch,
    credentials: options.credentials,
    allowInsecure: options.allowInsecure,
    maxResponseBytes: options.maxResponseBytes,
    maxLineBytes: options.maxLineBytes,
  });
  return { transport: gateway, gateway };
}

function view(shared: SharedParts, keyspace: Keyspace, connection: Connection = shared.connection): Etcd {
  const { opLease, renewals, exactlyOnce, username, lifetime } = shared;
  const hub = shared.hub.within(connection);
  const batch = connection === shared.connection ? shared.batch : undefined;
  const runTxn = createRunTxn(connection, keyspace, opLease, exactlyOnce);
  const runGuarded = createRunGuarded(connection, keyspace, runTxn, exactlyOnce);
  return {
    ...createReads(connection, keyspace, batch),
    ...createWrites(connection, keyspace, { runTxn, runGuarded, exactlyOnce }),
    ...createTransactions(runTxn),
    scan: (selector, options) => scan(connection, keyspace, selector, options),
    pages: (selector, options) => pages(connection, keyspace, selector, options),
    ls: (folder, options) => ls(connection, keyspace, folder, options),
    watch: (selector, options) => watch(hub, keyspace, selector, options),
    watchOnce: (selector, options) => watchOnce(hub, keyspace, selector, options),
    lease: createLease(connection, keyspace, renewals),
    cluster: createCluster(connection),
    maintenance: createMaintenance(connection),
    auth: createAuth(connection, keyspace, username),
    namespace: (prefix) => view(shared, keyspace.within(prefix), connection),
    following: () => view(shared, keyspace, connection.follow()),
    pinned: () => view(shared, keyspace, connection.pin()),
    onClusterChange: (listener) => connection.guard.memory.onChange(listener),
    get endpoints() {
      return connection.endpoints;
    },
    setEndpoints: shared.setEndpoints,
    get endpointInUse() {
      return connection.endpointInUse;
    },
    shareRequests: connection.shareRequests,
    signal: lifetime.signal,
    beforeClose: lifetime.beforeClose,
    close: lifetime.close,
    [Symbol.asyncDispose]: lifetime.close,
  };
}
