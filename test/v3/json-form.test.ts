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
  for await (const event of watch) {
    expect(await jsonOf(event)).toEqual({ type: "put", entry: first, prev: null, revision: "2", synthetic: false });
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
