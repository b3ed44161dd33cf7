import { expect, it } from "vitest";
import { op } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { bytes, value } from "./tools.ts";

export function putSuite(connect: Connect): void {
  it("answers the revision of the write", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { revision, prev } = await etcd.put(key, "1");
    expect((await etcd.get(key))?.modRevision).toBe(revision);
    expect(prev).toBeNull();
  });

  it("answers the entry it replaced, if asked to", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    expect((await etcd.put(key, "1", { prev: true })).prev).toBeNull();
    const before = value(await etcd.get(key));
    expect((await etcd.put(key, "2", { prev: true })).prev).toEqual(before);
    expect((await etcd.put(key, "3")).prev).toBeNull();
    expect((await etcd.get(key))?.text()).toBe("3");
  });

  it("writes the bytes that there were when it was called, whatever becomes of them after that", async () => {
    const etcd = connect({ batchReads: true });
    const prefix = freshPrefix();
    const key = bytes(prefix, "0");
    const given = bytes("0");
    let digit = 0x30;
    const next = (): void => {
      digit++;
      key.fill(digit, -1);
      given.fill(digit);
    };
    const { revision } = await etcd.put(`${prefix}3`, "0");
    await etcd.put(`${prefix}4`, "0");
    const entry = value(await etcd.get(`${prefix}4`));
    const writes: Promise<unknown>[] = [];
    next();
    writes.push(etcd.put(key, given));
    next();
    writes.push(etcd.put(key, given, { exactlyOnce: true }));
    next();
    writes.push(etcd.put(key, given, { guard: { modRevision: revision } }));
    next();
    const updating = etcd.update(entry, given);
    next();
    writes.push(etcd.txn({ then: [op.put(key, given)] }));
    next();
    writes.push(etcd.create(key, given));
    next();
    await Promise.all(writes);
    expect((await updating).entry?.text()).toBe("4");
    const { entries } = await etcd.range({ prefix });
    expect(entries.map((each) => `${each.key.slice(prefix.length)}=${each.text()}`).join()).toBe(
      "1=1,2=2,3=3,4=4,5=5,6=6",
    );
    const wanted = bytes(prefix, "1");
    const reads = [etcd.get(wanted), etcd.get(`${prefix}2`)];
    wanted.fill(0);
    expect((await Promise.all(reads)).map((each) => each?.text())).toEqual(["1", "2"]);
  });

  it("attaches a key to a lease, and a put without one detaches it", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { id } = await etcd.lease.grant(60);
    await etcd.put(key, "1", { lease: id });
    const leased = value(await etcd.get(key));
    expect(leased.lease).toBe(id);
    await etcd.put(key, "2", { lease: leased.lease });
    expect((await etcd.get(key))?.lease).toBe(id);
    await etcd.put(key, "3");
    expect((await etcd.get(key))?.lease).toBe(0n);
    await etcd.put(key, "4", { lease: 0n });
    await etcd.lease.revoke(id);
    expect((await etcd.get(key))?.text()).toBe("4");
  });

  it("deletes what is attached when the lease is revoked", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const { id } = await etcd.lease.grant(60);
    await etcd.put(`${prefix}a`, "1", { lease: id });
    await etcd.put(`${prefix}b`, "1");
    await etcd.lease.revoke(id);
    expect(await etcd.keys({ prefix })).toEqual([`${prefix}b`]);
  });

  it("keeps the lease, or the value, on request", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const first = await etcd.lease.grant(60);
    const second = await etcd.lease.grant(60);
    await etcd.put(key, "1", { lease: first.id });
    await etcd.put(key, "2", { ignoreLease: true });
    expect(await etcd.get(key)).toMatchObject({ lease: first.id, version: 2n, value: new Uint8Array([0x32]) });
    await etcd.put(key, "", { ignoreValue: true, lease: second.id });
    expect(await etcd.get(key)).toMatchObject({ lease: second.id, version: 3n, value: new Uint8Array([0x32]) });
    await etcd.put(key, "", { ignoreValue: true });
    expect(await etcd.get(key)).toMatchObject({ lease: 0n, version: 4n, value: new Uint8Array([0x32]) });
    await Promise.all([etcd.lease.revoke(first.id), etcd.lease.revoke(second.id)]);
  });

  it("refuses to keep what is not there", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}missing`;
    const refusal = { reason: "KeyNotFound", outcome: "not-applied" };
    await expect(etcd.put(key, "", { ignoreValue: true })).rejects.toMatchObject(refusal);
    await expect(etcd.put(key, "1", { ignoreLease: true })).rejects.toMatchObject(refusal);
    expect(await etcd.has(key)).toBe(false);
  });

  it("refuses a lease that does not exist", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await expect(etcd.put(key, "1", { lease: 4242n })).rejects.toMatchObject({
      reason: "LeaseNotFound",
      outcome: "not-applied",
    });
    expect(await etcd.has(key)).toBe(false);
  });

  it("takes the largest and the negative lease ids for what they are", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { id } = await etcd.lease.grant(60, connect.target.ownLeaseIds ? {} : { id: 2n ** 63n - 1n });
    await etcd.put(key, "1", { lease: id });
    expect((await etcd.get(key))?.lease).toBe(id);
    await etcd.lease.revoke(id);
    await expect(etcd.put(key, "1", { lease: -(2n ** 63n) })).rejects.toMatchObject({ reason: "LeaseNotFound" });
  });

  it("writes only if the key is as the guard saw it", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { revision } = await etcd.put(key, "1");
    const second = await etcd.put(key, "2", { guard: { modRevision: revision }, prev: true });
    expect(second.prev?.text()).toBe("1");
    expect((await etcd.get(key))?.modRevision).toBe(second.revision);
    const late = etcd.put(key, "3", { guard: { modRevision: revision } });
    await expect(late).rejects.toMatchObject({ reason: "GuardFailed", outcome: "not-applied" });
    expect((await etcd.get(key))?.text()).toBe("2");
    await etcd.delete(key);
    const gone = etcd.put(key, "3", { guard: { modRevision: second.revision } });
    await expect(gone).rejects.toMatchObject({ reason: "GuardFailed", outcome: "not-applied" });
    expect(await etcd.has(key)).toBe(false);
  });

  it("lets one of several guarded writers win", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { revision: modRevision } = await etcd.put(key, "0");
    const writers = Array.from({ length: 8 }, (_, i) => etcd.put(key, `${i}`, { guard: { modRevision } }));
    const settled = await Promise.allSettled(writers);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await etcd.get(key))?.version).toBe(2n);
  });
}
