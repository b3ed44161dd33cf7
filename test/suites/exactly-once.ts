import type { Interceptor } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { compare, type Etcd, EtcdError, op, operationPrefix } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { recorder, value } from "./tools.ts";

const once = { exactlyOnce: true };
/** Sends each transaction a second time once it is answered, as some browsers do with any POST. */
const twice: Interceptor = (next) => async (request) => {
  if (request.method.name === "Txn") await next(request);
  return next(request);
};

/** Writes that are applied once however often they arrive. What becomes of lost answers takes a network to lose them. */
export function exactlyOnceSuite(connect: Connect): void {
  const records = async (etcd: Etcd): Promise<number> => Number(await etcd.count({ prefix: operationPrefix }));

  describe.each([
    ["sent once", []],
    ["sent twice", [twice]],
  ])("a write that is %s", (_, interceptors) => {
    const open = (): Etcd => connect({ interceptors, namespace: freshPrefix() });

    it("puts once, and answers the revision and the entry before", async () => {
      const etcd = open();
      await etcd.put("a", "1");
      const before = value(await etcd.get("a"));
      const { revision, prev } = await etcd.put("a", "2", { ...once, prev: true });
      expect(prev).toEqual(before);
      expect(await etcd.get("a")).toMatchObject({ modRevision: revision, version: before.version + 1n });
      expect((await etcd.put("b", "1", { ...once, prev: true })).prev).toBeNull();
      expect(await etcd.get("b")).toMatchObject({ version: 1n });
    });

    it("creates once, and says so however often it was sent", async () => {
      const etcd = open();
      const first = await etcd.create("a", "1", once);
      expect(first.created).toBe(true);
      expect(await etcd.get("a")).toMatchObject({ modRevision: first.revision, version: 1n });
      expect((await etcd.create("a", "2", once)).created).toBe(false);
      expect((await etcd.get("a"))?.text()).toBe("1");
    });

    it("replaces and updates once", async () => {
      const etcd = open();
      await etcd.create("a", "1", once);
      expect((await etcd.replace("a", "1", "1", once)).replaced).toBe(true);
      expect((await etcd.replace("a", "2", "3", once)).replaced).toBe(false);
      const read = value(await etcd.get("a"));
      expect(read.version).toBe(2n);
      const updated = await etcd.update(read, "2", once);
      expect(updated.updated).toBe(true);
      expect(updated.entry).toEqual(await etcd.get("a"));
      expect(await etcd.update(read, "3", once)).toMatchObject({ updated: false, entry: updated.entry });
    });

    it("deletes once, and answers the number and the entries of the first time", async () => {
      const etcd = open();
      for (const name of ["x/a", "x/b"]) await etcd.put(name, name, once);
      const { deleted, prev } = await etcd.delete({ prefix: "x/" }, { ...once, prev: true });
      expect([deleted, prev.map((entry) => entry.text())]).toEqual([2n, ["x/a", "x/b"]]);
      expect(await etcd.delete({ prefix: "x/" }, once)).toMatchObject({ deleted: 0n, prev: [] });
      await etcd.put("y", "1", once);
      expect((await etcd.pop("y", once))?.text()).toBe("1");
      expect(await etcd.pop("y", once)).toBeNull();
    });

    it("runs a transaction once, and answers its verdict and results", async () => {
      const etcd = open();
      const push = () =>
        etcd.txn(
          {
            if: [compare.missing("a")],
            then: [op.get("b"), op.put("a", "1", { prev: true })],
            else: [op.put("a", "2", { prev: true }), op.get("b"), op.delete({ prefix: "c" }, { prev: true })],
          },
          once,
        );
      const first = await push();
      expect(first.succeeded).toBe(true);
      expect(first.results).toMatchObject([{ entry: null }, { prev: null }]);
      expect(await etcd.get("a")).toMatchObject({ version: 1n, modRevision: first.revision });
      await etcd.put("c1", "gone", once);
      const second = await push();
      expect(second.succeeded).toBe(false);
      expect(second.results).toMatchObject([
        { prev: { key: "a", version: 1n } },
        { entry: null },
        { deleted: 1n, prev: [{ key: "c1" }] },
      ]);
      expect(await etcd.get("a")).toMatchObject({ version: 2n, modRevision: second.revision });
    });

    it("keeps to its guard", async () => {
      const etcd = open();
      const { revision: modRevision } = await etcd.put("a", "1", once);
      const done = await etcd.put("a", "2", { ...once, guard: { modRevision }, prev: true });
      expect(done.prev?.text()).toBe("1");
      const refusal = { reason: "GuardFailed", outcome: "not-applied" };
      await expect(etcd.put("a", "3", { ...once, guard: { modRevision } })).rejects.toMatchObject(refusal);
      await expect(etcd.delete("a", { ...once, guard: { modRevision } })).rejects.toMatchObject(refusal);
      expect(await etcd.get("a")).toMatchObject({ version: 2n, modRevision: done.revision });
      expect((await etcd.delete("a", { ...once, guard: { modRevision: done.revision } })).deleted).toBe(1n);
    });

    it("reports a refusal as any other write does", async () => {
      const etcd = open();
      await etcd.put("a", "1");
      const refusal = { reason: "KeyNotFound", outcome: "not-applied" };
      await expect(etcd.put("missing", "", { ...once, ignoreValue: true })).rejects.toMatchObject(refusal);
      expect(await etcd.keys({ from: "a" })).toEqual(["a"]);
    });
  });

  it("shows that the second copy of a plain write is applied again", async () => {
    const etcd = connect({ interceptors: [twice], namespace: freshPrefix() });
    await etcd.txn({ then: [op.put("a", "1")] });
    expect(await etcd.get("a")).toMatchObject({ version: 2n });
  });

  it("leaves one record for each write, on one lease, inside of the namespace", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    await etcd.put("a", "1", once);
    await etcd.delete("a", once);
    await etcd.txn({ then: [op.put("b", "1")] }, once);
    const { entries } = await etcd.range({ prefix: operationPrefix });
    expect(entries).toHaveLength(3);
    const [lease] = new Set(entries.map((entry) => entry.lease));
    expect(new Set(entries.map((entry) => entry.lease)).size).toBe(1);
    const { ttl } = await etcd.lease.timeToLive(value(lease));
    expect(ttl).toBeGreaterThan(60);
    expect(ttl).toBeLessThanOrEqual(120);
    await etcd.lease.revoke(value(lease));
    expect(await records(etcd)).toBe(0);
  });

  it("goes on with another lease when its own was revoked", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    await etcd.put("a", "1", once);
    const [record] = (await etcd.range({ prefix: operationPrefix })).entries;
    await etcd.lease.revoke(value(record).lease);
    await etcd.put("a", "2", once);
    expect(await etcd.get("a")).toMatchObject({ version: 2n });
    expect(await records(etcd)).toBe(1);
  });

  it("was not applied where its time was up before it could be sent", async () => {
    const silent: Interceptor = (next) => (request) =>
      request.method.name === "LeaseGrant" ? new Promise<never>(() => undefined) : next(request);
    const etcd = connect({ interceptors: [silent], namespace: freshPrefix() });
    const late = { reason: "Timeout", outcome: "not-applied" };
    await expect(etcd.put("a", "1", { ...once, timeoutMs: 50 })).rejects.toMatchObject(late);
    const reason = new EtcdError("enough", "LockLost", { outcome: "unknown" });
    const controller = new AbortController();
    const writing = etcd.put("a", "1", { ...once, signal: controller.signal });
    controller.abort(reason);
    await expect(writing).rejects.toBe(reason);
  });

  it("is the client's default where that says so, and can be left out then", async () => {
    const etcd = connect({ namespace: freshPrefix(), exactlyOnce: true });
    await etcd.put("a", "1");
    await etcd.create("b", "1");
    await etcd.delete("b");
    expect(await records(etcd)).toBe(3);
    await etcd.namespace(operationPrefix).put("x", "", { exactlyOnce: false });
    await etcd.put("a", "2", { exactlyOnce: false });
    await etcd.delete("a", { exactlyOnce: false });
    expect(await records(etcd)).toBe(4);
  });

  it("leaves no record of what writes nothing", async () => {
    const { interceptor, rpcs } = recorder();
    const etcd = connect({ namespace: freshPrefix(), exactlyOnce: true, interceptors: [interceptor] });
    await etcd.txn({ if: [compare.missing("a")], then: [op.get("a")], else: [op.txn({ then: [op.get("b")] })] });
    await etcd.txn({});
    await etcd.get("a");
    expect(rpcs()).toEqual(["Txn", "Txn", "Range"]);
    expect(await records(etcd)).toBe(0);
  });

  it("refuses to delete the record that would tell of the delete", async () => {
    const etcd = connect({ namespace: freshPrefix(), exactlyOnce: true });
    await etcd.put("a", "1");
    const refusal = { reason: "InvalidArgument", outcome: "not-applied" };
    await expect(etcd.delete({ all: true })).rejects.toMatchObject(refusal);
    await expect(etcd.delete({ from: "a" })).resolves.toMatchObject({ deleted: 1n });
    await expect(etcd.delete({ from: "_" })).rejects.toMatchObject(refusal);
    await expect(
      etcd.txn({ then: [op.txn({ then: [op.delete({ prefix: operationPrefix })] })] }),
    ).rejects.toMatchObject(refusal);
    expect((await etcd.delete({ all: true }, { exactlyOnce: false })).deleted).toBeGreaterThan(0n);
  });

  it("takes two of the steps that a transaction may have", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    const puts = (n: number) => Array.from({ length: n }, (_, i) => op.put(`k${i}`, ""));
    expect((await etcd.txn({ then: puts(126) }, once)).results).toHaveLength(126);
    await etcd.delete({ prefix: "k" });
    await expect(etcd.txn({ then: puts(127) }, once)).rejects.toMatchObject({
      reason: "TooManyOps",
      outcome: "not-applied",
    });
    expect(await etcd.count({ prefix: "k" })).toBe(0n);
  });

  it("takes two requests to begin with, then one for each write", async () => {
    const { interceptor, rpcs } = recorder();
    const etcd = connect({ namespace: freshPrefix(), interceptors: [interceptor] });
    await Promise.all([etcd.put("a", "1", once), etcd.put("b", "1", once), etcd.put("c", "1", once)]);
    await etcd.put("a", "2", once);
    expect(rpcs().sort()).toEqual(["LeaseGrant", "Txn", "Txn", "Txn", "Txn"]);
  });
}
