import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { AccessControl } from "./auth/access.ts";
import { RaisedAlarms } from "./cluster/raised-alarms.ts";
import { AuthStore } from "./auth/auth-store.ts";
import type { ServerCall } from "../gateway-server/call.ts";
import { wireSize } from "../gateway-server/wire-size.ts";
import { type Clock, createClock } from "./server-clock.ts";
import { type HeaderAt, createHeader } from "./store/header.ts";
import { createIds, type Ids } from "./ids.ts";
import { Lessor } from "./lease/lessor.ts";
import { Members } from "./cluster/members.ts";
import { Queues } from "./lock/wait-lists.ts";
import type { Release } from "./release.ts";
import { code, etcdFailure, RpcError } from "../gateway-server/rpc-error.ts";
import { Store } from "./store/store.ts";
import { Tokens } from "./auth/tokens.ts";
import { WatchRegistry } from "./watch/watch-registry.ts";

/** What gRPC takes on top of the largest request that etcd does. */
const grpcOverhead = 512 * 1024;

/** What `createMemoryEtcd` decides. */
export interface Settings {
  readonly clock: "real" | "virtual";
  readonly seed: number;
  readonly release: Release;
  readonly quotaBytes: number;
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
  /** Seconds. */
  readonly minLeaseTtl: number;
  readonly authTokenTtl: number;
  readonly progressNotifyMs: number;
}

/** The parts that make the server, put together; the services are written on these. */
export class Server {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store = new Store();
  readonly queues: Queues = new Queues(this.store);
  readonly hub: WatchRegistry = new WatchRegistry(this.store);
  readonly lessor: Lessor;
  readonly tokens: Tokens;
  readonly auth: AuthStore;
  readonly access: AccessControl;
  readonly members: Members;
  readonly alarms: RaisedAlarms;
  readonly memberId: bigint;
  readonly raftTerm: bigint = 2n;
  readonly headerAt: HeaderAt;
  /** Of the log entry applied last. */
  raftIndex = 4n;

  constructor(settings: Settings) {
    this.settings = settings;
    this.clock = createClock(settings.clock);
    this.ids = createIds(settings.seed);
    const clusterId = this.ids.uint64();
    this.memberId = this.ids.uint64();
    this.headerAt = createHeader({ clusterId, memberId: this.memberId, raftTerm: this.raftTerm });
    this.lessor = new Lessor(this.store, this.clock, this.ids, BigInt(settings.minLeaseTtl));
    this.tokens = new Tokens(this.clock, this.ids, settings.authTokenTtl * 1000);
    const { before35, since36 } = settings.release;
    this.auth = new AuthStore(this.tokens, !before35);
    this.access = new AccessControl(this.auth, this.tokens, { tokensWhileOff: before35, lax: !since36 });
    this.members = new Members(this.memberId, this.ids);
    this.alarms = new RaisedAlarms(this.store, this.memberId, settings.quotaBytes, !since36);
  }

  /** The header of an answer given now. */
  header(): ReturnType<HeaderAt> {
    return this.headerAt(this.store.revision);
  }

  /** As `change`. Throws `RpcError` for a request that is too large for the log, too. */
  propose<D extends DescMessage>(call: ServerCall, desc: D, request: MessageShape<D>, cost = 0): void {
    const { maxRequestBytes } = this.settings;
    // Its JSON is longer than the message itself, which saves measuring most.
    const bytes = call.bodyLength > maxRequestBytes ? wireSize(desc, request) : 0;
    const most = maxRequestBytes + grpcOverhead;
    if (bytes > most) {
      throw new RpcError(code.resourceExhausted, `grpc: received message larger than max (${bytes} vs. ${most})`);
    }
    if (bytes > maxRequestBytes) throw etcdFailure("requestTooLarge");
    this.change(cost);
  }

  /** Counts a change that takes `cost` bytes of the database. Throws `RpcError` when an alarm stops it. */
  change(cost = 0): void {
    this.alarms.checkChange(cost);
    this.raftIndex++;
  }

  /** A token without a password. Throws `RpcError` where there is no such user. */
  signIn(user: string): string {
    if (this.auth.enabled && !this.auth.users.has(user)) throw etcdFailure("userNotFound");
    return this.tokens.issue(user, this.raftIndex);
  }

  /** Whether the token belongs to a log entry that is not there yet: etcd waits for it, with a restored store for ever. */
  waitsForToken({ token }: ServerCall): boolean {
    const [, index] = /\.(\d{1,18})$/.exec(token ?? "") ?? [];
    return index !== undefined && this.auth.enabled && BigInt(index) > this.raftIndex;
  }
}
