// Calls that must compile, with the types they must have. `npm run check` compiles this; nothing runs it.
import { Code, type Transport } from "@connectrpc/connect";
import {
  cache,
  type Cache,
  compare,
  createEtcd,
  election,
  type Entry,
  type Etcd,
  EtcdError,
  type GetOpResult,
  type Held,
  type Leader,
  lock,
  type Member,
  mutex,
  namedLeader,
  op,
  type Outcome,
  type PutOpResult,
  type Reason,
  session,
  type WatchEvent,
  withLock,
} from "../../src/index.ts";
import type { Provider as ServerSdkProvider } from "@openfeature/server-sdk";
import type { Provider as WebSdkProvider } from "@openfeature/web-sdk";
import { boolean, number, object } from "valibot";
import { createFlags, type FlagDetails, type FlagDefinition, type Flags } from "../../src/flags/index.ts";
import { createServerProvider, createWebProvider } from "../../src/openfeature/index.ts";
import { is, type Same, type Yields } from "./same.ts";

declare const etcd: Etcd;
declare const signal: AbortSignal;
declare const transport: Transport;
declare const bytes: Uint8Array;

export async function client(): Promise<void> {
  createEtcd();
  createEtcd({ endpoints: "https://a:2379", auth: { username: "u", password: "p" }, namespace: "app/", timeoutMs: 1 });
  createEtcd({ endpoints: ["https://a:2379", "https://b:2379"], auth: { token: async () => "t" }, retry: false });
  createEtcd({ auth: { token: "t" }, fetch: globalThis.fetch, interceptors: [(next) => next], exactlyOnce: true });
  createEtcd({ transport, batchReads: true, requireLeader: "auto", expectedClusterId: 1n, logger: () => {} });
  is<Same<ReturnType<Etcd["namespace"]>, Etcd>>();
  is<Same<Etcd["endpoints"], readonly string[]>>();
  is<Same<Etcd["endpointInUse"], string>>();
  await using closing: AsyncDisposable = etcd;
  await etcd.close();
  void closing;
}

export async function reads(): Promise<void> {
  const entry = await etcd.get("key", { revision: 1n, serializable: true, signal, timeoutMs: 10 });
  is<Same<typeof entry, Entry | null>>();
  await etcd.get(bytes);
  const range = await etcd.range(
    { prefix: "a/" },
    { limit: 1, sortBy: "modRevision", sortOrder: "descend", keysOnly: true },
  );
  is<Same<typeof range.entries, Entry[]>>();
  is<Same<typeof range.count, bigint>>();
  is<Same<typeof range.more, boolean>>();
  is<Same<typeof range.revision, bigint>>();
  await etcd.range(
    { from: "a" },
    { minModRevision: 1n, maxModRevision: 2n, minCreateRevision: 1n, maxCreateRevision: 2n },
  );
  await etcd.range({ from: bytes, to: "b" });
  const scan = etcd.scan({ all: true }, { pageSize: 100 });
  is<Same<Yields<typeof scan>, Entry>>();
  is<Same<Yields<ReturnType<Etcd["count"]>>, bigint>>();
  is<Same<Yields<ReturnType<Etcd["has"]>>, boolean>>();
  is<Same<Yields<ReturnType<Etcd["keys"]>>, string[]>>();
  for await (const { name, path, folder } of etcd.ls("a/", { delimiter: "/" })) {
    is<Same<[typeof name, typeof path, typeof folder], [string, string, boolean]>>();
  }
}

export function entries(entry: Entry): void {
  is<Same<[typeof entry.key, typeof entry.keyBytes, typeof entry.value], [string, Uint8Array, Uint8Array]>>();
  is<Same<ReturnType<typeof entry.text>, string>>();
  is<Same<ReturnType<typeof entry.json<{ a: number }>>, { a: number }>>();
  is<Same<ReturnType<typeof entry.json>, unknown>>();
  type Numbers = [typeof entry.createRevision, typeof entry.modRevision, typeof entry.version, typeof entry.lease];
  is<Same<Numbers, [bigint, bigint, bigint, bigint]>>();
}

export async function writes(entry: Entry): Promise<void> {
  const put = await etcd.put("key", bytes, { lease: 1n, prev: true, exactlyOnce: true });
  is<Same<typeof put, { revision: bigint; prev: Entry | null }>>();
  await etcd.put("key", "", { ignoreValue: true, lease: 1n });
  await etcd.put("key", "value", { ignoreLease: true });
  is<Same<Yields<ReturnType<Etcd["create"]>>, { created: boolean; revision: bigint }>>();
  is<Same<Yields<ReturnType<Etcd["replace"]>>, { replaced: boolean; revision: bigint }>>();
  const update = await etcd.update(entry, "value");
  is<Same<typeof update, { updated: boolean; revision: bigint; entry: Entry | null }>>();
  const deleted = await etcd.delete({ prefix: "a/" }, { prev: true, exactlyOnce: false });
  is<Same<typeof deleted, { deleted: bigint; revision: bigint; prev: Entry[] }>>();
  is<Same<Yields<ReturnType<Etcd["pop"]>>, Entry | null>>();
  await etcd.compact(1n, { physical: true });
}

export async function transactions(): Promise<void> {
  const outcome = await etcd.txn(
    {
      if: [
        compare.exists("a"),
        compare.missing({ prefix: "b/" }),
        compare.value("a", "=", bytes),
        compare.lease("a", "!=", 0n),
      ],
      then: [op.put("a", "1", { prev: true }), op.get("b"), op.delete({ prefix: "c/" })],
      else: [op.get({ prefix: "a/" }, { limit: 1 })],
    },
    { exactlyOnce: true },
  );
  is<Same<typeof outcome.revision, bigint>>();
  if (outcome.succeeded) {
    const [put, got, deleted, ...rest] = outcome.results;
    is<Same<typeof put.prev, Entry | null>>();
    is<Same<typeof got.entries, Entry[]>>();
    is<Same<typeof deleted.deleted, bigint>>();
    is<Same<typeof rest, []>>();
  } else {
    const [got] = outcome.results;
    is<Same<typeof got.count, bigint>>();
  }
  const nested = await etcd.txn({ then: [op.txn({ if: [compare.version("a", ">", 0n)], then: [op.get("a")] })] });
  if (nested.succeeded) {
    const [inner] = nested.results;
    if (inner.succeeded) is<Same<(typeof inner.results)[0]["type"], "get">>();
  }
  // Steps made up at run time: as many results, of any kind.
  const steps = ["a", "b"].map((key) => op.get(key));
  const { results } = await etcd.txn({ then: steps, else: steps });
  for (const { entries: found } of results) is<Same<typeof found, Entry[]>>();
  compare.createRevision("a", "<", 1n);
  compare.modRevision({ all: true }, "<", 1n);
}

export async function watches(): Promise<void> {
  const watch = etcd.watch(
    { prefix: "a/" },
    { from: 1n, prev: true, only: "put", progress: true, maxQueue: 9, signal },
  );
  is<Same<Yields<typeof watch.ready>["revision"], bigint>>();
  is<Same<typeof watch.state, "connecting" | "live" | "retrying" | "closed">>();
  is<Same<Yields<typeof watch>, WatchEvent>>();
  is<Same<Yields<ReturnType<typeof watch.batches>>["revision"], bigint>>();
  is<Same<ReturnType<typeof watch.toReadableStream>, ReadableStream<WatchEvent>>>();
  const event: WatchEvent = await etcd.watchOnce("a", { timeoutMs: 1, from: 1n });
  is<Same<typeof event.type, "put" | "delete">>();
  is<Same<typeof event.entry, Entry>>();
  is<Same<typeof event.prev, Entry | null>>();
  is<Same<typeof event.revision, bigint>>();
  is<Same<typeof event.synthetic, boolean>>();
  await using closing: AsyncDisposable = watch;
  void closing;
  await watch.cancel();
}

export async function caches(): Promise<void> {
  const entriesOf = await cache(etcd, { prefix: "a/" }, { mode: "poll", pollMs: false, timeoutMs: 1, signal });
  is<Same<typeof entriesOf, Cache<Entry>>>();
  is<Same<ReturnType<typeof entriesOf.get>, Entry | null>>();
  is<Same<Yields<ReturnType<typeof entriesOf.waitFor>>, void>>();
  is<Same<typeof entriesOf.revision, bigint>>();
  is<Same<typeof entriesOf.status, "live" | "stale" | "closed">>();
  const parsed = await cache(etcd, "a", { parse: object({ limit: number() }), format: "json", onInvalid: "keepLast" });
  is<Same<typeof parsed, Cache<{ limit: number }>>>();
  is<Same<ReturnType<typeof parsed.getSnapshot>, ReadonlyMap<string, { limit: number }>>>();
  for (const [key, value] of parsed.entries()) is<Same<[typeof key, typeof value], [string, { limit: number }]>>();
  // Two functions on their own, as React's useSyncExternalStore takes them.
  const { subscribe, getSnapshot }: Pick<Cache<Entry>, "subscribe" | "getSnapshot"> = entriesOf;
  is<Same<ReturnType<typeof subscribe>, () => void>>();
  getSnapshot();
  await using closing: AsyncDisposable = parsed;
  void closing;
}

export function flags(definition: FlagDefinition): void {
  const made = createFlags(etcd, { prefix: "flags/", defaults: { dark: false, limit: 10 }, ttl: 1, staleIfError: 2 });
  is<Same<typeof made, Flags<{ dark: boolean; limit: number }>>>();
  is<Same<ReturnType<typeof made.all>, { dark: boolean; limit: number }>>();
  const limit = made.get("limit", { targetingKey: "u", plan: "pro" });
  const dark = made.details("dark");
  is<Same<[typeof limit, typeof dark], [number, FlagDetails<boolean>]>>();
  const each = { dark: boolean(), limit: number() };
  createFlags(etcd, { prefix: "flags/", defaults: { dark: false, limit: 10 }, schema: each });
  createFlags(etcd, { prefix: "flags/", defaults: { dark: false, limit: 10 }, schema: object(each) });
  createFlags(etcd, { prefix: "flags/", defaults: {}, bootstrap: made.toJSON(), mode: "watch", now: () => 1 });
  JSON.stringify(definition);
  createFlags(etcd, { source: "file", key: "flags.json", defaults: {}, bootstrap: { flags: { a: definition, b: 1 } } });
  const fake = createFlags.fake({ dark: false, limit: 10 });
  fake.set({ dark: true, limit: definition });
  is<Same<ReturnType<typeof fake.all>, { dark: boolean; limit: number }>>();
  const server: ServerSdkProvider = createServerProvider(made);
  const web: WebSdkProvider = createWebProvider(made);
  void [server, web];
}

export async function services(): Promise<void> {
  const lease = await etcd.lease.grant(60, { id: 1n });
  is<Same<typeof lease.id, bigint>>();
  await etcd.lease.keepAliveOnce(lease.id);
  await etcd.lease.timeToLive(lease.id, { keys: true });
  await etcd.lease.list();
  await etcd.lease.revoke(lease.id);

  const [member] = await etcd.cluster.members({ linearizable: false });
  is<Same<typeof member, Member | undefined>>();
  is<Same<Yields<ReturnType<Etcd["cluster"]["leader"]>>, Member>>();
  is<Same<[Member["id"], Member["name"], Member["isLearner"]], [bigint, string, boolean]>>();
  await etcd.cluster.addMember(["http://d:2380"], { learner: true });
  await etcd.cluster.updateMember(1n, ["http://d:2380"]);
  await etcd.cluster.promoteMember(1n);
  await etcd.cluster.removeMember(1n);

  await etcd.maintenance.status("https://a:2379");
  await etcd.maintenance.health();
  await etcd.maintenance.version();
  await etcd.maintenance.alarms(1n, "NOSPACE");
  await etcd.maintenance.createAlarm(1n, "NOSPACE");
  await etcd.maintenance.disarmAlarm();
  await etcd.maintenance.defragment("https://a:2379");
  await etcd.maintenance.hash();
  await etcd.maintenance.hashKv(1n, "https://a:2379");
  await etcd.maintenance.moveLeader(1n);
  const snapshot = etcd.maintenance.snapshot({ onProgress: () => {}, verify: true });
  is<Same<typeof snapshot, ReadableStream<Uint8Array>>>();

  await etcd.auth.enable();
  await etcd.auth.status();
  await etcd.auth.disable();
  const { users, roles } = etcd.auth;
  await users.add("u", "password");
  await users.add("u", { noPassword: true });
  await users.get("u");
  await users.list();
  await users.changePassword("u", "password");
  await users.grantRole("u", "r");
  await users.revokeRole("u", "r");
  await users.delete("u");
  await roles.add("r");
  await roles.get("r");
  await roles.list();
  await roles.grantPermission("r", "readwrite", { prefix: "a/" });
  await roles.revokePermission("r", "a");
  await roles.delete("r");
  const { username } = await etcd.auth.whoami();
  is<Same<typeof username, string | undefined>>();
  is<Same<Yields<ReturnType<Etcd["auth"]["can"]>>, boolean>>();
}

export function errors(thrown: unknown): Code | undefined {
  if (!EtcdError.is(thrown)) return undefined;
  is<Same<typeof thrown.reason, Reason>>();
  is<Same<typeof thrown.outcome, Outcome>>();
  is<Same<Outcome, "applied" | "not-applied" | "unknown">>();
  is<Same<typeof thrown.retryable, boolean>>();
  const [attempt] = thrown.attempts;
  if (attempt)
    is<Same<[typeof attempt.endpoint, typeof attempt.ms, typeof attempt.reason], [string, number, Reason]>>();
  return thrown.reason === "Compacted" ? Code.OutOfRange : thrown.code;
}

export async function recipes(): Promise<void> {
  await using held = await lock(etcd, "a", { ttl: 30, timeoutMs: 5, signal: new AbortController().signal });
  is<Same<[typeof held.token, typeof held.heldUntil, typeof held.signal], [bigint, number, AbortSignal]>>();
  const done = await held.txn({ if: [held.guard], then: [op.get("a")], else: [op.put("a", "")] });
  if (done.succeeded) is<Same<typeof done.results, [GetOpResult]>>();
  else is<Same<typeof done.results, [PutOpResult]>>();
  await using own = await session(etcd, { leaseId: 5n });
  const door = mutex(etcd, "a", { session: own });
  is<Same<Yields<ReturnType<typeof door.tryAcquire>>, Held | null>>();
  is<Same<Awaited<typeof own.lost>, EtcdError>>();
  const answer = await withLock(etcd, "a", async () => 5, { ttl: 5 });
  is<Same<typeof answer, number>>();
  const candidacy = election(etcd, "a");
  const leadership = await candidacy.campaign("v", { timeoutMs: 5 });
  await leadership.proclaim(new Uint8Array(), { exactlyOnce: true });
  for await (const leader of candidacy.observe()) is<Same<typeof leader, Leader | null>>();
  const ran = await candidacy.run("v", async ({ token }) => token);
  is<Same<typeof ran, bigint>>();
  const named = namedLeader(etcd, "a");
  is<Same<Yields<ReturnType<typeof named.set>>, boolean>>();
  is<Same<typeof etcd.signal, AbortSignal>>();
}
