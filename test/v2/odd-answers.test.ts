import { describe, expect, it, onTestFinished } from "vitest";
import { readAddress } from "../../src/transport/http/read-address.ts";
import { createEtcdV2, type EtcdV2, type EtcdV2Options } from "../../src/v2/index.ts";
import { type Script, scripted } from "./scripted.ts";

function client(script: Script, options: EtcdV2Options = {}): { etcd: EtcdV2; urls: () => string[] } {
  const { fetch, seen } = scripted(script);
  const etcd = createEtcdV2({ fetch, ...options });
  onTestFinished(() => etcd.close());
  return { etcd, urls: () => seen.map(({ url }) => url) };
}

const leaf = '{"key":"/a/b","value":"1","modifiedIndex":7,"createdIndex":7}';
const nested = (levels: number): string =>
  '{"key":"/a","dir":true,"nodes":['.repeat(levels) + leaf + "]}".repeat(levels);

const reads: Readonly<Record<string, (etcd: EtcdV2) => Promise<unknown>>> = {
  get: (etcd) => etcd.get("/a"),
  has: (etcd) => etcd.has("/a"),
  list: (etcd) => etcd.list("/a"),
  getRecursive: (etcd) => etcd.getRecursive("/a"),
  wait: (etcd) => etcd.wait("/a", { index: 1 }),
};
const writes: Readonly<Record<string, (etcd: EtcdV2) => Promise<unknown>>> = {
  set: (etcd) => etcd.set("/a", "1"),
  mkdir: (etcd) => etcd.mkdir("/a"),
  append: (etcd) => etcd.append("/a", "1"),
  delete: (etcd) => etcd.delete("/a"),
  pop: (etcd) => etcd.pop("/a"),
};

describe("an answer of v2 that is not one", () => {
  const none = [
    '{"action":"get"}',
    '{"action":"set"}',
    '{"action":"delete","node":null}',
    '{"action":"expire","node":[]}',
    '{"action":"create","node":{}}',
    `{"action":"get","node":${nested(20_000)}}`,
    `{"action":"delete","node":{"key":"/a","modifiedIndex":8,"createdIndex":7}}`,
    "[]",
    "",
  ];

  it.each(Object.entries(reads))("is a MalformedResponse of %s", async (name, read) => {
    for (const text of none) {
      if (name === "wait" && (text === "" || text.includes('"key"'))) continue;
      const { etcd } = client(() => new Response(text), { failover: false });
      await expect(read(etcd)).rejects.toMatchObject({ name: "MalformedResponse", outcome: "not-applied" });
    }
  });

  it.each(Object.entries(writes))("leaves the outcome of %s unknown", async (name, write) => {
    for (const text of none) {
      if (name === "delete" && text.includes('"key"')) continue;
      const { etcd } = client(() => new Response(text), { failover: false });
      const outcome = name === "pop" && text.startsWith('{"action":"delete","node":{"key"') ? "applied" : "unknown";
      await expect(write(etcd)).rejects.toMatchObject({ name: "MalformedResponse", outcome });
    }
  });

  it("is told from one without a node that was asked for", async () => {
    const { etcd } = client(() => new Response('{"action":"set"}'));
    expect(await etcd.set("/a", "1", { noValueOnSuccess: true })).toMatchObject({ kind: "set", node: null });
  });

  it("may have 500 levels of directories, and their leaves", async () => {
    const { etcd } = client(() => new Response(`{"action":"get","node":${nested(500)}}`));
    expect([...(await etcd.getRecursive("/a")).keys()]).toEqual(["/a/b"]);
  });

  it.each<[string, string, (etcd: EtcdV2) => Promise<unknown>]>([
    ["members", '{"members":{}}', (etcd) => etcd.members()],
    ["members without ids", '{"members":[{}]}', (etcd) => etcd.members()],
    ["a leader", "{}", (etcd) => etcd.leader()],
    ["a version", "{}", (etcd) => etcd.version()],
    ["health", "{}", (etcd) => etcd.health()],
    ["users", '{"users":["root"]}', (etcd) => etcd.auth.users.list()],
    ["a user", '{"user":7}', (etcd) => etcd.auth.users.get("root")],
    ["a role", "{}", (etcd) => etcd.auth.roles.get("guest")],
    ["whether authentication is on", "{}", (etcd) => etcd.auth.status()],
  ])("is refused where %s should be", async (_, text, call) => {
    const { etcd } = client(() => new Response(text), { failover: false });
    await expect(call(etcd)).rejects.toMatchObject({ name: "MalformedResponse", outcome: "not-applied" });
  });

  it("that is too large is cut off, whatever its headers say", async () => {
    let read = 0;
    const endless = (): Response =>
      new Response(
        new ReadableStream<Uint8Array>({
          pull(controller) {
            read++;
            controller.enqueue(new Uint8Array(65_536).fill(0x20));
          },
        }),
        { headers: { "content-length": "5", "transfer-encoding": "chunked" } },
      );
    const { etcd } = client(endless, { maxResponseBytes: 1 << 20 });
    await expect(etcd.get("/a")).rejects.toMatchObject({ name: "ResponseTooLarge" });
    expect(read).toBeLessThan(30);
  });
});

describe("what a member says of an address", () => {
  it("costs time in proportion to its length", () => {
    const start = performance.now();
    for (let i = 0; i < 10; i++) {
      readAddress(`http://127.0.0.1:1234${"/".repeat(100_000)}x`, { credentials: false, allowInsecure: false });
    }
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("a redirect that is followed", () => {
  const auth = { username: "root", password: "hunter2-s3cret" };
  const elsewhere = "http://127.0.0.1:2381/v2/auth/users/u";
  const redirecting: Script = ({ url }) =>
    url.includes(":2379")
      ? new Response(null, { status: 307, headers: { location: elsewhere } })
      : new Response('{"user":"u"}', { status: 201 });

  it("takes no password along, in its header or its body, but to an endpoint that was given", async () => {
    const add = (etcd: EtcdV2): Promise<void> => etcd.auth.users.add("u", "hunter2-s3cret", { roles: ["r"] });
    for (const options of [{}, { auth }]) {
      const given = { followRedirects: true, failover: false, ...options };
      const { etcd, urls } = client(redirecting, given);
      await expect(add(etcd)).rejects.toMatchObject({ name: "RedirectRefused", outcome: "not-applied" });
      expect(urls()).toHaveLength(1);
      const both = client(redirecting, { ...given, endpoints: ["http://127.0.0.1:2379", "http://127.0.0.1:2381"] });
      await add(both.etcd);
      expect(both.urls()).toEqual(["http://127.0.0.1:2379/v2/auth/users/u", elsewhere]);
    }
  });

  it.each(["followRedirects", "failover", "discoverMembers", "allowInsecure"])("%s is true or false", (name) => {
    for (const value of ["false", 1, {}, null]) {
      expect(() => createEtcdV2({ [name]: value })).toThrow(`${name}: expected true or false`);
    }
  });
});
