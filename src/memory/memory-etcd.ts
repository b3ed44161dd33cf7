import { createYield } from "./yield-to-event-loop.ts";
import { type Faults, withFaults } from "./faults/faults.ts";
import { Gateway } from "./gateway/gateway.ts";
import { readRequest } from "../gateway-server/http-request.ts";
import { compact } from "./store/kv-service.ts";
import { type MemoryEtcdOptions, settingsOf } from "./memory-options.ts";
import { refused, reset } from "./faults/network-faults.ts";
import { Server } from "./server.ts";

/** An etcd in memory, and what a test may do to it. */
export interface MemoryEtcd {
  /**
   * What etcd's JSON gateway answers, as a `fetch`: for `createEtcd({ fetch: memory.fetch })`, or for any program that
   * takes one. The host of the address does not matter. Works without `this`.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** What goes wrong on the way to it. */
  readonly faults: Faults;
  /** The newest revision. The keys of v2 have an index of their own. */
  readonly revision: bigint;
  /** How many watches there are, those of v2 and those that locks and elections wait with included. */
  readonly watchers: number;
  /** How many requests wait for an answer, or for more of one. */
  readonly openRequests: number;
  /**
   * Moves the server's clock on, with either kind of clock: what becomes due on the way happens before this returns.
   * @example
   * const { id } = await etcd.lease.grant(60);
   * await etcd.put("a", "1", { lease: id });
   * memory.advance(60_000);
   * await etcd.get("a"); // null
   */
  advance(ms: number): void;
  /**
   * Forgets what is older than `revision`, by default the newest. Throws when it is compacted already, or in the future.
   * @example
   * memory.compact();
   * await etcd.get("a", { revision: 2n }); // rejects: compacted
   */
  compact(revision?: bigint): void;
  /**
   * Ends a lease now, with its keys. Tells whether there was one.
   * @example
   * memory.expireLease(id);
   */
  expireLease(id: bigint): boolean;
  /**
   * A token of a user, without its password: for a client that looks after the content of the server whatever users
   * others make. Throws where authentication is on and there is no such user.
   * @example
   * const admin = createEtcd({ fetch: memory.fetch, auth: { token: memory.signIn("root") } });
   */
  signIn(user: string): string;
  /**
   * Ends all tokens, as a restart of the server does.
   * @example
   * memory.expireTokens();
   * await etcd.get("a"); // signs in again
   */
  expireTokens(): void;
  /**
   * Breaks all open requests: watches, waiting locks, answers under way. New ones get through.
   * @example
   * memory.disconnect();
   * for await (const batch of watcher) {} // goes on where it was
   */
  disconnect(): void;
  /**
   * Breaks all open requests and takes no more. What was stored is gone with the object.
   * @example
   * const memory = createMemoryEtcd();
   * memory.close();
   */
  close(): void;
  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A whole etcd of one member in memory: keys with their history, transactions, watches, leases, locks, elections,
 * authentication, behind the same JSON over HTTP that real servers speak, errors included; and the v2 API below
 * `/v2/`, with keys of its own. It runs wherever `fetch` does, and lives as long as somebody holds it.
 *
 * @example
 * const memory = createMemoryEtcd();
 * const etcd = createEtcd({ fetch: memory.fetch });
 * await etcd.put("greeting", "hello");
 */
export function createMemoryEtcd(options: MemoryEtcdOptions = {}): MemoryEtcd {
  const settings = settingsOf(options);
  const server = new Server(settings.server);
  const gateway = new Gateway(server, settings.gateway);
  const [handle, faults] = withFaults(
    (request) => gateway.handle(request),
    server.clock,
    (request) => gateway.noLeader(request),
  );
  const yieldToEventLoop = createYield();
  let closed = false;

  const memory: MemoryEtcd = {
    async fetch(input, init) {
      const request = await readRequest(input, init);
      if (request.signal?.aborted) throw request.signal.reason;
      if (closed) throw refused();
      const pause = yieldToEventLoop();
      if (pause !== undefined) await pause;
      return handle(request);
    },
    faults,
    get revision() {
      return server.store.revision;
    },
    get watchers() {
      return server.hub.size + gateway.v2Watchers;
    },
    get openRequests() {
      return gateway.exchanges.size;
    },
    advance: (ms) => server.clock.advance(ms),
    compact: (revision = server.store.revision) => compact(server, revision),
    expireLease(id) {
      if (server.lessor.get(id) === undefined) return false;
      server.lessor.revoke(id);
      return true;
    },
    signIn: (user) => server.signIn(user),
    expireTokens: () => server.tokens.drop(),
    disconnect: () => gateway.exchanges.disconnect(reset),
    close() {
      closed = true;
      gateway.exchanges.disconnect(reset);
      server.clock.close();
    },
    [Symbol.dispose]: () => memory.close(),
    async [Symbol.asyncDispose]() {
      memory.close();
    },
  };
  return memory;
}
