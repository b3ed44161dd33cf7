import { compare } from "../../src/v3/kv/compare.ts";
import type { Entry } from "../../src/v3/kv/entry.ts";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import { op } from "../../src/v3/kv/op.ts";
import type { Etcd } from "../../src/v3/client.ts";
import type { Operation } from "./run-broken-request.ts";
import type { Truth } from "./truth.ts";

/** Keeps the type of what `setup` makes; the list holds operations with states of all kinds. */
function row<S, R>(operation: Operation<Etcd, S, R>): Operation<Etcd> {
  return operation as Operation<Etcd>;
}

const limit = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(400) });
const once = { exactlyOnce: true } as const;
const is =
  (value: string | undefined) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    (await truth.value(id)) === value;
const put = async (etcd: Etcd, id: string): Promise<bigint> => (await etcd.put(id, "old")).revision;
const entry = async (etcd: Etcd, id: string): Promise<Entry> => {
  await put(etcd, id);
  const found = await etcd.get(id);
  if (found === null) throw new Error("it was put");
  return found;
};
const lease = async (etcd: Etcd): Promise<bigint> => (await etcd.lease.grant(60)).id;
const leaseIs =
  (there: boolean) =>
  async (truth: Truth, _: string, id: bigint): Promise<boolean> =>
    (await truth.leases()).includes(String(id)) === there;
const user = async (etcd: Etcd, id: string): Promise<void> => etcd.auth.users.add(id, "pw");
const role = async (etcd: Etcd, id: string): Promise<void> => etcd.auth.roles.add(id);
const names = async (truth: Truth, path: string, field: string): Promise<readonly string[]> =>
  ((await truth.post(path))[field] ?? []) as string[];
const userIs =
  (there: boolean) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    (await names(truth, "/v3/auth/user/list", "users")).includes(id) === there;
const roleIs =
  (there: boolean) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    (await names(truth, "/v3/auth/role/list", "roles")).includes(id) === there;
const hasRole =
  (there: boolean) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    (((await truth.post("/v3/auth/user/get", { name: id }))["roles"] ?? []) as string[]).includes(id) === there;
const hasPermission =
  (there: boolean) =>
  async (truth: Truth, id: string): Promise<boolean> =>
    (((await truth.post("/v3/auth/role/get", { role: id }))["perm"] ?? []) as unknown[]).length > 0 === there;
const peers = async (truth: Truth): Promise<string> =>
  JSON.stringify((await truth.post("/v3/cluster/member/list"))["members"]);

async function first<T>(all: AsyncIterable<T>): Promise<T | undefined> {
  for await (const each of all) return each;
  return undefined;
}

/** Everything that a client of v3 can be asked for. */
export const v3Operations: readonly Operation<Etcd>[] = [
  ...(["get", "range", "count", "has", "keys"] as const).map((name) =>
    row<bigint, unknown>({ name, reads: true, setup: put, run: (etcd, id, call) => etcd[name](id, call) }),
  ),
  ...(["scan", "pages"] as const).map((name) =>
    row({ name, reads: true, setup: put, run: (etcd, id, call) => first<unknown>(etcd[name]({ prefix: id }, call)) }),
  ),
  row({ name: "ls", reads: true, setup: put, run: (etcd, id, call) => first(etcd.ls({ prefix: id }, call)) }),
  row({
    name: "watch",
    reads: true,
    endless: true,
    setup: put,
    run: (etcd, id, _, from) => first(etcd.watch(id, { from, ...limit() })),
  }),
  row({
    name: "watchOnce",
    reads: true,
    setup: put,
    run: (etcd, id, call, from) => etcd.watchOnce(id, { from, ...call }),
  }),

  row({ name: "put", keeps: true, run: (etcd, id, call) => etcd.put(id, "new", call), applied: is("new") }),
  row({
    name: "put#exactlyOnce",
    keeps: true,
    run: (etcd, id, call) => etcd.put(id, "new", { ...call, ...once, prev: true }),
    applied: is("new"),
  }),
  row({
    name: "put#guard",
    keeps: true,
    setup: put,
    run: (etcd, id, call, modRevision) => etcd.put(id, "new", { ...call, guard: { modRevision } }),
    applied: is("new"),
  }),
  row({ name: "create", keeps: true, run: (etcd, id, call) => etcd.create(id, "new", call), applied: is("new") }),
  row({
    name: "create#exactlyOnce",
    keeps: true,
    run: (etcd, id, call) => etcd.create(id, "new", { ...call, ...once }),
    applied: is("new"),
  }),
  row({
    name: "replace",
    setup: put,
    run: (etcd, id, call) => etcd.replace(id, "old", "new", call),
    applied: is("new"),
  }),
  row({
    name: "update",
    setup: entry,
    async run(etcd, _, call, found) {
      const { updated } = await etcd.update(found, "new", call);
      if (!updated) throw new Error("nobody else writes");
    },
    applied: is("new"),
  }),
  row({
    name: "update#exactlyOnce",
    keeps: true,
    setup: entry,
    run: (etcd, _, call, found) => etcd.update(found, "new", { ...call, ...once }),
    applied: is("new"),
  }),
  row({ name: "delete", setup: put, run: (etcd, id, call) => etcd.delete(id, call), applied: is(undefined) }),
  row({
    name: "delete#guard",
    setup: put,
    run: (etcd, id, call, modRevision) => etcd.delete(id, { ...call, guard: { modRevision } }),
    applied: is(undefined),
  }),
  row({
    name: "delete#exactlyOnce",
    setup: put,
    run: (etcd, id, call) => etcd.delete(id, { ...call, ...once, prev: true }),
    applied: is(undefined),
  }),
  row({ name: "pop", setup: put, run: (etcd, id, call) => etcd.pop(id, call), applied: is(undefined) }),
  ...[false, true].map((physical) =>
    row({
      name: physical ? "compact#physical" : "compact",
      setup: put,
      run: (etcd, _, call, revision) => etcd.compact(revision, { ...call, physical }),
      applied: async (truth, _, revision) =>
        "code" in (await truth.post("/v3/kv/range", { key: "AA==", revision: String(revision - 1n) })),
    }),
  ),
  row({
    name: "txn",
    keeps: true,
    run: (etcd, id, call) => etcd.txn({ if: [compare.missing(id)], then: [op.put(id, "new")] }, call),
    applied: is("new"),
  }),
  row({
    name: "txn#exactlyOnce",
    keeps: true,
    setup: put,
    run: (etcd, id, call) => etcd.txn({ then: [op.get(id), op.put(id, "new", { prev: true })] }, { ...call, ...once }),
    applied: is("new"),
  }),
  row({
    name: "txn#nested",
    keeps: true,
    run: (etcd, id, call) => etcd.txn({ then: [op.txn({ then: [op.put(id, "new")] })] }, { ...call, ...once }),
    applied: is("new"),
  }),
  row({ name: "txn#reads", reads: true, run: (etcd, id, call) => etcd.txn({ then: [op.get(id)] }, call) }),

  row({
    name: "lease.grant",
    run: (etcd, _, call) => etcd.lease.grant(60, call),
    applied: async (truth) => (await truth.leases()).length > 0,
    release: (granted, _) => Promise.resolve(granted),
    keeps: true,
  }),
  row({
    name: "lease.revoke",
    setup: lease,
    run: (etcd, _, call, id) => etcd.lease.revoke(id, call),
    applied: leaseIs(false),
  }),
  row({ name: "lease.keepAliveOnce", setup: lease, run: (etcd, _, call, id) => etcd.lease.keepAliveOnce(id, call) }),
  row({
    name: "lease.timeToLive",
    reads: true,
    setup: lease,
    run: (etcd, _, call, id) => etcd.lease.timeToLive(id, { ...call, keys: true }),
  }),
  row({ name: "lease.list", reads: true, run: (etcd, _, call) => etcd.lease.list(call) }),

  row({ name: "cluster.members", reads: true, run: (etcd, _, call) => etcd.cluster.members(call) }),
  row({ name: "cluster.leader", reads: true, run: (etcd, _, call) => etcd.cluster.leader(call) }),
  row({
    name: "cluster.addMember",
    memoryOnly: true,
    run: (etcd, id, call) => etcd.cluster.addMember([`http://${id}:2380`], { ...call, learner: true }),
    applied: async (truth, id) => (await peers(truth)).includes(id),
  }),
  row({
    name: "cluster.removeMember",
    memoryOnly: true,
    setup: async (etcd, id) => (await etcd.cluster.addMember([`http://${id}:2380`], { learner: true })).member.id,
    run: (etcd, _, call, member) => etcd.cluster.removeMember(member, call),
    applied: async (truth, id) => !(await peers(truth)).includes(id),
  }),
  row({
    name: "cluster.updateMember",
    memoryOnly: true,
    setup: async (etcd, id) => (await etcd.cluster.addMember([`http://${id}:2380`], { learner: true })).member.id,
    run: (etcd, id, call, member) => etcd.cluster.updateMember(member, [`http://new-${id}:2380`], call),
    applied: async (truth, id) => (await peers(truth)).includes(`new-${id}`),
  }),
  row({
    name: "cluster.promoteMember",
    memoryOnly: true,
    setup: async (etcd, id) => (await etcd.cluster.addMember([`http://${id}:2380`], { learner: true })).member.id,
    // Nobody runs it, so that it is never in sync.
    run: (etcd, _, call, member) =>
      etcd.cluster.promoteMember(member, call).catch((error: unknown) => {
        if (!EtcdError.is(error) || error.reason !== "LearnerNotReady" || error.outcome !== "not-applied") throw error;
      }),
  }),

  row({
    name: "maintenance.alarms",
    reads: true,
    run: (etcd, _, call) => etcd.maintenance.alarms(undefined, undefined, call),
  }),
  row({
    name: "maintenance.createAlarm",
    memoryOnly: true,
    run: (etcd, _, call) => etcd.maintenance.createAlarm(7n, "NOSPACE", call),
    applied: async (truth) => JSON.stringify(await truth.post("/v3/maintenance/alarm")).includes("NOSPACE"),
  }),
  row({
    name: "maintenance.disarmAlarm",
    memoryOnly: true,
    async setup(etcd) {
      await etcd.maintenance.createAlarm(7n, "NOSPACE");
      await etcd.maintenance.createAlarm(8n, "NOSPACE");
    },
    run: (etcd, _, call) => etcd.maintenance.disarmAlarm(undefined, undefined, call),
    applied: async (truth) => !JSON.stringify(await truth.post("/v3/maintenance/alarm")).includes("NOSPACE"),
  }),
  row({ name: "maintenance.status", reads: true, run: (etcd, _, call) => etcd.maintenance.status(undefined, call) }),
  row({ name: "maintenance.health", reads: true, run: (etcd, _, call) => etcd.maintenance.health(undefined, call) }),
  row({ name: "maintenance.version", reads: true, run: (etcd, _, call) => etcd.maintenance.version(undefined, call) }),
  row({ name: "maintenance.defragment", run: (etcd, _, call) => etcd.maintenance.defragment(undefined, call) }),
  row({ name: "maintenance.hash", reads: true, run: (etcd, _, call) => etcd.maintenance.hash(undefined, call) }),
  row({
    name: "maintenance.hashKv",
    reads: true,
    run: (etcd, _, call) => etcd.maintenance.hashKv(undefined, undefined, call),
  }),
  row({
    name: "maintenance.moveLeader",
    setup: async (etcd) => (await etcd.maintenance.status()).leader,
    run: (etcd, _, call, leader) => etcd.maintenance.moveLeader(leader, call),
  }),
  row({
    name: "maintenance.downgrade",
    memoryOnly: true,
    run: (etcd, _, call) => etcd.maintenance.downgrade("cancel", undefined, call),
  }),
  row({
    name: "maintenance.snapshot",
    reads: true,
    async run(etcd, _, call) {
      for await (const piece of etcd.maintenance.snapshot(call)) void piece;
    },
  }),

  row({
    name: "auth.users.add",
    keeps: true,
    run: (etcd, id, call) => etcd.auth.users.add(id, "pw", call),
    applied: userIs(true),
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
    async setup(etcd, id) {
      await user(etcd, id);
      await role(etcd, id);
      await etcd.auth.users.grantRole(id, id);
    },
    run: (etcd, id, call) => etcd.auth.users.revokeRole(id, id, call),
    applied: hasRole(false),
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
    run: (etcd, id, call) => etcd.auth.roles.grantPermission(id, "read", id, call),
    applied: hasPermission(true),
  }),
  row({
    name: "auth.roles.revokePermission",
    async setup(etcd, id) {
      await role(etcd, id);
      await etcd.auth.roles.grantPermission(id, "read", id);
    },
    run: (etcd, id, call) => etcd.auth.roles.revokePermission(id, id, call),
    applied: hasPermission(false),
  }),
  row({
    name: "auth.enable",
    memoryOnly: true,
    async setup(etcd) {
      await etcd.auth.users.add("root", "pw");
      await etcd.auth.users.grantRole("root", "root");
    },
    run: (etcd, _, call) => etcd.auth.enable(call),
    applied: async (truth) => "code" in (await truth.post("/v3/auth/user/list")),
  }),
  row({ name: "auth.disable", run: (etcd, _, call) => etcd.auth.disable(call) }),
  row({ name: "auth.status", reads: true, run: (etcd, _, call) => etcd.auth.status(call) }),
  row({ name: "auth.whoami", reads: true, run: (etcd, _, call) => etcd.auth.whoami(call) }),
  row({ name: "auth.can", reads: true, run: (etcd, id, call) => etcd.auth.can("read", id, call) }),
];

/** What sends no request of its own, and so cannot be broken. */
export const v3WithoutRequests: readonly string[] = [
  "namespace",
  "following",
  "pinned",
  "onClusterChange",
  "beforeClose",
  "close",
  "setEndpoints",
];
