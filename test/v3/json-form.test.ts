import { inspect } from "node:util";
import { expect, it } from "vitest";
import { createEtcd, op } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

const jsonOf = async (value: unknown): Promise<unknown> => Response.json(value).json();

it("answers go into JSON: bigints as decimal strings, bytes as text or base64", async () => {
  await using etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
  const watch = etcd.watch({ prefix: "a" }, { prev: true });
  await watch.ready;
  const first = { key: "a", value: '{"x":1}', createRevision: "2", modRevision: "2", version: "1", lease: "0" };
  expect(await jsonOf(await etcd.put("a", '{"x":1}', { prev: true }))).toEqual({ revision: "2", prev: null });
  await etcd.put(Uint8Array.of(0x61, 0xff), Uint8Array.of(0, 0xfe));
  const second = { keyBase64: "Yf8=", valueBase64: "AP4=", createRevision: "3", modRevision: "3" };
  expect(await jsonOf(await etcd.get("a"))).toEqual(first);
  expect(await jsonOf(await etcd.range({ prefix: "a" }))).toEqual({
    entries: [first, { ...second, version: "1", lease: "0" }],
    count: "2",
    more: false,
    revision: "3",
  });
  for await (const page of etcd.pages({ prefix: "a" }, { pageSize: 1 })) {
    expect(await jsonOf(page)).toEqual({ entries: [first], revision: "3" });
    break;
  }
  for await (const child of etcd.ls({ all: true })) {
    expect(await jsonOf(child)).toEqual({ name: "a", path: "a", pathBytes: "a", folder: false });
    break;
  }
  for await (const event of watch) {
    expect(await jsonOf(event)).toEqual({ type: "put", entry: first, prev: null, revision: "2", synthetic: false });
    break;
  }
  for await (const batch of etcd.watch("a", { from: 2n }).batches()) {
    expect(await jsonOf(batch)).toMatchObject({ revision: "2", events: [{ entry: first }] });
    break;
  }
  expect(await jsonOf(await etcd.create("c", "1"))).toEqual({ created: true, revision: "4" });
  expect(await jsonOf(await etcd.replace("c", "1", "2"))).toEqual({ replaced: true, revision: "5" });
  expect(await jsonOf(await etcd.txn({ then: [op.get("a"), op.put("b", "1"), op.delete("c")] }))).toMatchObject({
    succeeded: true,
    revision: "6",
    results: [{ type: "get", count: "1", entry: first }, { type: "put", revision: "6" }, { deleted: "1" }],
  });
  const entry = await etcd.get("a");
  if (entry !== null) {
    expect(await jsonOf(await etcd.update(entry, "2"))).toMatchObject({ updated: true, entry: { value: "2" } });
  }
  expect(await jsonOf(await etcd.delete("a", { prev: true }))).toMatchObject({ deleted: "1", prev: [{ key: "a" }] });
});

it("an answer is compared and listed by its data alone", async () => {
  await using etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
  const answer = await etcd.put("a", "1");
  expect(Object.keys(answer)).toEqual(["revision", "prev"]);
  expect(answer).toStrictEqual({ revision: 2n, prev: null });
});

it("a console shows the key and the beginning of the value", async () => {
  await using etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
  await etcd.put("a", "x".repeat(1000));
  const text = inspect(await etcd.get("a"));
  expect(text).toMatch(/^Entry \{"key":"a","value":"x{200}… \(1000 characters\)"/);
});

it("answers of leases, members, maintenance and auth go into JSON too", async () => {
  await using etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
  expect(await jsonOf(await etcd.lease.grant(60, { id: 7n }))).toEqual({ id: "7", ttl: 60 });
  await etcd.put("a", "1", { lease: 7n });
  const lease = { id: "7", ttl: expect.any(Number), grantedTtl: 60 };
  expect(await jsonOf(await etcd.lease.timeToLive(7n))).toEqual(lease);
  expect(await jsonOf(await etcd.lease.timeToLive(7n, { keys: true }))).toEqual({ ...lease, keys: ["a"] });
  await etcd.put(Uint8Array.of(0xff), "1", { lease: 7n });
  expect(await jsonOf(await etcd.lease.timeToLive(7n, { keys: true }))).toEqual({
    ...lease,
    keysBase64: ["YQ==", "/w=="],
  });
  expect(await jsonOf(await etcd.lease.keepAliveOnce(7n))).toEqual({ id: "7", ttl: 60 });
  expect(await jsonOf(await etcd.lease.list())).toEqual(["7"]);

  const [member] = await etcd.cluster.members();
  const id = String(member?.id);
  expect(await jsonOf(await etcd.cluster.members())).toMatchObject([{ id, name: member?.name, isLearner: false }]);
  expect(await jsonOf(await etcd.cluster.leader())).toMatchObject({ id });
  const added = await etcd.cluster.addMember("http://127.0.0.1:23800", { learner: true });
  expect(await jsonOf(added)).toMatchObject({ member: { id: String(added.member.id) }, members: [{ id }, {}] });
  expect(await jsonOf(await etcd.cluster.removeMember(added.member.id))).toMatchObject([{ id }]);

  expect(await jsonOf(await etcd.maintenance.status())).toMatchObject({ memberId: id, leader: id, revision: "3" });
  expect(await jsonOf(await etcd.maintenance.hash())).toMatchObject({ revision: "3" });
  expect(await jsonOf(await etcd.maintenance.hashKv())).toMatchObject({ compactRevision: "-1", revision: "3" });
  const alarm = { memberId: id, type: "CORRUPT" };
  expect(await jsonOf(await etcd.maintenance.createAlarm(member?.id ?? 0n, "CORRUPT"))).toEqual(alarm);
  expect(await jsonOf(await etcd.maintenance.alarms())).toEqual([alarm]);
  expect(await jsonOf(await etcd.maintenance.disarmAlarm())).toEqual([alarm]);

  await etcd.auth.roles.add("r");
  await etcd.auth.roles.grantPermission("r", "read", { prefix: "a" });
  await etcd.auth.roles.grantPermission("r", "write", { prefix: Uint8Array.of(0xfe, 1) });
  expect(await jsonOf(await etcd.auth.roles.get("r"))).toEqual({
    name: "r",
    permissions: [
      { permission: "read", key: "a", rangeEnd: "b", selector: { prefix: "a" } },
      { permission: "write", keyBase64: "/gE=", rangeEndBase64: "/gI=", selector: { prefixBase64: "/gE=" } },
    ],
  });
  expect(await jsonOf(await etcd.auth.whoami())).toMatchObject({ permissions: [{ selector: { all: true } }] });
  expect(await jsonOf(await etcd.auth.status())).toMatchObject({ enabled: false, authRevision: expect.any(String) });
});
