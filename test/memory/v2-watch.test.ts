import { describe, expect, it } from "vitest";
import { readLines, v2Memory } from "./v2-call.ts";

const wait = "?wait=true";

describe("watches of v2", () => {
  it("answer their header at once and the next event when it happens", async () => {
    const etcd = v2Memory();
    const response = await etcd.open(`/v2/keys/a${wait}`);
    expect(response.headers.get("x-etcd-index")).toBe("3");
    expect(etcd.memory.watchers).toBe(1);
    await etcd.put("/b", { value: "0" });
    await etcd.put("/a", { value: "1" });
    await etcd.put("/a", { value: "2" });
    expect(await readLines(response)).toMatchObject([{ action: "set", node: { value: "1" } }]);
    expect({ watchers: etcd.memory.watchers, openRequests: etcd.memory.openRequests }).toEqual({
      watchers: 0,
      openRequests: 0,
    });
  });

  it("find events of the past, and wait for those of the future", async () => {
    const etcd = v2Memory();
    await etcd.put("/a", { value: "1" });
    await etcd.put("/a", { value: "2" });
    const past = await etcd.get("/a", { wait: "true", waitIndex: "5" });
    expect(past.body).toMatchObject({ node: { value: "2" } });
    const future = etcd.get("/a", { wait: "true", waitIndex: "7" });
    await etcd.put("/a", { value: "3" });
    await etcd.put("/a", { value: "4" });
    expect((await future).body).toMatchObject({ node: { value: "4" } });
  });

  it("know the newest 1000 events and refuse what is older", async () => {
    const etcd = v2Memory();
    for (let i = 0; i < 1000; i++) await etcd.put("/many", { value: String(i) });
    const refused = await etcd.get("/many", { wait: "true", waitIndex: "3" });
    expect(refused).toMatchObject({
      status: 400,
      body: { errorCode: 401, cause: "the requested history has been cleared [4/3]", index: 1003 },
    });
    const oldest = await etcd.get("/many", { wait: "true", waitIndex: "4" });
    expect(oldest.body).toMatchObject({ node: { value: "0" } });
  });

  it("of a directory see what is below, unless it is hidden", async () => {
    const etcd = v2Memory();
    const flat = await etcd.open(`/v2/keys/d${wait}`);
    const deep = await etcd.open(`/v2/keys/d${wait}&recursive=true`);
    const top = await etcd.open(`/v2/keys/${wait}&recursive=true`);
    await etcd.put("/d/_h/x", { value: "0" });
    await etcd.put("/d/x", { value: "1" });
    expect(await readLines(deep)).toMatchObject([{ node: { key: "/d/x" } }]);
    expect(await readLines(top)).toMatchObject([{ node: { key: "/d/x" } }]);
    expect(etcd.memory.watchers).toBe(1);
    await etcd.delete("/d", { recursive: "true" });
    expect(await readLines(flat)).toMatchObject([{ action: "delete", node: { key: "/d", dir: true } }]);
  });

  it("of a directory find hidden keys in the past, which they would not have been told of", async () => {
    const etcd = v2Memory();
    await etcd.put("/d/_h", { value: "1" });
    const past = await etcd.get("/d", { wait: "true", recursive: "true", waitIndex: "4" });
    expect(past.body).toMatchObject({ node: { key: "/d/_h" } });
  });

  it("of keys are told when a directory above them goes, under its name", async () => {
    const etcd = v2Memory();
    await etcd.put("/d/e/x", { value: "1" });
    const response = await etcd.open(`/v2/keys/d/e/x${wait}`);
    await etcd.delete("/d", { recursive: "true" });
    expect(await readLines(response)).toMatchObject([{ action: "delete", node: { key: "/d" } }]);
  });

  it("that stream go on, and tell twice that their key was deleted", async () => {
    const etcd = v2Memory();
    const response = await etcd.open(`/v2/keys/a${wait}&stream=true`);
    await etcd.put("/a", { value: "1" });
    await etcd.delete("/a");
    await etcd.put("/a", { value: "2" });
    const lines = await readLines(response, 4);
    expect(lines).toMatchObject([{ action: "set" }, { action: "delete" }, { action: "delete" }, { action: "set" }]);
    expect(etcd.memory.watchers).toBe(1);
  });

  it("that stream from the past tell one event and nothing more", async () => {
    const etcd = v2Memory();
    await etcd.put("/a", { value: "1" });
    const response = await etcd.open(`/v2/keys/a${wait}&stream=true&waitIndex=4`);
    await etcd.put("/a", { value: "2" });
    expect(await readLines(response, 1)).toMatchObject([{ node: { value: "1" } }]);
    expect({ watchers: etcd.memory.watchers, openRequests: etcd.memory.openRequests }).toEqual({
      watchers: 0,
      openRequests: 1,
    });
  });

  it("end after 100 events if nobody reads their stream", async () => {
    const etcd = v2Memory();
    const response = await etcd.open(`/v2/keys/a${wait}&stream=true`);
    for (let i = 0; i < 101; i++) await etcd.put("/a", { value: String(i) });
    expect(etcd.memory.watchers).toBe(0);
    expect(await readLines(response)).toHaveLength(100);
  });

  it("end with the signal, with the connection, and with the reader, and leave nothing behind", async () => {
    const etcd = v2Memory();
    const reason = new Error("enough");
    const aborter = new AbortController();
    const aborted = await etcd.open(`/v2/keys/a${wait}`, { signal: aborter.signal });
    aborter.abort(reason);
    await expect(aborted.text()).rejects.toBe(reason);
    const broken = await etcd.open(`/v2/keys/a${wait}&stream=true`);
    const reading = expect(broken.text()).rejects.toThrow("fetch failed");
    etcd.memory.disconnect();
    await reading;
    const left = await etcd.open(`/v2/keys/a${wait}`);
    await left.body?.cancel();
    expect({ watchers: etcd.memory.watchers, openRequests: etcd.memory.openRequests }).toEqual({
      watchers: 0,
      openRequests: 0,
    });
  });

  it("see keys expire on a real clock, without any request", async () => {
    const etcd = v2Memory({ clock: "real" });
    await etcd.put("/a", { value: "1", ttl: "1" });
    const event = await etcd.get("/a", { wait: "true" });
    expect(event.body).toMatchObject({ action: "expire", prevNode: { value: "1" } });
  });

  it("are cut by faults as other answers are", async () => {
    const etcd = v2Memory();
    etcd.memory.faults.truncate(0, { match: "/v2/keys/a" });
    const response = await etcd.open(`/v2/keys/a${wait}`);
    expect(await response.text()).toBe("");
    etcd.memory.faults.noLeader({ match: "/v2/keys", times: 1 });
    const refused = await etcd.put("/a", { value: "1" });
    expect(refused).toMatchObject({ status: 500, body: { errorCode: 300, cause: "etcdserver: request timed out" } });
    etcd.memory.faults.dropResponse({ match: "/v2/keys" });
    await expect(etcd.put("/a", { value: "1" })).rejects.toThrow("fetch failed");
    expect((await etcd.get("/a")).body).toMatchObject({ node: { value: "1" } });
  });
});
