import { describe, expect, it } from "vitest";
import { createMemoryEtcd, type MemoryEtcdOptions } from "../../src/memory/index.ts";

function start(options: MemoryEtcdOptions) {
  const memory = createMemoryEtcd({ clock: "virtual", ...options });
  const send = async (path: string, body?: string) => {
    const init = body === undefined ? {} : { method: "POST", body };
    const response = await memory.fetch(`http://memory.test${path}`, init);
    return { status: response.status, text: await response.text() };
  };
  return { memory, send };
}

const message = "json: cannot unmarshal number 1e3 into Go value of type int64";

describe("requests to a memory without a client", () => {
  it("may write integers as 1e3 only to the newer gateway", async () => {
    const body = '{"key":"YQ==","limit":1e3}';
    const old = await start({ dialect: "gateway1" }).send("/v3/kv/range", body);
    expect(old.status).toBe(400);
    expect(JSON.parse(old.text)).toEqual({ error: message, code: 3, message });
    expect((await start({ dialect: "gateway2" }).send("/v3/kv/range", body)).status).toBe(200);
  });

  it("may have anything that looks like a number in a string", async () => {
    const { send } = start({ dialect: "gateway1" });
    expect((await send("/v3/auth/user/add", '{"name":"a \\" 1.5","password":"2e3"}')).status).toBe(200);
  });

  it("get metrics, which count watches", async () => {
    const { memory, send } = start({});
    expect((await send("/metrics")).text).toMatch(/^etcd_server_has_leader 1$/m);
    expect((await send("/metrics")).text).toMatch(/^etcd_debugging_mvcc_watcher_total 0$/m);
    await memory.fetch("http://memory.test/v3/watch", { method: "POST", body: '{"create_request":{"key":"YQ=="}}' });
    expect((await send("/metrics")).text).toMatch(/^etcd_debugging_mvcc_watcher_total 1$/m);
    memory.close();
  });

  it("are told of the health and the version as by a real server", async () => {
    const { send } = start({ version: "3.5" });
    expect(JSON.parse((await send("/version")).text)).toEqual({ etcdserver: "3.5.16", etcdcluster: "3.5.0" });
    expect(JSON.parse((await send("/health")).text)).toEqual({ health: "true", reason: "" });
    await send("/v3/maintenance/alarm", '{"action":"ACTIVATE","memberID":"1","alarm":"NOSPACE"}');
    const unwell = await send("/health");
    expect(unwell.status).toBe(503);
    expect(JSON.parse(unwell.text)).toEqual({ health: "false", reason: "ALARM NOSPACE" });
  });

  it("to watch are all answered before any watch tells of the past, as etcd does", async () => {
    const { memory, send } = start({ version: "3.5" });
    for (let i = 0; i < 3; i++) await send("/v3/kv/put", '{"key":"YQ=="}');
    memory.compact(3n);
    const create = (start_revision: string) => JSON.stringify({ create_request: { key: "YQ==", start_revision } });
    const body = `${create("2")}${create("4")}{"progress_request":{}}${create("0")}`;
    const response = await memory.fetch("http://memory.test/v3/watch", { method: "POST", body });
    const { value } = (await response.body?.getReader().read()) ?? {};
    const lines = new TextDecoder().decode(value).trimEnd().split("\n");
    const results = lines.map((line) => (JSON.parse(line) as { result: Record<string, unknown> }).result);
    // There is no answer about progress: two of the watches have none that they could tell of.
    expect(
      results.map(({ watch_id = "0", created, canceled, events }) => [
        watch_id,
        created,
        canceled,
        events !== undefined,
      ]),
    ).toEqual([
      ["0", true, undefined, false],
      ["1", true, undefined, false],
      ["2", true, undefined, false],
      ["0", undefined, true, false],
      ["1", undefined, undefined, true],
    ]);
  });

  it("may hold integers of more digits than numbers of JavaScript do", async () => {
    const { send } = start({});
    await send("/v3/lease/grant", '{"ID":7587821338341002790,"TTL":60}');
    expect((await send("/v3/lease/leases", "{}")).text).toContain('"ID":"7587821338341002790"');
  });

  it.each([129, 5000, 100_000])("with %i transactions within each other are refused as wrong", async (levels) => {
    const step = '{"success":[{"request_txn":';
    const body = `${step.repeat(levels)}{}${"}]}".repeat(levels)}`;
    const response = await createMemoryEtcd().fetch("http://etcd/v3/kv/txn", { method: "POST", body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 3 });
  });

  it("cannot bring the hash of a password", async () => {
    const { send } = start({});
    const refused = await send("/v3/auth/user/add", '{"name":"a","hashedPassword":"JDJh"}');
    expect(refused.status).toBe(501);
    expect(refused.text).toContain("send the password");
    expect((await send("/v3/auth/user/get", '{"name":"a"}')).status).toBe(400);
  });
});
