import { expect, it } from "vitest";
import { type Connect, freshPrefix } from "./connect.ts";
import { all, bytes, recorder, take, times } from "./tools.ts";

export function lsSuite(connect: Connect): void {
  it("lists the keys and folders of a folder, in the order of their keys", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["a", "b", "b-", "b/1", "b/2", "c/x/y", "c/x/z", "d"]) await etcd.put(prefix + name, "");
    expect(await all(etcd.ls(prefix))).toEqual([
      { name: "a", path: `${prefix}a`, pathBytes: bytes(prefix, "a"), folder: false },
      { name: "b", path: `${prefix}b`, pathBytes: bytes(prefix, "b"), folder: false },
      { name: "b-", path: `${prefix}b-`, pathBytes: bytes(prefix, "b-"), folder: false },
      { name: "b", path: `${prefix}b/`, pathBytes: bytes(prefix, "b/"), folder: true },
      { name: "c", path: `${prefix}c/`, pathBytes: bytes(prefix, "c/"), folder: true },
      { name: "d", path: `${prefix}d`, pathBytes: bytes(prefix, "d"), folder: false },
    ]);
  });

  const paths = async (source: AsyncIterable<{ readonly path: string }>): Promise<string[]> =>
    (await all(source)).map(({ path }) => path);

  it("takes a folder's path for the way into it", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a/b/c`, "");
    const [outer] = await all(etcd.ls(prefix));
    const [inner] = await all(etcd.ls(outer?.path ?? ""));
    expect(inner).toMatchObject({ name: "b", path: `${prefix}a/b/`, folder: true });
    expect(await paths(etcd.ls(inner?.pathBytes ?? bytes()))).toEqual([`${prefix}a/b/c`]);
    expect(await paths(etcd.ls({ prefix: `${prefix}a/` }))).toEqual([`${prefix}a/b/`]);
  });

  it("lists nothing for an empty folder", async () => {
    expect(await all(connect().ls(freshPrefix()))).toEqual([]);
  });

  it("takes a prefix that ends within a name", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["user-1/a", "user-2", "zone"]) await etcd.put(prefix + name, "");
    expect(await all(etcd.ls(`${prefix}user-`))).toMatchObject([
      { name: "1", path: `${prefix}user-1/`, folder: true },
      { name: "2", path: `${prefix}user-2`, folder: false },
    ]);
  });

  it("shows empty names: of a key that is the folder itself, and between two delimiters", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(prefix, "");
    await etcd.put(`${prefix}/a`, "");
    expect(await all(etcd.ls(prefix))).toMatchObject([
      { name: "", path: prefix, folder: false },
      { name: "", path: `${prefix}/`, folder: true },
    ]);
  });

  it("takes delimiters of several characters, and any single one", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    for (const name of ["a::1", "a::2", "a:b", "c", "c::", "é|x"]) await etcd.put(prefix + name, "");
    const children = async (delimiter: string): Promise<string[]> =>
      (await paths(etcd.ls(prefix, { delimiter }))).map((path) => path.slice(prefix.length));
    expect(await children("::")).toEqual(["a::", "a:b", "c", "c::", "é|x"]);
    expect(await children("|")).toEqual(["a::1", "a::2", "a:b", "c", "c::", "é|"]);
    expect(await children("é")).toEqual(["a::1", "a::2", "a:b", "c", "c::", "é"]);
  });

  it("shows binary names with their exact bytes", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    const keys = [bytes(prefix, 0x00), bytes(prefix, 0x80, "/x"), bytes(prefix, 0x81), bytes(prefix, 0xff, 0xff, "/x")];
    for (const key of keys) await etcd.put(key, "");
    const children = await all(etcd.ls(prefix));
    expect(children.map(({ pathBytes }) => pathBytes)).toEqual([
      bytes(prefix, 0x00),
      bytes(prefix, 0x80, "/"),
      bytes(prefix, 0x81),
      bytes(prefix, 0xff, 0xff, "/"),
    ]);
    expect(children.map(({ name }) => name)).toEqual(["\u0000", "\ufffd", "\ufffd", "\ufffd\ufffd"]);
  });

  it("costs as many requests as there are folders, not as there are keys below them", async () => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const prefix = freshPrefix();
    for (const folder of ["a", "b", "c"]) {
      const then = Array.from({ length: 100 }, (_, i) => ({
        type: "put" as const,
        key: `${prefix}${folder}/${i}`,
        value: "",
        query: {},
      }));
      await etcd.txn({ then });
    }
    await etcd.put(`${prefix}b`, "");
    calls.length = 0;
    expect(await paths(etcd.ls(prefix))).toEqual([`${prefix}a/`, `${prefix}b`, `${prefix}b/`, `${prefix}c/`]);
    expect(calls.length).toBeLessThanOrEqual(5);
    for (const { message } of calls) expect(message).toMatchObject({ keysOnly: true, limit: 32n });
  });

  it("reads many keys of one folder by pages that grow", async () => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const prefix = freshPrefix();
    const expected = Array.from({ length: 100 }, (_, i) => `${prefix}${String(i).padStart(3, "0")}`);
    await times(100, (i) => etcd.put(expected[i] ?? "", ""));
    calls.length = 0;
    expect(await paths(etcd.ls(prefix))).toEqual(expected);
    expect(calls.map(({ message }) => message)).toMatchObject([{ limit: 32n }, { limit: 128n }]);
  });

  it("sees one revision throughout, by default that of its start", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    let revision = 0n;
    for (const name of ["a/1", "b/1", "c/1"]) ({ revision } = await etcd.put(prefix + name, ""));
    const seen: string[] = [];
    for await (const { path } of etcd.ls(prefix)) {
      seen.push(path);
      if (seen.length > 1) continue;
      await etcd.put(`${prefix}bb/1`, "");
      await etcd.delete(`${prefix}c/1`);
    }
    expect(seen).toEqual(["a", "b", "c"].map((name) => `${prefix}${name}/`));
    expect(await paths(etcd.ls(prefix, { revision }))).toEqual(seen);
    expect(await paths(etcd.ls(prefix))).toEqual(["a", "b", "bb"].map((name) => `${prefix}${name}/`));
  });

  it("stops asking when its loop is left", async () => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const prefix = freshPrefix();
    for (const name of ["a/1", "b/1", "c/1"]) await etcd.put(prefix + name, "");
    calls.length = 0;
    expect(await take(1, etcd.ls(prefix))).toHaveLength(1);
    expect(calls).toHaveLength(1);
  });

  it("lists the whole keyspace by name only", async () => {
    const etcd = connect();
    const prefix = freshPrefix();
    await etcd.put(`${prefix}a`, "");
    expect(await paths(etcd.ls({ all: true }))).toContain(prefix);
    expect(await all(etcd.ls({ prefix, all: undefined }))).toEqual(await all(etcd.ls(prefix)));
    await expect(etcd.ls("").next()).rejects.toMatchObject({ reason: "InvalidArgument" });
  });

  it("lists a folder at the very end of the keyspace", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    for (const key of [bytes(0xff, "/a"), bytes(0xff, 0xff), bytes("a")]) await etcd.put(key, "");
    expect((await all(etcd.ls({ all: true }))).map(({ pathBytes }) => pathBytes)).toEqual([
      bytes("a"),
      bytes(0xff, "/"),
      bytes(0xff, 0xff),
    ]);
  });
}
