import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createEtcd, type Etcd as Client, type EtcdOptions } from "../../src/index.ts";
import { serve, type ServedHandler } from "../../src/node/index.ts";
import { createProxy, type Decision, type EtcdProxy } from "../../src/proxy/index.ts";
import type { Connect } from "../../test/suites/connect.ts";
import { suites } from "../../test/suites/suites.ts";
import { type Etcd, startEtcd } from "../etcd.ts";

const page = "https://admin.example";

describe.each([
  ["off", "3.4"],
  ["on", "3.5"],
] as const)("A proxy where etcd's own logins decide, with authentication %s (etcd %s)", (authentication, version) => {
  const root = { username: "root", password: "root-secret" };
  let etcd: Etcd;
  let proxy: EtcdProxy;
  let server: ServedHandler;
  const decisions: Decision[] = [];

  beforeAll(async () => {
    etcd = await startEtcd({ version, members: 3 });
    if (authentication === "on") {
      const permissions = [{ type: "READ", key: "public/", prefix: true }] as const;
      const users = [{ name: "reader", password: "reader-secret", permissions }];
      await etcd.enableAuth({ rootPassword: root.password, users });
    }
    proxy = createProxy({
      etcd: { endpoints: () => Promise.resolve(etcd.endpoints) },
      authorize: "etcd",
      origins: [page],
      hosts: ["127.0.0.1"],
      onDecision: (decision) => decisions.push(decision),
    });
    server = await serve((request) => proxy(request), { cors: [page] });
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.close();
    await etcd?.close();
  });

  const connect = (options: Partial<EtcdOptions> = {}): Client => {
    const auth = authentication === "on" ? { auth: root } : {};
    const client = createEtcd({ endpoints: `${server.url}/some/route`, ...auth, ...options } as EtcdOptions);
    onTestFinished(() => client.close());
    return client;
  };
  const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(server.url + path, { method: "POST", body, headers });

  it("every service works as with etcd itself", async () => {
    const client = connect();
    const { id } = await client.lease.grant(60);
    const { revision } = await client.put("public/start", "x");
    const seen = client.watchOnce("public/a", { from: revision + 1n });
    await client.put("public/a", "1", { lease: id });
    expect((await seen).entry.text()).toBe("1");
    expect((await client.lease.timeToLive(id, { keys: true })).keys).toHaveLength(1);
    expect((await client.lease.keepAliveOnce(id)).ttl).toBe(60);
    await client.lease.revoke(id);
    const members = await client.cluster.members();
    expect(members.length).toBe(3);
    expect((await client.maintenance.status()).version).toBe(etcd.version);
    expect(await client.auth.status()).toMatchObject({ enabled: authentication === "on" });
    await client.auth.roles.add(`role-${version}`);
    expect(await client.auth.roles.list()).toContain(`role-${version}`);
    const leaderless = await etcd.post("/v3/election/leader", { name: "bm9uZQ==" });
    const through = await post("/v3/election/leader", '{"name":"bm9uZQ=="}');
    expect([through.status, await through.text()]).toEqual([leaderless.status, leaderless.text]);
  });

  it("a snapshot arrives whole, as etcd streams it, at the pace of its reader", async () => {
    const client = connect();
    const value = new Uint8Array(1_000_000).fill(7);
    for (let i = 0; i < 12; i++) await client.put(`big/${i}`, value);
    let bytes = 0;
    for await (const piece of client.maintenance.snapshot()) bytes += piece.length;
    expect(bytes).toBeGreaterThan(12_000_000);
  });

  it("a caller who goes away takes its watch at etcd along", async () => {
    const watchers = async (): Promise<number> => {
      const each = etcd.members.map((member) => etcd.metrics("etcd_debugging_mvcc_watcher_total", member));
      return (await Promise.all(each)).reduce((a, b) => a + b, 0);
    };
    const before = await watchers();
    const stop = new AbortController();
    const reading = connect()
      .watchOnce("public/gone", { signal: stop.signal })
      .catch(() => undefined);
    await expect.poll(watchers).toBe(before + 1);
    stop.abort();
    await reading;
    await expect.poll(watchers).toBe(before);
  });

  it("pages of other origins, other hosts and other paths get nowhere", async () => {
    const range = '{"key":"cHVibGljL2E="}';
    expect((await post("/v3/kv/range", range, { origin: "https://evil.example" })).status).toBe(403);
    expect(
      (await proxy(new Request("http://rebound.example/v3/kv/range", { method: "POST", body: range }))).status,
    ).toBe(403);
    const mine = await post("/v3/kv/range", range, { origin: page });
    expect(mine.headers.get("access-control-allow-origin")).toBe(page);
    for (const path of [
      "/v3/%2e%2e%2fv2/keys/a",
      "/v3/kv/range%2f..%2f..%2fdebug",
      "/v3/KV/range",
      "/v3/",
      "/v2/keys/a",
      "/metrics",
    ]) {
      expect((await post(path, range)).status, path).toBe(404);
    }
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect((await fetch(`${server.url}/v3/kv/range`)).status).toBe(404);
    const [, reply] = [await mine.text(), [...mine.headers.keys()]];
    expect(reply.filter((name) => name.startsWith("grpc"))).toEqual([]);
  });

  if (authentication === "on") {
    it("the caller's own login decides, and no other one is used", async () => {
      const anonymous = connect({ auth: undefined });
      await expect(anonymous.get("public/a")).rejects.toMatchObject({ outcome: "not-applied" });
      await expect(connect({ auth: { ...root, password: "wrong" } }).get("a")).rejects.toMatchObject({
        reason: "AuthFailed",
      });
      const reader = connect({ auth: { username: "reader", password: "reader-secret" } });
      await connect().put("public/a", "1");
      expect((await reader.get("public/a"))?.text()).toBe("1");
      await expect(reader.get("private/a")).rejects.toMatchObject({ reason: "PermissionDenied" });
      await expect(reader.put("public/a", "2")).rejects.toMatchObject({ reason: "PermissionDenied" });
      await expect(reader.watchOnce("private/a")).rejects.toMatchObject({ reason: "PermissionDenied" });
      expect(decisions).toContainEqual(
        expect.objectContaining({ subject: "", rpc: "/v3/kv/range", ranges: [], verdict: "denied" }),
      );
    });
  }

  it("goes on at another member when one is dead", async () => {
    const client = connect();
    await client.put("public/a", "before");
    await etcd.members[0]?.kill();
    await etcd.waitReady();
    expect((await client.get("public/a"))?.text()).toBe("before");
    await client.put("public/a", "after");
  });
});

describe("The client's suites through it", () => {
  let etcd: Etcd;
  let proxy: EtcdProxy;
  beforeAll(async () => {
    etcd = await startEtcd({ version: "3.5" });
    proxy = createProxy({ etcd: { endpoints: etcd.endpoints }, authorize: "etcd" });
  });
  afterAll(async () => {
    await proxy?.close();
    await etcd?.close();
  });
  const endpoints = ["http://127.0.0.1:2379"];
  const connectBy = (options: Partial<EtcdOptions> = {}): Client => {
    const client = createEtcd({
      endpoints,
      fetch: (url, init) => proxy(new Request(url, init)),
      ...options,
    } as EtcdOptions);
    onTestFinished(() => client.close());
    return client;
  };
  const connect: Connect = Object.assign(connectBy, {
    target: { version: "3.5", transport: "gateway" as const, members: 1, endpoints },
  });
  const { watch, lease, cluster, maintenance, auth } = suites;
  for (const [name, suite] of Object.entries({ watch, lease, cluster, maintenance, auth })) {
    describe(name, () => suite?.(connect));
  }
});
