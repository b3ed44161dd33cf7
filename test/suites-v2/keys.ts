import { describe, expect, it } from "vitest";
import {
  CompareFailed,
  DirNotEmpty,
  InvalidArgument,
  KeyNotFound,
  NodeExist,
  NotDir,
  NotFile,
  PrevValueRequired,
  RootROnly,
} from "../../src/v2/index.ts";
import { freshDir, leftOf, readsHeaders, type SuiteV2 } from "./connect.ts";

export const keySuite: SuiteV2 = (connect) => {
  describe("set and get", () => {
    it("give the value, and every fact about the node", async () => {
      const etcd = connect();
      const dir = freshDir();
      const first = await etcd.set(`${dir}/a`, "one");
      expect(first).toMatchObject({ kind: "set", prevNode: null });
      expect(first.node).toMatchObject({ key: `${dir}/a`, dir: false, value: "one" });
      expect(first.node.modifiedIndex).toBe(first.etcdIndex);
      expect(first.node.createdIndex).toBe(first.etcdIndex);
      if (readsHeaders(connect)) {
        expect(first.etcdIndexFrom).toBe("header");
        expect(first.raftIndex).toBeTypeOf("bigint");
        expect(first.raftTerm).toBeGreaterThan(0n);
      } else {
        expect(first).toMatchObject({ etcdIndexFrom: "node", raftIndex: null, raftTerm: null });
      }
      const second = await etcd.set(`${dir}/a`, "two");
      expect(second.prevNode).toEqual(first.node);
      expect(second.etcdIndex).toBeGreaterThan(first.etcdIndex);
      const got = await etcd.get(`${dir}/a`);
      expect(got).toMatchObject({ kind: "got", prevNode: null });
      expect(got.node).toEqual(second.node);
      expect(got.etcdIndex).toBeGreaterThanOrEqual(second.etcdIndex);
    });

    it("keep a key's first index when it is updated, and not when it is set", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      const { node: first } = await etcd.set(key, "1");
      const { node: updated } = await etcd.update(key, "2");
      expect(updated.createdIndex).toBe(first.createdIndex);
      const { node: set } = await etcd.set(key, "3");
      expect(set.createdIndex).toBe(set.modifiedIndex);
    });

    it.each([
      ["nothing", ""],
      ["text of all planes", "é 漢字 🔑 \ufeff \u2028 </script>"],
      ["what forms and JSON escape", 'a=b&c=d+e%20f;"\\\n\r\t\u0001'],
      ["100 kB", "x".repeat(100_000)],
    ])("keep a value of %s as it is", async (_, text) => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      await etcd.set(key, text);
      expect((await etcd.get(key)).node.value).toBe(text);
    });

    it.each([
      ["a question mark and a hash", "a?b#c"],
      ["a percent sign and what looks escaped", "100%/%2F/%41"],
      ["spaces and a plus", "a b+c"],
      ["a backslash", "a\\b"],
      ["a semicolon and other marks", "a;b,c:d@e&f=g$h!i'(j)*k~"],
      ["letters of all planes", "ключ/漢字/🔑"],
      ["dots that are not alone", "...a/.b/c..d"],
      ["the name of another route", "v2/keys/members"],
      ["a prototype's name", "constructor/toString"],
    ])("take a key with %s for what it is", async (_, name) => {
      const etcd = connect();
      const dir = freshDir();
      const key = `${dir}/${name}`;
      await etcd.set(key, name);
      const { node } = await etcd.get(key);
      expect([node.key, node.value]).toEqual([key, name]);
      expect([...(await etcd.getRecursive(dir)).entries()]).toEqual([[key, name]]);
      await etcd.delete(key);
      expect(await etcd.has(key)).toBe(false);
    });

    it("do not care about slashes at the ends of a key, or double ones", async () => {
      const etcd = connect();
      const dir = freshDir().slice(1);
      await etcd.set(`${dir}//a/`, "1");
      expect((await etcd.get(`/${dir}/a`)).node.key).toBe(`/${dir}/a`);
    });

    it.each(["..", ".", "a/../b", "a/..", "./a", "../../version", "%2e%2e/a", "a/%2E", ".%2e"])(
      "refuse the key %j, whose dots would lead elsewhere, and send nothing",
      async (key) => {
        const etcd = connect({ fetch: () => expect.fail("a request was made") });
        for (const work of [
          etcd.get(key),
          etcd.set(key, "1"),
          etcd.delete(key),
          etcd.has(key),
          etcd.append(key, "1"),
        ]) {
          await expect(work).rejects.toThrow(InvalidArgument);
        }
        await expect(etcd.wait(key)).rejects.toThrow(InvalidArgument);
      },
    );

    it("reject with KeyNotFound if there is no such key, with the key and the index", async () => {
      const etcd = connect();
      const key = `${freshDir()}/none`;
      const { etcdIndex } = await etcd.set(`${freshDir()}/a`, "1");
      const error = await etcd.get(key, { quorum: true }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(KeyNotFound);
      expect(error).toMatchObject({ name: "KeyNotFound", code: 100, status: 404, outcome: "not-applied" });
      expect((error as KeyNotFound).index).toBeGreaterThanOrEqual(etcdIndex);
      expect((error as KeyNotFound).cause).toMatch(/^\/test-/);
      expect((error as KeyNotFound).message).toContain("Key not found");
    });

    it("answer with the index alone where that is asked for", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      const brief = { noValueOnSuccess: true } as const;
      const set = await etcd.set(key, "1", brief);
      expect(set).toMatchObject({ kind: "set", node: null, prevNode: null });
      expect(set.etcdIndex).toBe(readsHeaders(connect) ? (await etcd.get(key)).node.modifiedIndex : 0n);
      expect(await etcd.update(key, "2", brief)).toMatchObject({ kind: "updated", node: null });
      expect(await etcd.compareAndSwap(key, "3", { prevValue: "2", ...brief })).toMatchObject({
        kind: "comparedThenSwapped",
        node: null,
      });
      expect(await etcd.create(`${key}b`, "1", brief)).toMatchObject({ kind: "created", node: null });
    });

    it("refuse what they cannot send, and send nothing", async () => {
      const etcd = connect({ fetch: () => expect.fail("a request was made") });
      const wrong: Record<string, unknown>[] = [
        { ttl: -1 },
        { ttl: 1.5 },
        { ttl: Number.NaN },
        { ttl: "5" },
        { ttl: 1e12 },
        { prevIndex: -1n },
        // etcd takes it for none: it would write over whatever is there.
        { prevIndex: 0n },
        { prevIndex: 0.5 },
        { prevExist: "yes" },
        { prevValue: 1 },
        { timeoutMs: 0 },
      ];
      for (const options of wrong) await expect(etcd.set("/a", "1", options)).rejects.toThrow(InvalidArgument);
      await expect(etcd.set("/a", "\ud800")).rejects.toThrow(InvalidArgument);
      await expect(etcd.set("/\ud800", "1")).rejects.toThrow(InvalidArgument);
      const misspelt: Record<string, unknown> = { TTL: 5 };
      await expect(etcd.set("/a", "1", misspelt)).rejects.toThrow(
        expect.objectContaining({ name: "InvalidArgument", message: 'set: unknown option "TTL"; did you mean "ttl"?' }),
      );
      const both: Record<string, unknown> = { dir: true };
      await expect(etcd.set("/a", "1", both)).rejects.toThrow("value and dir exclude each other");
      const none: unknown = undefined;
      await expect(etcd.set("/a", none as string)).rejects.toThrow("set: expected a string as value, or dir: true");
      const number: unknown = 1;
      await expect(etcd.set("/a", number as string)).rejects.toThrow("value: expected a string, got 1");
      await expect(etcd.get(number as string)).rejects.toThrow("key: expected a string, got 1");
    });

    it("show themselves readably", async () => {
      const etcd = connect();
      const dir = freshDir();
      await etcd.set(`${dir}/a`, "1", { ttl: 100 });
      const { node } = await etcd.set(`${dir}/a`, 'two "2"');
      const read = await etcd.get(dir);
      expect(String(node)).toBe(`${dir}/a = "two \\"2\\"" (index ${node.modifiedIndex})`);
      expect(String(read)).toBe(`got ${dir}[1] (index ${read.node.modifiedIndex})`);
      expect(JSON.parse(JSON.stringify(node))).toEqual({
        key: `${dir}/a`,
        dir: false,
        value: 'two "2"',
        modifiedIndex: String(node.modifiedIndex),
        createdIndex: String(node.createdIndex),
      });
      expect(JSON.parse(JSON.stringify(read))).toMatchObject({ kind: "got", node: { dir: true } });
      const error: unknown = await etcd.get(`${dir}/none`).catch((thrown: unknown) => thrown);
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({
        name: "KeyNotFound",
        code: 100,
        outcome: "not-applied",
      });
    });
  });

  describe("directories", () => {
    it("list their children, sorted, and hidden ones not", async () => {
      const etcd = connect();
      const dir = freshDir();
      for (const name of ["b", "a", "c/d", "_hidden"]) await etcd.set(`${dir}/${name}`, name);
      const { node } = await etcd.get(dir, { sorted: true });
      if (!node.dir) expect.fail("a directory");
      expect(node.children.map(({ key }) => key)).toEqual(["a", "b", "c"].map((name) => `${dir}/${name}`));
      expect(node.children.map((child) => child.dir)).toEqual([false, false, true]);
      expect(node.children[0]?.value).toBe("a");
      expect((await etcd.list(dir)).map(({ key }) => key)).toEqual(node.children.map(({ key }) => key));
      expect((await etcd.get(`${dir}/_hidden`)).node.value).toBe("_hidden");
    });

    it("are read to the last leaf when recursive", async () => {
      const etcd = connect();
      const dir = freshDir();
      for (const name of ["a", "b/c", "b/d/e"]) await etcd.set(`${dir}/${name}`, name);
      await etcd.mkdir(`${dir}/empty`);
      const { node } = await etcd.get(dir, { recursive: true, sorted: true });
      expect(node.leaves().map(({ key, value }) => [key, value])).toEqual(
        ["a", "b/c", "b/d/e"].map((name) => [`${dir}/${name}`, name]),
      );
      const map = await etcd.getRecursive(dir);
      expect([...map.values()]).toEqual(["a", "b/c", "b/d/e"]);
      expect(await etcd.getRecursive(`${dir}/a`)).toEqual(new Map([[`${dir}/a`, "a"]]));
      expect((await etcd.getRecursive(`${dir}/empty`)).size).toBe(0);
    });

    it("are made once", async () => {
      const etcd = connect();
      const dir = freshDir();
      const made = await etcd.mkdir(dir, { ttl: 100 });
      expect(made).toMatchObject({ kind: "created", node: { key: dir, dir: true, children: [], ttl: leftOf(100) } });
      await expect(etcd.mkdir(dir)).rejects.toThrow(NodeExist);
      const set = await etcd.set(`${dir}/sub`, null, { dir: true });
      expect(set.node.dir).toBe(true);
      expect((await etcd.create(`${dir}/sub2`, undefined, { dir: true })).kind).toBe("created");
    });

    it("are not values, and values are not directories", async () => {
      const etcd = connect();
      const dir = freshDir();
      await etcd.set(`${dir}/a`, "1");
      await expect(etcd.set(dir, "1")).rejects.toThrow(NotFile);
      await expect(etcd.set(`${dir}/a/b`, "1")).rejects.toThrow(NotDir);
      await expect(etcd.list(`${dir}/a`)).rejects.toThrow(NotDir);
      await expect(etcd.delete(dir)).rejects.toThrow(NotFile);
    });

    it("are deleted when empty, or with all that is in them", async () => {
      const etcd = connect();
      const dir = freshDir();
      await etcd.set(`${dir}/a/b`, "1");
      await expect(etcd.delete(dir, { dir: true })).rejects.toThrow(DirNotEmpty);
      await etcd.mkdir(`${dir}/empty`);
      expect(await etcd.delete(`${dir}/empty`, { dir: true })).toMatchObject({
        kind: "deleted",
        node: { key: `${dir}/empty`, dir: true },
      });
      const gone = await etcd.delete(dir, { recursive: true });
      expect(gone.prevNode).toMatchObject({ key: dir, dir: true });
      expect(await etcd.has(`${dir}/a/b`)).toBe(false);
    });

    it("have a root that can be read and not be written", async () => {
      const etcd = connect();
      await etcd.set(`${freshDir()}/a`, "1");
      const { node } = await etcd.get("/");
      expect(node).toMatchObject({ key: "/", dir: true });
      expect((await etcd.get("")).node.key).toBe("/");
      await expect(etcd.set("/", "1")).rejects.toThrow(RootROnly);
      await expect(etcd.delete("", { recursive: true })).rejects.toThrow(RootROnly);
    });
  });

  describe("create, update and append", () => {
    it("create writes only where nothing is", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      expect(await etcd.create(key, "1")).toMatchObject({ kind: "created", node: { value: "1" }, prevNode: null });
      const error = await etcd.create(key, "2").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NodeExist);
      expect(error).toMatchObject({ code: 105, status: 412, outcome: "not-applied", cause: key });
      expect((await etcd.set(`${key}2`, "1", { prevExist: false })).kind).toBe("created");
    });

    it("update writes only where something is", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      await expect(etcd.update(key, "1")).rejects.toThrow(KeyNotFound);
      await etcd.set(key, "1");
      expect(await etcd.update(key, "2")).toMatchObject({ kind: "updated", prevNode: { value: "1" } });
      expect((await etcd.update(key, "3", { prevValue: "2" })).kind).toBe("comparedThenSwapped");
      expect((await etcd.set(key, "4", { prevExist: true })).kind).toBe("updated");
    });

    it("update of a node writes only if nobody has changed it since", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      await etcd.set(key, "1", { ttl: 100 });
      const { node } = await etcd.get(key);
      if (node.dir) expect.fail("a value");
      const updated = await etcd.update(node, "2");
      expect(updated).toMatchObject({ kind: "comparedThenSwapped", node: { value: "2" }, prevNode: { value: "1" } });
      expect(updated.node.ttl).toBeGreaterThan(90);
      await expect(etcd.update(node, "3")).rejects.toThrow(CompareFailed);
      expect((await etcd.update({ ...updated.node, value: "4" })).node.value).toBe("4");
      const { node: last } = await etcd.get(key);
      if (last.dir) expect.fail("a value");
      expect((await etcd.update(last, "5", { ttl: null })).node).not.toHaveProperty("ttl");
    });

    it("append adds children in the order of their creation", async () => {
      const etcd = connect();
      const dir = freshDir();
      const keys: string[] = [];
      for (const value of ["a", "b", "c"]) {
        const { kind, node } = await etcd.append(dir, value);
        expect(kind).toBe("created");
        expect(node.key).toBe(`${dir}/${String(node.createdIndex).padStart(20, "0")}`);
        keys.push(node.key);
      }
      expect((await etcd.list(dir)).map(({ key, value }) => [key, value])).toEqual(
        ["a", "b", "c"].map((value, i) => [keys[i], value]),
      );
      expect((await etcd.append(dir, null, { dir: true })).node.dir).toBe(true);
      expect((await etcd.append(dir, "d", { ttl: 50 })).node.ttl).toEqual(leftOf(50));
    });
  });

  describe("compared writes", () => {
    it("write where the value or the index is the one given", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      const { node } = await etcd.set(key, "1");
      expect(await etcd.testAndSet(key, "1", "2")).toMatchObject({
        kind: "comparedThenSwapped",
        node: { value: "2", createdIndex: node.createdIndex },
        prevNode: { value: "1" },
      });
      const swapped = await etcd.compareAndSwap(key, "3", { prevValue: "2" });
      expect((await etcd.compareAndSwap(key, "4", { prevIndex: swapped.node.modifiedIndex })).node.value).toBe("4");
      expect((await etcd.set(key, "5", { prevValue: "4" })).kind).toBe("comparedThenSwapped");
      const last = await etcd.get(key);
      expect((await etcd.set(key, "6", { prevIndex: Number(last.node.modifiedIndex) })).node.value).toBe("6");
    });

    it("reject with CompareFailed where it is not, and say what was there", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      const { node } = await etcd.set(key, "1");
      const error = await etcd.testAndSet(key, "wrong", "2").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CompareFailed);
      expect(error).toMatchObject({ code: 101, cause: "[wrong != 1]", outcome: "not-applied" });
      expect((error as CompareFailed).index).toBeGreaterThanOrEqual(node.modifiedIndex);
      await expect(etcd.compareAndSwap(key, "2", { prevIndex: node.modifiedIndex + 1n })).rejects.toThrow(
        CompareFailed,
      );
      await expect(etcd.compareAndDelete(key, { prevValue: "wrong" })).rejects.toThrow(CompareFailed);
      await expect(etcd.delete(key, { prevIndex: node.modifiedIndex + 1n })).rejects.toThrow(CompareFailed);
      await expect(etcd.testAndSet(`${key}none`, "a", "b")).rejects.toThrow(KeyNotFound);
      await expect(etcd.testAndSet(key, "", "2")).rejects.toThrow(PrevValueRequired);
      expect((await etcd.get(key)).node.value).toBe("1");
    });

    it("delete where the value or the index is the one given", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      await etcd.set(key, "1");
      expect(await etcd.compareAndDelete(key, { prevValue: "1" })).toMatchObject({
        kind: "comparedThenDeleted",
        node: { key, dir: false },
        prevNode: { value: "1" },
      });
      const { node } = await etcd.set(key, "2");
      expect((await etcd.compareAndDelete(key, { prevIndex: node.modifiedIndex })).kind).toBe("comparedThenDeleted");
      await etcd.set(key, "3");
      expect((await etcd.delete(key, { prevValue: "3" })).kind).toBe("comparedThenDeleted");
    });

    it("need something to compare with", async () => {
      const etcd = connect({ fetch: () => expect.fail("a request was made") });
      await expect(etcd.compareAndSwap("/a", "1", {})).rejects.toThrow("expected prevValue or prevIndex");
      await expect(etcd.compareAndDelete("/a", {})).rejects.toThrow("expected prevValue or prevIndex");
    });
  });

  describe("delete, pop and has", () => {
    it("tell what was there", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      await etcd.set(key, "1");
      expect(await etcd.has(key)).toBe(true);
      const gone = await etcd.delete(key);
      expect(gone).toMatchObject({ kind: "deleted", node: { key, dir: false }, prevNode: { key, value: "1" } });
      expect(gone.node.value).toBeUndefined();
      expect(gone.node.modifiedIndex).toBe(gone.etcdIndex);
      expect(await etcd.has(key)).toBe(false);
      await expect(etcd.delete(key)).rejects.toThrow(KeyNotFound);
      await etcd.set(key, "2");
      expect(await etcd.pop(key)).toMatchObject({ key, dir: false, value: "2" });
      await expect(etcd.pop(key)).rejects.toThrow(KeyNotFound);
    });
  });
};
