import { discoveryRefusal } from "../discovery/discover-members-option.ts";
import { defaultMaxResponseBytes } from "../transport/http/body-text.ts";
import { type AuthV2, createAuth } from "./auth.ts";
import { basicAuthorization } from "./basic-authorization.ts";
import { createClusterGuard } from "./cluster-guard.ts";
import { discovering } from "./discover-members.ts";
import { createElection, type ElectionV2 } from "./election.ts";
import { parseEndpoints } from "./parse-endpoints.ts";
import { invalid } from "./errors.ts";
import { createExecute, type Execute } from "./execute.ts";
import { createKeepNode, type KeepNode } from "./keep-node.ts";
import { checkText } from "./key-path.ts";
import { createKeysRequest } from "./keys-request.ts";
import { createLock, type LockV2, type LockV2Options } from "./lock.ts";
import { createMembers, type MembersV2 } from "./members.ts";
import { checkOptions, clientKinds, type EtcdV2Options } from "./client-options.ts";
import { createPlainAnswers, type PlainAnswersV2 } from "./health.ts";
import { createReadNow } from "./read-now.ts";
import { createReads, type ReadsV2 } from "./reads.ts";
import { readable } from "./readable.ts";
import { createRequester } from "./requester.ts";
import { createService } from "./service.ts";
import { createStats, type StatsV2 } from "./stats.ts";
import { createWatches, type WatchesV2 } from "./watch.ts";
import { createWrites, type WritesV2 } from "./writes.ts";

/** A client of the v2 API of one etcd cluster. Its data and users are others than those of v3. */
export interface EtcdV2 extends ReadsV2, WritesV2, WatchesV2, MembersV2, PlainAnswersV2, AsyncDisposable {
  /** Sets a node and keeps it for as long as this process wants it: see {@link KeepNode}. */
  readonly keepNode: KeepNode;
  /** A lock by its name. Nothing is sent yet. */
  lock(name: string, options?: LockV2Options): LockV2;
  /** An election by its name. Nothing is sent yet. */
  election(name: string): ElectionV2;
  /** What the members count of themselves. */
  readonly stats: StatsV2;
  /** Users, roles, and whether authentication is on. */
  readonly auth: AuthV2;
  /** A raw call: see {@link Execute}. */
  readonly execute: Execute;
  /** The origins of the endpoints, in order of preference. */
  readonly endpoints: readonly string[];
  /** The origin of the endpoint that the next call goes to. */
  readonly endpointInUse: string;
  /** What stands before `/keys`, as the options say. */
  readonly versionPrefix: string;
  /** The time of a call, in milliseconds, as the options say. */
  readonly timeoutMs: number;
  /** Whether redirects are followed, as the options say. */
  readonly followRedirects: boolean;
  /** Whether calls go on with another member, as the options say. */
  readonly failover: boolean;
  /** Ends every call and watch with `Closed`. */
  close(): Promise<void>;
}

/**
 * A client of etcd's v2 API, which etcd 3.4 and 3.5 serve with `--enable-v2`. Nothing is sent until the first call.
 * Throws `InvalidArgument` for options that cannot work.
 *
 * @example
 * const etcd = createEtcdV2({ endpoints: "http://127.0.0.1:2379" });
 * await etcd.set("/app/color", "green", { ttl: 60 });
 */
export function createEtcdV2(given: EtcdV2Options = {}): EtcdV2 {
  const options = checkOptions("createEtcdV2", given, clientKinds);
  const { timeoutMs = 10_000, followRedirects = false, failover = true, expectedClusterId } = options;
  const versionPrefix = checkPrefix(options.versionPrefix ?? "/v2");
  const rules = { credentials: options.auth !== undefined, allowInsecure: options.allowInsecure === true };
  const refusal = discoveryRefusal(options.discoverMembers, options.auth !== undefined);
  if (refusal !== undefined) throw invalid(refusal);
  const discover = options.discoverMembers !== undefined && options.discoverMembers !== false;
  const addresses = parseEndpoints(options.endpoints ?? "http://127.0.0.1:2379", rules);
  const direct = createRequester({
    endpoints: addresses,
    timeoutMs,
    failover,
    followRedirects,
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    authorization: options.auth === undefined ? undefined : basicAuthorization(options.auth),
    origins: new Set(addresses.map(({ origin }) => origin)),
    maxResponseBytes: options.maxResponseBytes ?? defaultMaxResponseBytes,
    clusterFault: createClusterGuard(expectedClusterId),
  });
  const requester = discover ? discovering(direct, versionPrefix, addresses, rules) : direct;
  const service = createService(requester);
  const request = createKeysRequest(requester, versionPrefix);
  const readNow = createReadNow(request);
  const writes = createWrites(request);
  const watches = createWatches(requester, request, readNow);
  const keys = { ...writes, ...watches, readNow };

  async function close(): Promise<void> {
    requester.close();
  }

  const client: EtcdV2 = {
    ...createReads(request),
    ...writes,
    ...watches,
    ...createMembers(requester, service, versionPrefix),
    keepNode: createKeepNode(requester, keys),
    lock: (name, lockOptions) => createLock(requester, keys, name, lockOptions),
    election: (name) => createElection(requester, keys, name),
    stats: createStats(requester, service, versionPrefix),
    auth: createAuth(requester, service, versionPrefix),
    ...createPlainAnswers(service),
    execute: createExecute(requester),
    get endpoints() {
      return requester.endpoints.all.map(({ url }) => url);
    },
    get endpointInUse() {
      return requester.endpoints.inUse.url;
    },
    versionPrefix,
    timeoutMs,
    followRedirects,
    failover,
    close,
    [Symbol.asyncDispose]: close,
  };
  return readable<EtcdV2>(client, {}, () => `EtcdV2 ${client.endpointInUse}${versionPrefix}`);
}

function checkPrefix(prefix: string): string {
  if (/^(?:\/[\w-]+)*$/.test(checkText(prefix, "versionPrefix"))) return prefix;
  throw invalid('versionPrefix: expected a path such as "/v2"');
}
