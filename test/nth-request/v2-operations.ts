import { EtcdV2Error } from "../../src/v2/errors.ts";
import type { EtcdV2, LeadershipV2, LockV2, ValueNode } from "../../src/v2/index.ts";
import type { Call, Operation } from "./run-broken-request.ts";
import type { Truth } from "./truth.ts";
import { childrenV2, nodeV2, valueV2 } from "./v2-truth.ts";
import { within } from "./within.ts";

/** Keeps the type of what `setup` makes; the list holds operations with states of all kinds. */
function row<S, R>(operation: Operation<EtcdV2, S, R>): Operation<EtcdV2> {
  return operation as Operation<EtcdV2>;
}

const signalOf = ({ timeoutMs }: Call): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(timeoutMs) });
const put = async (etcd: EtcdV2, id: string): Promise<ValueNode> => (await etcd.set(id, "old")).node;
const dir = async (etcd: EtcdV2, id: string): Promise<unknown> => etcd.set(`${id}/one`, "old");
const is =
  (value: string | undefined) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    (await valueV2(truth, id)) === value;
const hasTtl = async (truth: Truth, id: string): Promise<boolean> => (await nodeV2(truth, id))?.["ttl"] !== undefined;
const queued =
  (root: string) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    (await childrenV2(truth, `${root}/${id}`)).length > 0;
const inQueue = queued("_locks");
const isQueued = queued("_elections");
const free = async (truth: Truth, id: string): Promise<boolean> => !(await inQueue(truth, id));
const nobody = async (truth: Truth, id: string): Promise<boolean> => !(await isQueued(truth, id));

const locked = async (etcd: EtcdV2, id: string): Promise<LockV2> => {
  const lock = etcd.lock(id);
  await lock.acquire();
  return lock;
};
const leading = (etcd: EtcdV2, id: string): Promise<LeadershipV2> => etcd.election(id).campaign("me");
const release = (lock: { release(): Promise<void> } | null): Promise<void> => lock?.release() ?? Promise.resolve();
const peers = async (truth: Truth): Promise<string> => JSON.stringify((await truth.get("/v2/members"))["members"]);
const member = async (etcd: EtcdV2, id: string): Promise<bigint> => (await etcd.addMember([`http://${id}:2380`])).id;

const user = (etcd: EtcdV2, id: string): Promise<void> => etcd.auth.users.add(id, "pw");
const role = (etcd: EtcdV2, id: string): Promise<void> => etcd.auth.roles.add(id);
const rolesOf = async (truth: Truth, id: string): Promise<string | undefined> => {
  const found = await truth.get(`/v2/auth/users/${id}`);
  // A user whose role nobody has made is there all the same.
  const nameless = /Role (\S+) does not exist/.exec(String(found["message"]));
  if (nameless !== null) return JSON.stringify([nameless[1]]);
  return found["user"] === undefined ? undefined : JSON.stringify(found["roles"] ?? []);
};
const userIs =
  (there: boolean) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    ((await rolesOf(truth, id)) !== undefined) === there;
const hasRole =
  (there: boolean) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    ((await rolesOf(truth, id)) ?? "").includes(id) === there;
const roleIs =
  (there: boolean) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    ((await truth.get(`/v2/auth/roles/${id}`))["role"] !== undefined) === there;
const hasPermission =
  (there: boolean) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    JSON.stringify((await truth.get(`/v2/auth/roles/${id}`))["permissions"]).includes(`/${id}`) === there;
const root = (etcd: EtcdV2): Promise<void> => etcd.auth.users.add("root", "pw", { roles: ["root"] });
const authIsOn = async (truth: Truth): Promise<boolean> => (await truth.get("/v2/auth/enable"))["enabled"] !== false;

/** What calls that all failed tell together: the effect of one may be there if any says so. */
function together({ errors }: AggregateError): never {
  throw errors.find((error) => EtcdV2Error.is(error) && error.outcome !== "not-applied") ?? errors[0];
}

async function first<T>(all: AsyncIterable<T>): Promise<T | undefined> {
  for await (const each of all) return each;
  return undefined;
}

/** Everything that a client of v2 can be asked for, what it makes included. */
export const v2Operations: readonly Operation<EtcdV2>[] = [
  ...(["get", "has"] as const).map((name) =>
    row<unknown, unknown>({ name, reads: true, setup: put, run: (etcd, id, call) => etcd[name](id, call) }),
  ),
  ...(["list", "getRecursive"] as const).map((name) =>
    row<unknown, unknown>({ name, reads: true, setup: dir, run: (etcd, id, call) => etcd[name](id, call) }),
  ),
  row({
    name: "wait",
    reads: true,
    setup: put,
    run: (etcd, id, call, node) => etcd.wait(id, { index: node.modifiedIndex, ...call }),
  }),
  row({
    name: "watch",
    reads: true,
    endless: true,
    setup: put,
    run: (etcd, id, call, node) => first(etcd.watch(id, { index: node.modifiedIndex, ...signalOf(call) })),
  }),
  row({
    name: "watch#now",
    reads: true,
    endless: true,
    async run(etcd, id, call) {
      const watcher = etcd.watch(id, signalOf(call));
      try {
        return await watcher.ready;
      } finally {
        await watcher.cancel();
      }
    },
  }),

  row({ name: "set", keeps: true, run: (etcd, id, call) => etcd.set(id, "new", call), applied: is("new") }),
  row({ name: "create", keeps: true, run: (etcd, id, call) => etcd.create(id, "new", call), applied: is("new") }),
  row({
    name: "mkdir",
    keeps: true,
    run: (etcd, id, call) => etcd.mkdir(id, call),
    applied: async (truth, id) => (await nodeV2(truth, id))?.["dir"] === true,
  }),
  row({ name: "update", setup: put, run: (etcd, id, call) => etcd.update(id, "new", call), applied: is("new") }),
  row({
    name: "update#node",
    setup: put,
    run: (etcd, _, call, node) => etcd.update(node, "new", call),
    applied: is("new"),
  }),
  row({
    name: "append",
    keeps: true,
    run: (etcd, id, call) => etcd.append(id, "new", call),
    applied: async (truth, id) => (await childrenV2(truth, id)).length > 0,
  }),
  row({ name: "refresh", setup: put, run: (etcd, id, call) => etcd.refresh(id, 60, call), applied: hasTtl }),
  row({
    name: "testAndSet",
    setup: put,
    run: (etcd, id, call) => etcd.testAndSet(id, "old", "new", call),
    applied: is("new"),
  }),
  row({
    name: "compareAndSwap",
    setup: put,
    run: (etcd, id, call, node) => etcd.compareAndSwap(id, "new", { prevIndex: node.modifiedIndex, ...call }),
    applied: is("new"),
  }),
  row({
    name: "compareAndDelete",
    setup: put,
    run: (etcd, id, call) => etcd.compareAndDelete(id, { prevValue: "old", ...call }),
    applied: is(undefined),
  }),
  row({ name: "delete", setup: put, run: (etcd, id, call) => etcd.delete(id, call), applied: is(undefined) }),
  row({
    name: "delete#recursive",
    setup: dir,
    run: (etcd, id, call) => etcd.delete(id, { recursive: true, ...call }),
    applied: async (truth, id) => (await nodeV2(truth, id)) === undefined,
  }),
  row({ name: "pop", setup: put, run: (etcd, id, call) => etcd.pop(id, call), applied: is(undefined) }),

  row({
    name: "keepNode",
    run: (etcd, id, call) => etcd.keepNode(id, "new", { ttl: 60, ...call }),
    applied: is("new"),
    release: (kept) => kept.close(),
  }),
  row({
    name: "keptNode.close",
    endless: true,
    setup: (etcd, id) => etcd.keepNode(id, "new", { ttl: 60 }),
    run: (_, __, call, kept) => within(call, kept.close()),
    applied: is(undefined),
  }),

  ...(["acquire", "tryAcquire"] as const).map((name) =>
    row({
      name: `lock.${name}`,
      setup: async (etcd, id) => etcd.lock(id),
      run: (_, __, call, lock: LockV2) => lock[name](call),
      applied: inQueue,
      release: (_, lock) => release(lock),
    }),
  ),
  row({
    name: "lock.acquire#twice",
    setup: async (etcd, id) => etcd.lock(id),
    // Both get the one hold; where the first fails, the second tries for itself.
    run: (_, __, call, lock) => Promise.any([lock.acquire(call), lock.acquire(call)]).catch(together),
    applied: inQueue,
    release: (_, lock) => release(lock),
  }),
  row({
    name: "lock.acquire#behind",
    // Somebody else holds it, and goes while this one waits.
    setup: async (etcd, id, truth) => {
      const held = await etcd.lock(id).acquire();
      return { lock: etcd.lock(id), free: () => truth.delete(`/v2/keys${held.key}`) };
    },
    async run(_, __, call, { lock, free: leave }) {
      const acquired = lock.acquire(call);
      const left = new Promise((resolve) => setTimeout(resolve, 20)).then(leave);
      try {
        await acquired;
      } finally {
        await left;
      }
    },
    applied: inQueue,
    release: (_, { lock }) => release(lock),
  }),
  row({
    name: "lock.tryAcquire#taken",
    setup: locked,
    run: (etcd, id, call) => etcd.lock(id).tryAcquire(call),
    keeps: true,
  }),
  row({ name: "lock.isLocked", reads: true, run: (etcd, id, call) => etcd.lock(id).isLocked(call) }),
  row({ name: "lock.renew", setup: locked, run: (_, __, call, lock) => lock.renew(90, call) }),
  row({
    name: "lock.release",
    endless: true,
    setup: locked,
    run: (_, __, call, lock) => within(call, lock.release()),
    applied: free,
  }),

  row({
    name: "election.set",
    run: (etcd, id, call) => etcd.election(id).set("me", { ttl: 60, ...call }),
    applied: isQueued,
    keeps: true,
  }),
  row({
    name: "election.set#again",
    setup: (etcd, id) => etcd.election(id).set("me"),
    run: (etcd, id, call) => etcd.election(id).set("me", { ttl: 60, ...call }),
    applied: async (truth, id) => (await childrenV2(truth, `_elections/${id}`)).some(({ ttl }) => ttl !== undefined),
  }),
  row({ name: "election.get", reads: true, setup: leading, run: (etcd, id, call) => etcd.election(id).get(call) }),
  row({
    name: "election.delete",
    setup: (etcd, id) => etcd.election(id).set("me"),
    run: (etcd, id, call) => etcd.election(id).delete("me", call),
    applied: nobody,
  }),
  row({
    name: "election.campaign",
    run: (etcd, id, call) => etcd.election(id).campaign("me", call),
    applied: isQueued,
    release: (led) => led.resign(),
  }),
  row({
    name: "election.leadership.resign",
    endless: true,
    setup: leading,
    run: (_, __, call, led) => within(call, led.resign()),
    applied: nobody,
  }),

  row({ name: "members", reads: true, run: (etcd, _, call) => etcd.members(call) }),
  row({ name: "leader", reads: true, run: (etcd, _, call) => etcd.leader(call) }),
  row({ name: "machines", reads: true, run: (etcd, _, call) => etcd.machines(call) }),
  row({
    name: "addMember",
    memoryOnly: true,
    run: (etcd, id, call) => etcd.addMember([`http://${id}:2380`], call),
    applied: async (truth, id) => (await peers(truth)).includes(id),
  }),
  row({
    name: "removeMember",
    memoryOnly: true,
    setup: member,
    run: (etcd, _, call, added) => etcd.removeMember(added, call),
    applied: async (truth, id) => !(await peers(truth)).includes(id),
  }),
  row({
    name: "updateMember",
    memoryOnly: true,
    setup: member,
    run: (etcd, id, call, added) => etcd.updateMember(added, [`http://new-${id}:2380`], call),
    applied: async (truth, id) => (await peers(truth)).includes(`new-${id}`),
  }),
  ...(["self", "leader", "store"] as const).map((which) =>
    row<unknown, unknown>({
      name: `stats.${which}`,
      reads: true,
      run: (etcd, _, call) => etcd.stats[which](call),
    }),
  ),
  row({ name: "version", reads: true, run: (etcd, _, call) => etcd.version(call) }),
  row({ name: "health", reads: true, run: (etcd, _, call) => etcd.health(call) }),
  row({ name: "execute", reads: true, run: async (etcd, _, call) => (await etcd.execute("/v2/keys/", call)).json() }),
  row({
    name: "execute#write",
    keeps: true,
    run: async (etcd, id, call) =>
      (await etcd.execute(`/v2/keys/${id}`, { method: "PUT", params: { value: "new" }, ...call })).json(),
    applied: is("new"),
  }),

  row({
    name: "auth.users.add",
    keeps: true,
    run: (etcd, id, call) => etcd.auth.users.add(id, "pw", call),
    async applied(truth, id) {
      const roles = await rolesOf(truth, id);
      // In the first of two steps etcd gives it a role, which the second takes away.
      return roles === undefined ? false : roles === "[]" ? true : "partly";
    },
  }),
  row({
    name: "auth.users.add#roles",
    keeps: true,
    setup: role,
    run: (etcd, id, call) => etcd.auth.users.add(id, "pw", { roles: [id], ...call }),
    applied: hasRole(true),
  }),
  row({ name: "auth.users.get", reads: true, setup: user, run: (etcd, id, call) => etcd.auth.users.get(id, call) }),
  row({ name: "auth.users.list", reads: true, run: (etcd, _, call) => etcd.auth.users.list(call) }),
  row({
    name: "auth.users.delete",
    setup: user,
    run: (etcd, id, call) => etcd.auth.users.delete(id, call),
    applied: userIs(false),
  }),
  row({
    name: "auth.users.changePassword",
    setup: user,
    run: (etcd, id, call) => etcd.auth.users.changePassword(id, "new", call),
  }),
  row({
    name: "auth.users.grantRole",
    setup: (etcd, id) => user(etcd, id).then(() => role(etcd, id)),
    run: (etcd, id, call) => etcd.auth.users.grantRole(id, id, call),
    applied: hasRole(true),
  }),
  row({
    name: "auth.users.revokeRole",
    setup: (etcd, id) => role(etcd, id).then(() => etcd.auth.users.add(id, "pw", { roles: [id] })),
    run: (etcd, id, call) => etcd.auth.users.revokeRole(id, id, call),
    applied: async (truth, id) => (await rolesOf(truth, id)) === "[]",
  }),
  row({ name: "auth.roles.add", run: (etcd, id, call) => etcd.auth.roles.add(id, call), applied: roleIs(true) }),
  row({ name: "auth.roles.get", reads: true, setup: role, run: (etcd, id, call) => etcd.auth.roles.get(id, call) }),
  row({ name: "auth.roles.list", reads: true, run: (etcd, _, call) => etcd.auth.roles.list(call) }),
  row({
    name: "auth.roles.delete",
    setup: role,
    run: (etcd, id, call) => etcd.auth.roles.delete(id, call),
    applied: roleIs(false),
  }),
  row({
    name: "auth.roles.grantPermission",
    setup: role,
    run: (etcd, id, call) => etcd.auth.roles.grantPermission(id, "read", `/${id}`, call),
    applied: hasPermission(true),
  }),
  row({
    name: "auth.roles.revokePermission",
    async setup(etcd, id) {
      await etcd.auth.roles.add(id, { permissions: { read: [`/${id}`] } });
    },
    run: (etcd, id, call) => etcd.auth.roles.revokePermission(id, "read", `/${id}`, call),
    applied: hasPermission(false),
  }),
  row({ name: "auth.status", reads: true, run: (etcd, _, call) => etcd.auth.status(call) }),
  row({
    name: "auth.enable",
    memoryOnly: true,
    setup: root,
    run: (etcd, _, call) => etcd.auth.enable(call),
    applied: authIsOn,
  }),
  row({
    name: "auth.disable",
    memoryOnly: true,
    async setup(etcd) {
      await root(etcd);
      await etcd.auth.enable();
    },
    run: (etcd, _, call) => etcd.auth.disable(call),
    applied: async (truth) => !(await authIsOn(truth)),
  }),
];

/** What sends no request of its own, and so cannot be broken. */
export const v2WithoutRequests: readonly string[] = [
  "lock",
  "election",
  "close",
  "toString",
  "toJSON",
  "lock.isHeld",
  "election.leadership.isHeld",
];
