import { describe, expect, it } from "vitest";
import { v2Memory } from "./v2-call.ts";

describe("keys of v2", () => {
  it("are set, read, replaced and deleted, each change with an index of its own", async () => {
    const etcd = v2Memory();
    expect(await etcd.get("/")).toMatchObject({ status: 200, body: { action: "get", node: { dir: true } } });
    const created = await etcd.put("/a", { value: "1" });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({ action: "set", node: { key: "/a", value: "1", modifiedIndex: 4, createdIndex: 4 } });
    const replaced = await etcd.put("/a", { value: "2" });
    expect(replaced.status).toBe(200);
    expect(replaced.body).toMatchObject({ node: { modifiedIndex: 5, createdIndex: 5 }, prevNode: { value: "1" } });
    const updated = await etcd.put("/a", { value: "3", prevExist: "true" });
    expect(updated.body).toMatchObject({ action: "update", node: { modifiedIndex: 6, createdIndex: 5 } });
    const deleted = await etcd.delete("/a");
    expect(deleted.body).toEqual({
      action: "delete",
      node: { key: "/a", modifiedIndex: 7, createdIndex: 5 },
      prevNode: { key: "/a", value: "3", modifiedIndex: 6, createdIndex: 5 },
    });
    expect(await etcd.get("/a")).toMatchObject({ status: 404, body: { errorCode: 100, cause: "/a", index: 7 } });
  });

  it("come with the headers that tell where the store is", async () => {
    const etcd = v2Memory();
    const { headers } = await etcd.put("/a", { value: "1" });
    expect(headers.get("x-etcd-index")).toBe("4");
    expect(headers.get("x-raft-term")).toBe("2");
    expect(Number(headers.get("x-raft-index"))).toBeGreaterThan(4);
    expect(headers.get("x-etcd-cluster-id")).toMatch(/^[0-9a-f]+$/);
    const failed = await etcd.get("/b");
    expect(failed.headers.get("x-etcd-index")).toBe("4");
    expect(failed.headers.get("x-raft-index")).toBeNull();
  });

  it("are others than those of v3", async () => {
    const etcd = v2Memory();
    await etcd.put("/a", { value: "1" });
    expect(etcd.memory.revision).toBe(1n);
  });

  it("take their parameters from a form, which goes before the query", async () => {
    const etcd = v2Memory();
    const body = new URLSearchParams({ value: "form & body" });
    await etcd.call("PUT", "/v2/keys/a", { value: "query" }, { body });
    expect((await etcd.get("/a")).body).toMatchObject({ node: { value: "form & body" } });
    await etcd.call(
      "PUT",
      "/v2/keys/a",
      {},
      { body: '{"value":"x"}', headers: { "content-type": "application/json" } },
    );
    expect((await etcd.get("/a")).body).toMatchObject({ node: { value: "" } });
  });

  it("make the directories above them, and list what is not hidden", async () => {
    const etcd = v2Memory();
    for (const key of ["/d/b", "/d/a/x", "/d/_h", "/_top/x"]) await etcd.put(key, { value: key });
    expect((await etcd.get("/d")).body).toMatchObject({ node: { dir: true, createdIndex: 4, modifiedIndex: 4 } });
    const flat = await etcd.get("/d", { sorted: "true" });
    expect(flat.body).toMatchObject({ node: { nodes: [{ key: "/d/a", dir: true }, { key: "/d/b" }] } });
    expect(flat.body).not.toHaveProperty("node.nodes.0.nodes");
    const deep = await etcd.get("/", { recursive: "true", sorted: "true" });
    expect(deep.body).toMatchObject({ node: { nodes: [{ key: "/d", nodes: [{ nodes: [{ key: "/d/a/x" }] }, {}] }] } });
    expect(JSON.stringify(deep.body)).not.toContain("/_");
    expect((await etcd.get("/_top")).body).toMatchObject({ node: { nodes: [{ key: "/_top/x" }] } });
    expect((await etcd.get("/d/_h")).body).toMatchObject({ node: { value: "/d/_h" } });
  });

  it("in order get names that sort by age", async () => {
    const etcd = v2Memory();
    await etcd.post("/queue", { value: "first" });
    const { status, body } = await etcd.post("/queue", { value: "second" });
    expect(status).toBe(201);
    expect(body).toMatchObject({ action: "create", node: { key: "/queue/00000000000000000005", value: "second" } });
    const all = await etcd.get("/queue", { sorted: "true" });
    expect(all.body).toMatchObject({ node: { nodes: [{ value: "first" }, { value: "second" }] } });
  });

  it("compare before they are written or deleted", async () => {
    const etcd = v2Memory();
    await etcd.put("/a", { value: "1" });
    const wrong = await etcd.put("/a", { value: "2", prevValue: "x", prevIndex: "9" });
    expect(wrong).toMatchObject({ status: 412, body: { errorCode: 101, cause: "[x != 1] [9 != 4]", index: 4 } });
    const swapped = await etcd.put("/a", { value: "2", prevIndex: "4", prevValue: "1" });
    expect(swapped.body).toMatchObject({ action: "compareAndSwap", node: { createdIndex: 4, modifiedIndex: 5 } });
    expect(await etcd.put("/a", { prevExist: "false" })).toMatchObject({ status: 412, body: { errorCode: 105 } });
    expect(await etcd.put("/none", { prevExist: "true" })).toMatchObject({ status: 404 });
    expect(await etcd.delete("/a", { prevValue: "1" })).toMatchObject({ status: 412, body: { cause: "[1 != 2]" } });
    expect((await etcd.delete("/a", { prevIndex: "5" })).body).toMatchObject({ action: "compareAndDelete" });
  });

  it("are files or directories, and each refuses what is only for the other", async () => {
    const etcd = v2Memory();
    expect((await etcd.put("/d", { dir: "true" })).body).toMatchObject({ node: { key: "/d", dir: true } });
    await etcd.put("/d/x", { value: "1" });
    expect(await etcd.put("/d", { value: "1" })).toMatchObject({ status: 403, body: { errorCode: 102, cause: "/d" } });
    expect(await etcd.put("/d/x/y", { value: "1" })).toMatchObject({ status: 400, body: { errorCode: 104 } });
    expect(await etcd.delete("/d")).toMatchObject({ status: 403, body: { errorCode: 102 } });
    expect(await etcd.delete("/d", { dir: "true" })).toMatchObject({ status: 403, body: { errorCode: 108 } });
    expect(await etcd.delete("/", { recursive: "true" })).toMatchObject({ status: 400, body: { errorCode: 107 } });
    expect((await etcd.delete("/d", { recursive: "true" })).body).toMatchObject({ node: { dir: true } });
    expect(await etcd.get("/d/x")).toMatchObject({ status: 404, body: { cause: "/d" } });
  });

  it("leave out the nodes when told to", async () => {
    const etcd = v2Memory();
    expect((await etcd.put("/a", { value: "1", noValueOnSuccess: "true" })).body).toEqual({ action: "set" });
    expect((await etcd.delete("/a", { noValueOnSuccess: "true" })).body).toHaveProperty("node");
  });

  it.each([
    ["prevValue", "", 201, '"prevValue" cannot be empty'],
    ["ttl", "x", 202, 'invalid value for "ttl"'],
    ["ttl", "-1", 202, 'invalid value for "ttl"'],
    ["prevIndex", "x", 203, 'invalid value for "prevIndex"'],
    ["waitIndex", "18446744073709551616", 203, 'invalid value for "waitIndex"'],
    ["recursive", "yes", 209, 'invalid value for "recursive"'],
    ["prevExist", "", 209, "invalid value for prevExist"],
    ["wait", "true", 209, '"wait" can only be used with GET requests'],
    ["refresh", "true", 212, "No TTL value set"],
  ])("refuse %s=%s", async (name, value, errorCode, cause) => {
    const etcd = v2Memory();
    const { status, headers, body } = await etcd.put("/a", { [name]: value });
    expect({ status, index: headers.get("x-etcd-index") }).toEqual({ status: 400, index: "0" });
    expect(body).toMatchObject({ errorCode, cause, index: 0 });
  });

  it("refuse forms that cannot be parsed, a value on refresh, and unknown methods", async () => {
    const etcd = v2Memory();
    const refused = async (query: string): Promise<unknown> => (await etcd.call("PUT", `/v2/keys/a?${query}`)).body;
    expect(await refused("value=%zz")).toMatchObject({ errorCode: 210, cause: 'invalid URL escape "%zz"' });
    expect(await refused("a=1;b=2")).toMatchObject({ errorCode: 210, cause: "invalid semicolon separator in query" });
    expect(await refused("refresh=true&ttl=1&value=x")).toMatchObject({ errorCode: 211 });
    const patched = await etcd.call("PATCH", "/v2/keys/a");
    expect({ status: patched.status, allow: patched.headers.get("allow") }).toEqual({
      status: 405,
      allow: "HEAD,GET,PUT,POST,DELETE",
    });
    expect((await etcd.call("GET", "/v2/keys/%zz")).status).toBe(400);
  });

  it("may be any text, and paths are made plain by a redirect", async () => {
    const etcd = v2Memory();
    for (const name of ["ü €😀", "a?b#c", "<&>", 'q"uote\\', "per%cent", "+"]) {
      const path = `/${encodeURIComponent(name)}`;
      await etcd.put(path, { value: name });
      expect((await etcd.get(path)).body, name).toMatchObject({ node: { key: `/${name}`, value: name } });
    }
    const moved = await etcd.call("GET", "/v2/keys//a%2F%2Fb?sorted=true");
    expect(moved.status).toBe(301);
    expect(moved.headers.get("location")).toBe("/v2/keys/a/b?sorted=true");
  });
});

describe("lifetimes of v2", () => {
  it("end when their time has come, with an event of their own", async () => {
    const etcd = v2Memory();
    const { body } = await etcd.put("/a", { value: "1", ttl: "60" });
    expect(body).toMatchObject({ node: { ttl: 60 } });
    etcd.memory.advance(59_001);
    expect((await etcd.get("/a")).body).toMatchObject({ node: { ttl: 1 } });
    etcd.memory.advance(999);
    expect(await etcd.get("/a")).toMatchObject({ status: 404, body: { index: 5 } });
    const event = await etcd.get("/a", { wait: "true", waitIndex: "5" });
    expect(event.body).toMatchObject({
      action: "expire",
      node: { key: "/a", modifiedIndex: 5 },
      prevNode: { value: "1" },
    });
  });

  it("end directories with all that is in them", async () => {
    const etcd = v2Memory();
    await etcd.put("/d", { dir: "true", ttl: "10" });
    await etcd.put("/d/x", { value: "1", ttl: "20" });
    etcd.memory.advance(10_000);
    expect(await etcd.get("/d/x")).toMatchObject({ status: 404, body: { cause: "/d", index: 6 } });
    etcd.memory.advance(20_000);
    expect((await etcd.get("/")).headers.get("x-etcd-index")).toBe("6");
  });

  it("are renewed quietly by refresh, taken away by a write without, and gone with the key", async () => {
    const etcd = v2Memory();
    await etcd.put("/a", { value: "1", ttl: "10" });
    const watching = etcd.get("/a", { wait: "true" });
    etcd.memory.advance(9_000);
    const refreshed = await etcd.put("/a", { refresh: "true", ttl: "10", prevExist: "true" });
    expect(refreshed.body).toMatchObject({ action: "update", node: { value: "1", ttl: 10 } });
    etcd.memory.advance(9_000);
    expect((await etcd.get("/a")).status).toBe(200);
    expect(etcd.memory.watchers).toBe(1);
    const past = etcd.get("/a", { wait: "true", waitIndex: "5" });
    const kept = await etcd.put("/a", { value: "2" });
    expect(kept.body).not.toHaveProperty("node.ttl");
    for (const { body } of await Promise.all([watching, past])) {
      expect(body).toMatchObject({ action: "set", node: { value: "2" } });
    }
    etcd.memory.advance(100_000);
    expect((await etcd.get("/a")).body).toMatchObject({ node: { value: "2" } });
    await etcd.put("/b", { value: "1", ttl: "10" });
    await etcd.delete("/b");
    await etcd.put("/b", { value: "2" });
    etcd.memory.advance(100_000);
    expect((await etcd.get("/b")).status).toBe(200);
    expect(await etcd.put("/none", { refresh: "true", ttl: "1" })).toMatchObject({ status: 404 });
  });

  it("of 0 seconds end at once, and those of more than 64 bits of nanoseconds never", async () => {
    const etcd = v2Memory();
    expect((await etcd.put("/a", { value: "1", ttl: "0" })).status).toBe(201);
    expect((await etcd.get("/a")).status).toBe(404);
    expect((await etcd.put("/b", { value: "1", ttl: "9223372036" })).body).not.toHaveProperty("node.expiration");
    expect((await etcd.put("/b", { value: "1", ttl: "" })).body).not.toHaveProperty("node.expiration");
  });

  it("of directories cannot be changed on 3.5, which takes them for files", async () => {
    for (const version of ["3.4", "3.6"] as const) {
      const good = v2Memory({ version });
      await good.put("/d", { dir: "true" });
      expect((await good.put("/d", { ttl: "10", prevExist: "true" })).body).toMatchObject({ node: { ttl: 10 } });
      good.memory.advance(10_000);
      expect((await good.get("/d")).status).toBe(404);
    }
    const bad = v2Memory({ version: "3.5" });
    await bad.put("/d", { dir: "true", ttl: "100" });
    const refused = await bad.put("/d", { ttl: "10", prevExist: "true", refresh: "true" });
    expect(refused).toMatchObject({ status: 500, body: { errorCode: 300, cause: "nodePath /1/d : Not a file ()" } });
  });
});
