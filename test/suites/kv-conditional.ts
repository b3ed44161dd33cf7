import { expect, it } from "vitest";
import { type Connect, freshPrefix } from "./connect.ts";
import { value } from "./tools.ts";

/** `create`, `replace`, `update`. */
export function conditionalSuite(connect: Connect): void {
  it("creates a key once", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const first = await etcd.create(key, "1");
    expect(first.created).toBe(true);
    expect(await etcd.get(key)).toMatchObject({
      createRevision: first.revision,
      modRevision: first.revision,
      version: 1n,
    });
    const second = await etcd.create(key, "2");
    expect(second.created).toBe(false);
    expect(second.revision).toBeGreaterThanOrEqual(first.revision);
    expect((await etcd.get(key))?.text()).toBe("1");
    await etcd.delete(key);
    expect((await etcd.create(key, "3")).created).toBe(true);
    expect(await etcd.get(key)).toMatchObject({ version: 1n });
  });

  it("creates for one of many who try at once", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, i) => etcd.create(key, `${i}`)));
    expect(outcomes.filter(({ created }) => created)).toHaveLength(1);
    const winner = outcomes.findIndex(({ created }) => created);
    expect(await etcd.get(key)).toMatchObject({ version: 1n, modRevision: outcomes[winner]?.revision });
    expect((await etcd.get(key))?.text()).toBe(`${winner}`);
  });

  it("creates, replaces and updates with a lease", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { id } = await etcd.lease.grant(60);
    await etcd.create(key, "1", { lease: id });
    const leased = value(await etcd.get(key));
    expect(leased.lease).toBe(id);
    const kept = await etcd.update(leased, "2", { ignoreLease: true });
    expect(kept.entry?.lease).toBe(id);
    expect((await etcd.get(key))?.lease).toBe(id);
    await etcd.replace(key, "2", "3", { ignoreLease: true });
    expect((await etcd.get(key))?.lease).toBe(id);
    await etcd.replace(key, "3", "4");
    expect((await etcd.get(key))?.lease).toBe(id);
    await etcd.replace(key, "4", "5", { lease: 0n });
    expect((await etcd.get(key))?.lease).toBe(0n);
    await etcd.replace(key, "5", "6", { lease: id });
    expect((await etcd.get(key))?.lease).toBe(id);
    const plain = await etcd.update(value(await etcd.get(key)), "7");
    expect(plain.entry?.lease).toBe(id);
    expect(plain.entry).toEqual(await etcd.get(key));
    const detached = await etcd.update(value(await etcd.get(key)), "8", { lease: 0n });
    expect(detached.entry?.lease).toBe(0n);
    expect((await etcd.get(key))?.lease).toBe(0n);
    const again = await etcd.update(value(await etcd.get(key)), "9", { lease: id });
    expect(again.entry).toEqual(await etcd.get(key));
    await etcd.lease.revoke(id);
    expect(await etcd.has(key)).toBe(false);
    await expect(etcd.create(key, "1", { lease: id })).rejects.toMatchObject({ reason: "LeaseNotFound" });
  });

  it("keeps the lease of a key in writes that are applied once, and changes no key that does not exist", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { id } = await etcd.lease.grant(60);
    await etcd.put(key, "1", { lease: id });
    const once = { exactlyOnce: true };
    expect((await etcd.update(value(await etcd.get(key)), "2", once)).updated).toBe(true);
    expect((await etcd.replace(key, "2", "3", once)).replaced).toBe(true);
    expect(await etcd.get(key)).toMatchObject({ lease: id, version: 3n });
    const last = value(await etcd.get(key));
    await etcd.lease.revoke(id);
    expect(await etcd.update(last, "4")).toMatchObject({ updated: false, entry: null });
    expect(await etcd.replace(key, "3", "4")).toMatchObject({ replaced: false });
    expect(await etcd.has(key)).toBe(false);
  });

  it("replaces a value by another", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await etcd.put(key, "1");
    const right = await etcd.replace(key, "1", "2");
    expect(right.replaced).toBe(true);
    expect(await etcd.get(key)).toMatchObject({ modRevision: right.revision, version: 2n });
    expect((await etcd.replace(key, "1", "3")).replaced).toBe(false);
    expect((await etcd.get(key))?.text()).toBe("2");
    expect((await etcd.replace(key, new Uint8Array([0x32]), new Uint8Array([0xff]))).replaced).toBe(true);
    expect((await etcd.get(key))?.value).toEqual(new Uint8Array([0xff]));
  });

  it("treats an empty value as a value, and a missing key as one without a value", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}empty`, "");
    expect((await etcd.replace(`${prefix}empty`, "", "1")).replaced).toBe(true);
    expect((await etcd.replace(`${prefix}missing`, "", "1")).replaced).toBe(false);
    expect(await etcd.has(`${prefix}missing`)).toBe(false);
  });

  it("updates an entry that nobody has written since, and tells the new one as it is", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await etcd.put(key, "1");
    const read = value(await etcd.get(key));
    const first = await etcd.update(read, "2");
    expect(first.updated).toBe(true);
    expect(first.entry).toEqual(await etcd.get(key));
    expect(first.revision).toBe(first.entry?.modRevision);
    const second = await etcd.update(value(first.entry), "3");
    expect(second.entry).toEqual(await etcd.get(key));
    expect(second.entry?.version).toBe(3n);
  });

  it("does not update an entry that was written since, and tells what it is now", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await etcd.put(key, "1");
    const read = value(await etcd.get(key));
    // The same value again is a write as well.
    await etcd.put(key, "1");
    const stale = await etcd.update(read, "2");
    expect(stale.updated).toBe(false);
    expect(stale.entry).toEqual(await etcd.get(key));
    expect(stale.entry?.text()).toBe("1");
    await etcd.delete(key);
    expect(await etcd.update(read, "2")).toMatchObject({ updated: false, entry: null });
    await etcd.put(key, "new life");
    expect(await etcd.update(read, "2")).toMatchObject({ updated: false });
    expect((await etcd.get(key))?.text()).toBe("new life");
  });

  it("lets every one of many writers have its turn by updates", async () => {
    const key = `${freshPrefix()}a`;
    await connect().put(key, "0");
    const add = async (): Promise<void> => {
      const etcd = connect();
      for (let entry = await etcd.get(key); ; ) {
        const outcome = await etcd.update(value(entry), `${Number(entry?.text()) + 1}`);
        if (outcome.updated) return;
        ({ entry } = outcome);
      }
    };
    await Promise.all(Array.from({ length: 8 }, add));
    expect((await connect().get(key))?.text()).toBe("8");
  });
}
