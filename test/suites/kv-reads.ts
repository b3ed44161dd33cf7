import { expect, it } from "vitest";
import { type Connect, freshPrefix } from "./connect.ts";
import { bytes, recorder, value } from "./tools.ts";

/** `get`, `has`, `count`, `keys`, and what an `Entry` tells. */
export function readSuite(connect: Connect): void {
  it("answers null for a key that does not exist", async () => {
    expect(await connect().get(`${freshPrefix()}missing`)).toBeNull();
  });

  it("answers an entry with all that etcd knows of the key", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const first = await etcd.put(key, "one");
    const second = await etcd.put(key, "two");
    expect(second.revision).toBeGreaterThan(first.revision);
    const entry = value(await etcd.get(key));
    expect(entry.key).toBe(key);
    expect(entry.keyBytes).toEqual(bytes(key));
    expect(entry.value).toEqual(bytes("two"));
    expect(entry.text()).toBe("two");
    expect(entry.createRevision).toBe(first.revision);
    expect(entry.modRevision).toBe(second.revision);
    expect(entry.version).toBe(2n);
    expect(entry.lease).toBe(0n);
  });

  it("reads as of an older revision", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { revision } = await etcd.put(key, "old");
    const { revision: later } = await etcd.put(key, "new");
    expect((await etcd.get(key, { revision }))?.text()).toBe("old");
    expect((await etcd.get(key, { revision: later }))?.text()).toBe("new");
    expect(await etcd.get(key, { revision: revision - 1n })).toBeNull();
  });

  it("refuses a revision that has not been yet", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    const { revision } = await etcd.put(key, "1");
    const future = { revision: revision + 1000n };
    const refusal = { reason: "FutureRev", outcome: "not-applied", retryable: false };
    await expect(etcd.get(key, future)).rejects.toMatchObject(refusal);
    await expect(etcd.range({ prefix: key }, future)).rejects.toMatchObject(refusal);
    await expect(etcd.count(key, future)).rejects.toMatchObject(refusal);
    await expect(etcd.keys({ prefix: key }, future)).rejects.toMatchObject(refusal);
    await expect(etcd.scan({ prefix: key }, future).next()).rejects.toMatchObject(refusal);
  });

  it("asks for a serializable read only when told to", async () => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const key = `${freshPrefix()}a`;
    await etcd.put(key, "1");
    expect((await etcd.get(key, { serializable: true }))?.text()).toBe("1");
    expect((await etcd.range(key, { serializable: true })).count).toBe(1n);
    await etcd.get(key);
    await etcd.range(key);
    const reads = calls.filter(({ rpc }) => rpc === "Range");
    expect(reads.map(({ message }) => message["serializable"])).toEqual([true, true, false, false]);
  });

  it.each([
    ["every byte", Uint8Array.from({ length: 256 }, (_, i) => i)],
    ["zero bytes alone", Uint8Array.of(0, 0)],
    ["bytes that are not UTF-8", Uint8Array.of(0xc3, 0x28, 0xff, 0xfe)],
    ["text of all planes", "é 漢字 🔑 \u0000 \ufeff \u2028 </script>"],
    ["text that begins with a byte order mark", "\ufeffa"],
    ["what JSON escapes", '"\\\b\f\n\r\t\u0001'],
    ["what base64 writes with + and /", Uint8Array.of(0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff)],
  ])("keeps keys and values of %s as they are", async (_, content) => {
    const etcd = connect();
    const prefix = freshPrefix();
    const key = bytes(prefix, ...(typeof content === "string" ? [content] : content));
    await etcd.put(key, content);
    const entry = value(await etcd.get(key));
    expect(entry.keyBytes).toEqual(key);
    expect(entry.value).toEqual(typeof content === "string" ? bytes(content) : content);
    if (typeof content === "string") {
      expect(entry.key).toBe(prefix + content);
      expect(entry.text()).toBe(content);
    }
  });

  it("takes keys and values that are a part of a larger buffer", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const buffer = bytes("xx", prefix, "key", "yy");
    const key = buffer.subarray(2, buffer.length - 2);
    await etcd.put(key, bytes("..value..").subarray(2, 7));
    expect((await etcd.get(`${prefix}key`))?.text()).toBe("value");
  });

  it("takes text and its UTF-8 bytes for the same key", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}ключ-🔑`;
    await etcd.put(key, "1");
    expect((await etcd.get(bytes(key)))?.key).toBe(key);
  });

  it("tells keys apart that look alike in lax decoders", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(bytes(prefix, 0xff), "1");
    await etcd.put(bytes(prefix, 0xfe), "2");
    await etcd.put(`${prefix}\ufffd`, "3");
    expect((await etcd.get(bytes(prefix, 0xff)))?.text()).toBe("1");
    expect((await etcd.get(bytes(prefix, 0xfe)))?.text()).toBe("2");
    expect((await etcd.get(`${prefix}\ufffd`))?.text()).toBe("3");
  });

  it("throws for text that is not UTF-8, and gives the bytes all the same", async () => {
    const etcd = connect();
    const key = bytes(freshPrefix(), 0xff);
    await etcd.put(key, Uint8Array.of(0xe2, 0x82));
    const entry = value(await etcd.get(key));
    const refused = (elsewhere: string): unknown =>
      expect.objectContaining({ reason: "InvalidValue", outcome: "not-applied", message: elsewhere });
    expect(() => entry.key).toThrow(refused("the key is not UTF-8; its bytes are in keyBytes") as Error);
    expect(() => entry.text()).toThrow(refused("the value is not UTF-8; its bytes are in value") as Error);
    expect(() => entry.json()).toThrow(refused("the value is not UTF-8; its bytes are in value") as Error);
    expect(entry.keyBytes).toEqual(key);
    expect(entry.value).toEqual(Uint8Array.of(0xe2, 0x82));
  });

  it("parses JSON values", async () => {
    const etcd = connect();
    const key = `${freshPrefix()}a`;
    await etcd.put(key, JSON.stringify({ on: true, list: [1, "二"] }));
    const entry = value(await etcd.get(key));
    expect(entry.json()).toEqual({ on: true, list: [1, "二"] });
    await etcd.put(key, "{not json");
    const broken = value(await etcd.get(key));
    expect(() => broken.json()).toThrow(SyntaxError);
  });

  it("counts keys without reading them", async () => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const prefix = freshPrefix();
    expect(await etcd.count({ prefix })).toBe(0n);
    for (const name of ["a", "b", "c"]) await etcd.put(prefix + name, name);
    expect(await etcd.count({ prefix })).toBe(3n);
    expect(await etcd.count(`${prefix}a`)).toBe(1n);
    expect(await etcd.count({ from: `${prefix}a`, to: `${prefix}c` })).toBe(2n);
    const counts = calls.filter(({ rpc }) => rpc === "Range");
    expect(counts.map(({ message }) => message["countOnly"])).toEqual([true, true, true, true]);
    await etcd.delete({ prefix });
    expect(await etcd.count({ prefix })).toBe(0n);
  });

  it("counts as of an older revision", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const { revision } = await etcd.put(`${prefix}a`, "1");
    await etcd.put(`${prefix}b`, "1");
    expect(await etcd.count({ prefix }, { revision })).toBe(1n);
    expect(await etcd.has(`${prefix}b`, { revision })).toBe(false);
    expect(await etcd.has(`${prefix}b`)).toBe(true);
  });

  it("tells whether a key exists, one with an empty value too, and not by its prefix", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}ab`, "");
    expect(await etcd.has(`${prefix}ab`)).toBe(true);
    expect(await etcd.has(`${prefix}a`)).toBe(false);
    expect(await etcd.has(`${prefix}abc`)).toBe(false);
  });

  it("lists keys as text, in order, without values", async () => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const prefix = freshPrefix();
    for (const name of ["b", "a", "c/d"]) await etcd.put(prefix + name, name);
    expect(await etcd.keys({ prefix })).toEqual(["a", "b", "c/d"].map((name) => prefix + name));
    expect(await etcd.keys(`${prefix}a`)).toEqual([`${prefix}a`]);
    expect(await etcd.keys(`${prefix}missing`)).toEqual([]);
    expect(calls.at(-1)?.message["keysOnly"]).toBe(true);
    await etcd.put(bytes(prefix, 0xff), "");
    await expect(etcd.keys({ prefix })).rejects.toThrow(/not UTF-8/);
  });
}
