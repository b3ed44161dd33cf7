import { createFlags } from "../../src/flags/index.ts";
import {
  barrier,
  cache,
  compare,
  counter,
  doubleBarrier,
  election,
  type Etcd,
  mutex,
  namedLeader,
  op,
  priorityQueue,
  queue,
  registry,
  rwLock,
  semaphore,
  session,
  transact,
} from "../../src/index.ts";
import type { EtcdV2 } from "../../src/v2/index.ts";

export interface CallSettings {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** A use of every method of a client, and of all that is built of them, by name. */
export type Calls<C> = Readonly<Record<string, (client: C, settings: CallSettings) => unknown>>;

async function first(items: AsyncIterable<unknown>, most = 4): Promise<void> {
  let left = most;
  for await (const _ of items) if (--left === 0) return;
}

async function drained(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
}

const url = "http://127.0.0.1:2380";

export const calls: Calls<Etcd> = {
  get: (etcd, o) => etcd.get("a", o),
  range: (etcd, o) => etcd.range({ prefix: "dir/" }, o),
  count: (etcd, o) => etcd.count({ all: true }, o),
  has: (etcd, o) => etcd.has("a", o),
  keys: (etcd, o) => etcd.keys({ prefix: "dir/" }, o),
  put: (etcd, o) => etcd.put("a", "2", o),
  create: (etcd, o) => etcd.create("new", "1", o),
  replace: (etcd, o) => etcd.replace("a", "1", "2", o),
  update: async (etcd, o) => {
    const entry = await etcd.get("a", o);
    if (entry !== null) await etcd.update(entry, "3", o);
  },
  delete: (etcd, o) => etcd.delete({ prefix: "dir/" }, o),
  pop: (etcd, o) => etcd.pop("a", o),
  compact: (etcd, o) => etcd.compact(2n, { ...o, physical: true }),
  txn: (etcd, o) => {
    const then = [op.get("a"), op.put("b", "1"), op.delete("c"), op.txn({ then: [op.get("a")] })] as const;
    return etcd.txn({ if: [compare.value("a", "=", "1")], then }, o);
  },
  "put, exactly once": (etcd, o) => etcd.put("a", "2", { ...o, exactlyOnce: true }),
  "put, guarded": (etcd, o) => etcd.put("a", "2", { ...o, guard: { modRevision: 2n } }),
  scan: (etcd, o) => first(etcd.scan({ all: true }, { ...o, pageSize: 2 }), 1000),
  pages: (etcd, o) => first(etcd.pages({ all: true }, { ...o, pageSize: 2 }), 1000),
  ls: (etcd, o) => first(etcd.ls("dir", o), 1000),
  watch: (etcd, { signal }) => first(etcd.watch({ all: true }, { signal, from: 2n, prev: true })),
  "watch, resync": (etcd, { signal }) => first(etcd.watch({ all: true }, { signal, from: 1n, onCompaction: "resync" })),
  watchOnce: (etcd, o) => etcd.watchOnce("a", { ...o, from: 2n }),
  "lease.grant": (etcd, o) => etcd.lease.grant(10, o),
  "lease.revoke": (etcd, o) => etcd.lease.revoke(7n, o),
  "lease.keepAliveOnce": (etcd, o) => etcd.lease.keepAliveOnce(7n, o),
  "lease.timeToLive": (etcd, o) => etcd.lease.timeToLive(7n, o),
  "lease.list": (etcd, o) => etcd.lease.list(o),
  "cluster.members": (etcd, o) => etcd.cluster.members(o),
  "cluster.leader": (etcd, o) => etcd.cluster.leader(o),
  "cluster.addMember": (etcd, o) => etcd.cluster.addMember(url, o),
  "cluster.removeMember": (etcd, o) => etcd.cluster.removeMember(7n, o),
  "cluster.updateMember": (etcd, o) => etcd.cluster.updateMember(7n, url, o),
  "cluster.promoteMember": (etcd, o) => etcd.cluster.promoteMember(7n, o),
  "maintenance.alarms": (etcd, o) => etcd.maintenance.alarms(undefined, undefined, o),
  "maintenance.createAlarm": (etcd, o) => etcd.maintenance.createAlarm(7n, "NOSPACE", o),
  "maintenance.disarmAlarm": (etcd, o) => etcd.maintenance.disarmAlarm(7n, "NOSPACE", o),
  "maintenance.status": (etcd, o) => etcd.maintenance.status(undefined, o),
  "maintenance.health": (etcd, o) => etcd.maintenance.health(undefined, o),
  "maintenance.version": (etcd, o) => etcd.maintenance.version(undefined, o),
  "maintenance.defragment": (etcd, o) => etcd.maintenance.defragment(undefined, o),
  "maintenance.hash": (etcd, o) => etcd.maintenance.hash(undefined, o),
  "maintenance.hashKv": (etcd, o) => etcd.maintenance.hashKv(undefined, undefined, o),
  "maintenance.moveLeader": (etcd, o) => etcd.maintenance.moveLeader(7n, o),
  "maintenance.downgrade": (etcd, o) => etcd.maintenance.downgrade("validate", "3.5", o),
  "maintenance.snapshot": (etcd, { signal }) => drained(etcd.maintenance.snapshot({ signal })),
  "auth.users.add": (etcd, o) => etcd.auth.users.add("u", "p", o),
  "auth.users.get": (etcd, o) => etcd.auth.users.get("root", o),
  "auth.users.list": (etcd, o) => etcd.auth.users.list(o),
  "auth.users.delete": (etcd, o) => etcd.auth.users.delete("root", o),
  "auth.users.changePassword": (etcd, o) => etcd.auth.users.changePassword("root", "p", o),
  "auth.users.grantRole": (etcd, o) => etcd.auth.users.grantRole("root", "root", o),
  "auth.users.revokeRole": (etcd, o) => etcd.auth.users.revokeRole("root", "root", o),
  "auth.roles.add": (etcd, o) => etcd.auth.roles.add("r", o),
  "auth.roles.get": (etcd, o) => etcd.auth.roles.get("role", o),
  "auth.roles.list": (etcd, o) => etcd.auth.roles.list(o),
  "auth.roles.delete": (etcd, o) => etcd.auth.roles.delete("role", o),
  "auth.roles.grantPermission": (etcd, o) => etcd.auth.roles.grantPermission("role", "read", { prefix: "b" }, o),
  "auth.roles.revokePermission": (etcd, o) => etcd.auth.roles.revokePermission("role", { prefix: "a" }, o),
  "auth.enable": (etcd, o) => etcd.auth.enable(o),
  "auth.disable": (etcd, o) => etcd.auth.disable(o),
  "auth.status": (etcd, o) => etcd.auth.status(o),
  "auth.whoami": (etcd, o) => etcd.auth.whoami(o),
  "auth.can": (etcd, o) => etcd.auth.can("read", "a", o),
  namespace: (etcd, o) => etcd.namespace("dir/").get("a", o),
  following: (etcd, o) => etcd.following().get("a", o),
  pinned: (etcd, o) => etcd.pinned().put("a", "2", o),
  setEndpoints: (etcd, o) => {
    etcd.setEndpoints(["http://127.0.0.1:2379", "http://127.0.0.1:22379"]);
    return etcd.get("a", o);
  },
  onClusterChange: (etcd, o) => {
    etcd.onClusterChange(() => undefined);
    return etcd.get("a", o);
  },
  beforeClose: (etcd) => etcd.beforeClose(async () => undefined),
  close: (etcd) => etcd.close(),
  mutex: async (etcd, o) => (await mutex(etcd, "lock").acquire(o)).release(),
  "mutex holder": (etcd, o) => mutex(etcd, "lock").holder(o),
  rwLock: async (etcd, o) => (await rwLock(etcd, "rw").write.acquire(o)).release(),
  semaphore: async (etcd, o) => (await semaphore(etcd, "sem", { permits: 2 }).acquire(o)).release(),
  election: async (etcd, o) => (await election(etcd, "el").campaign("me", o)).resign(),
  "election leader": (etcd, o) => election(etcd, "el").leader(o),
  namedLeader: (etcd, o) => namedLeader(etcd, "named").set("me", o),
  session: async (etcd, { signal }) => (await session(etcd, { ttl: 5, signal })).close(),
  registry: async (etcd, o) => (await registry(etcd, "reg").register("id", "v", o)).close(),
  "registry list": (etcd, o) => registry(etcd, "dir").list(o),
  transact: (etcd, o) =>
    transact(
      etcd,
      async (tx) => {
        await tx.get("a");
        tx.put("b", "1");
      },
      o,
    ),
  counter: (etcd, o) => counter(etcd, "counter").add(1, o),
  barrier: (etcd, o) => barrier(etcd, "barrier").wait(o),
  doubleBarrier: (etcd, o) => doubleBarrier(etcd, "double", { count: 1 }).enter(o),
  queue: async (etcd, o) => {
    const jobs = queue(etcd, "queue");
    await jobs.enqueue("job", o);
    await jobs.tryDequeue(o);
  },
  priorityQueue: (etcd, o) => priorityQueue(etcd, "dir").peek(o),
  cache: async (etcd, { signal }) => {
    const cached = await cache(etcd, { prefix: "dir/" }, { signal });
    cached.getSnapshot();
    await cached.close();
  },
  flags: async (etcd, { signal }) => {
    const flags = createFlags(etcd, { prefix: "flags/", defaults: { on: false }, mode: "poll" } as never);
    await Promise.race([flags.ready(), new Promise((resolve) => signal.addEventListener("abort", resolve))]);
    flags.get("on" as never);
    await flags.close();
  },
};

export const v2Calls: Calls<EtcdV2> = {
  get: (etcd, o) => etcd.get("/a", o),
  "get, all of it": (etcd, o) => etcd.get("/", { ...o, recursive: true, quorum: true }),
  has: (etcd, o) => etcd.has("/a", o),
  list: (etcd, o) => etcd.list("/dir", o),
  getRecursive: (etcd, o) => etcd.getRecursive("/", o),
  set: (etcd, o) => etcd.set("/a", "2", o),
  "set, without an answer": (etcd, o) => etcd.set("/a", "2", { ...o, noValueOnSuccess: true }),
  mkdir: (etcd, o) => etcd.mkdir("/made", o),
  create: (etcd, o) => etcd.create("/new", "1", o),
  update: (etcd, o) => etcd.update("/a", "2", o),
  append: (etcd, o) => etcd.append("/dir", "x", o),
  refresh: (etcd, o) => etcd.refresh("/a", 60, o),
  testAndSet: (etcd, o) => etcd.testAndSet("/a", "1", "2", o),
  compareAndSwap: (etcd, o) => etcd.compareAndSwap("/a", "2", { ...o, prevValue: "1" }),
  compareAndDelete: (etcd, o) => etcd.compareAndDelete("/a", { ...o, prevValue: "1" }),
  delete: (etcd, o) => etcd.delete("/a", o),
  pop: (etcd, o) => etcd.pop("/a", o),
  wait: (etcd, o) => etcd.wait("/a", { ...o, index: 1 }),
  watch: (etcd, { signal }) => first(etcd.watch("/", { signal, recursive: true, index: 1 })),
  members: (etcd, o) => etcd.members(o),
  leader: (etcd, o) => etcd.leader(o),
  addMember: (etcd, o) => etcd.addMember([url], o),
  removeMember: (etcd, o) => etcd.removeMember(7n, o),
  updateMember: (etcd, o) => etcd.updateMember(7n, [url], o),
  machines: (etcd, o) => etcd.machines(o),
  keepNode: async (etcd, o) => (await etcd.keepNode("/kept", "v", { ...o, ttl: 5 })).close(),
  lock: async (etcd, o) => {
    const lock = etcd.lock("l", { ttl: 5 });
    await lock.acquire(o);
    await lock.release();
  },
  election: async (etcd, o) => (await etcd.election("e").campaign("me", o)).resign(),
  "stats.self": (etcd, o) => etcd.stats.self(o),
  "stats.leader": (etcd, o) => etcd.stats.leader(o),
  "stats.store": (etcd, o) => etcd.stats.store(o),
  "auth.enable": (etcd, o) => etcd.auth.enable(o),
  "auth.disable": (etcd, o) => etcd.auth.disable(o),
  "auth.status": (etcd, o) => etcd.auth.status(o),
  "auth.users.get": (etcd, o) => etcd.auth.users.get("root", o),
  "auth.users.list": (etcd, o) => etcd.auth.users.list(o),
  "auth.users.delete": (etcd, o) => etcd.auth.users.delete("root", o),
  "auth.users.add": (etcd, o) => etcd.auth.users.add("u", "p", o),
  "auth.users.changePassword": (etcd, o) => etcd.auth.users.changePassword("root", "p", o),
  "auth.users.grantRole": (etcd, o) => etcd.auth.users.grantRole("root", "guest", o),
  "auth.users.revokeRole": (etcd, o) => etcd.auth.users.revokeRole("root", "guest", o),
  "auth.roles.get": (etcd, o) => etcd.auth.roles.get("guest", o),
  "auth.roles.list": (etcd, o) => etcd.auth.roles.list(o),
  "auth.roles.delete": (etcd, o) => etcd.auth.roles.delete("guest", o),
  "auth.roles.add": (etcd, o) => etcd.auth.roles.add("r", o),
  "auth.roles.grantPermission": (etcd, o) => etcd.auth.roles.grantPermission("guest", "read", "/x", o),
  "auth.roles.revokePermission": (etcd, o) => etcd.auth.roles.revokePermission("guest", "read", "/x", o),
  version: (etcd, o) => etcd.version(o),
  health: (etcd, o) => etcd.health(o),
  execute: async (etcd, o) => (await etcd.execute("/v2/keys/a", o)).json(),
  close: (etcd) => etcd.close(),
};

/** The names of all methods of a client, those of its services too. */
export function methodsOf(client: object, before = ""): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(client)).flatMap(([name, { value, enumerable }]) => {
    if (enumerable !== true) return [];
    if (typeof value === "function") return [before + name];
    const service = typeof value === "object" && value !== null && !Array.isArray(value) && !("aborted" in value);
    return service ? methodsOf(value as object, `${before}${name}.`) : [];
  });
}
