import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createEtcdV2, EtcdV2Error, type EtcdV2, type EtcdV2Options, type Result } from "../../src/v2/index.ts";
import { passwordCanary, printed } from "../../test/transport/etcd-error.ts";
import { freshDir } from "../../test/suites-v2/connect.ts";
import { times } from "../../test/suites/tools.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import type { FaultProxy } from "../fault-proxy.ts";
import { poll } from "../poll.ts";
import { first, proxies, script } from "./subject.ts";

// Faults of v2, on the real thing.

const said: string[] = [];

function client(endpoints: string | readonly string[], options: EtcdV2Options = {}): EtcdV2 {
  const etcd = createEtcdV2({ endpoints, ...options });
  onTestFinished(() => etcd.close());
  return etcd;
}

/** The error that a call rejects with; fails when it succeeds or fails otherwise. */
async function failure(work: Promise<unknown>): Promise<EtcdV2Error> {
  const thrown = await work.then(
    (result) => expect.fail(`expected an error, got ${String(result)}`),
    (error: unknown) => error,
  );
  said.push(printed(thrown));
  if (!EtcdV2Error.is(thrown)) expect.fail(`expected an EtcdV2Error, got ${printed(thrown)}`);
  return thrown;
}

const count = ({ requestLines }: FaultProxy, start: string): number =>
  requestLines.filter((line) => line.startsWith(start)).length;

describe.each(["3.4", "3.5"] as const)("faults of v2 on etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version, v2: true });
  });
  afterAll(() => server.close());

  const proxy = async (): Promise<FaultProxy> => first(await proxies(server.endpoints.slice(0, 1)));

  it("H1: a key of dots is refused, and the server never sees it", async () => {
    const way = await proxy();
    const etcd = client(way.url);
    const keys = [
      "../../version",
      "..",
      ".",
      "a/../../../version",
      "a/./b",
      "%2e%2e/%2e%2e/version",
      "a/%2E%2e",
      ".%2E/b",
    ];
    for (const key of keys) {
      for (const work of [
        etcd.get(key),
        etcd.set(key, "1"),
        etcd.append(key, "1"),
        etcd.delete(key, { recursive: true }),
      ]) {
        expect(await failure(work)).toMatchObject({ name: "InvalidArgument", outcome: "not-applied", attempts: [] });
      }
    }
    expect(way.counts.connections).toBe(0);
  });

  it("H1, H2: 2,000 random keys lead to themselves and nowhere else", async () => {
    const dir = freshDir();
    const etcd = client(server.endpoints, {
      fetch: (url, init) => {
        if (!new URL(url).pathname.startsWith(`/v2/keys${dir}`)) expect.fail(`${url} is outside`);
        return fetch(url, init);
      },
    });
    const letters = Array.from("abc./?#%\\ +&=:;@[]{}|^~`'\"<>\u0001é漢🔑2eE_");
    let state = 7;
    const random = (n: number): number => (state = (state * 48271) % 2147483647) % n;
    let written = 0;
    await times(2000, async (i) => {
      const name = Array.from({ length: 1 + random(12) }, () => letters[random(letters.length)] ?? "").join("");
      const segments = name.split("/").filter((segment) => segment !== "");
      const key = `${dir}/${i}/${segments.join("/")}`;
      if (segments.length === 0 || segments.some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))) return;
      await etcd.set(`${dir}/${i}/${name}`, name);
      const { node } = await etcd.get(key);
      expect([node.key, node.value]).toEqual([key, name]);
      written++;
    });
    expect(written).toBeGreaterThan(1500);
  });

  it("H3: a watch whose index is too old reads again, reports the gap, and goes on", async () => {
    const etcd = client(server.endpoints);
    const key = `${freshDir()}/a`;
    const { etcdIndex } = await etcd.set(key, "0");
    await times(1100, (i) => etcd.set(key, String(i), { noValueOnSuccess: true }), 16);
    const cleared = await failure(etcd.wait(key, { index: etcdIndex + 1n }));
    expect(cleared).toMatchObject({ name: "EventIndexCleared", code: 401, status: 400 });
    expect(cleared.cause).toMatch(/cleared|\[\d+\/\d+\]/);
    await using watch = etcd.watch(key, { index: etcdIndex + 1n });
    const { value: report } = await watch.next();
    expect(report).toMatchObject({ kind: "got", gap: { from: etcdIndex + 1n, to: report?.etcdIndex } });
    const { etcdIndex: next } = await etcd.set(key, "next");
    expect((await watch.next()).value?.node).toMatchObject({ value: "next", modifiedIndex: next });
  });

  it.each([
    ["reset", (way: FaultProxy) => way.cutAll("rst")],
    ["ended", (way: FaultProxy) => way.cutAll("fin")],
  ] as const)("H4: a long poll that is %s 20 times loses no event and doubles none", async (_, cut) => {
    const way = await proxy();
    const watching = client(way.url);
    const etcd = client(server.endpoints);
    const dir = freshDir();
    await etcd.mkdir(dir);
    await using watch = watching.watch(dir, { recursive: true });
    await watch.ready;
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { node } of watch) {
        seen.push(node.value ?? "");
        if (node.value === "end") return;
      }
    })();
    for (let i = 0; i < 20; i++) {
      const polls = count(way, "GET /v2/keys");
      cut(way);
      for (let j = 0; j < 5; j++) await etcd.set(`${dir}/a`, `${i}/${j}`);
      // Every other time the next cut comes while the poll waits.
      if (i % 2 === 0) await poll("a new poll", 20_000, () => count(way, "GET /v2/keys") > polls || undefined);
    }
    await etcd.set(`${dir}/a`, "end");
    await reading;
    const all = Array.from({ length: 100 }, (_each, i) => `${Math.floor(i / 5)}/${i % 5}`);
    expect(seen).toEqual([...all, "end"]);
  });

  it("H4: a long poll cut after any number of bytes of its answer is made again", async () => {
    const way = await proxy();
    const watching = client(way.url);
    const etcd = client(server.endpoints);
    const key = `${freshDir()}/a`;
    const { etcdIndex } = await etcd.set(key, "1");
    for (let bytes = 0; bytes < 460; bytes += 23) {
      const next = watching.wait(key, { index: etcdIndex, timeoutMs: 20_000 });
      await way.set({ kind: "cutAfter", bytes, how: bytes % 2 === 0 ? "fin" : "rst" });
      way.cutAll("rst");
      await poll("a cut answer", 20_000, () => count(way, "GET /v2/keys") > bytes / 23 || undefined);
      await way.set({ kind: "pass" });
      expect((await next).node).toMatchObject({ value: "1", modifiedIndex: etcdIndex });
    }
  });

  it("H5: of 50 puts whose answer is lost each is applied once, sent once, and unknown", async () => {
    const way = await proxy();
    const etcd = client(way.url, { auth: undefined });
    const direct = client(server.endpoints);
    const dir = freshDir();
    await direct.mkdir(dir);
    await way.set({ kind: "dropResponse" });
    for (let i = 0; i < 50; i++) {
      const error = await failure(etcd.set(`${dir}/${i}`, "1"));
      expect(error).toMatchObject({ name: "Unreachable", outcome: "unknown", attempts: [{ outcome: "unknown" }] });
    }
    expect(count(way, "PUT ")).toBe(50);
    const { node } = await direct.get(dir, { quorum: true });
    if (!node.dir) expect.fail("a directory");
    expect(node.children).toHaveLength(50);
    expect(node.children.every((child) => child.modifiedIndex === child.createdIndex)).toBe(true);
  });

  it("H5: conditional writes whose answer is lost are unknown, and never reported as failed", async () => {
    const way = await proxy();
    const etcd = client(way.url);
    const direct = client(server.endpoints);
    const dir = freshDir();
    const works: readonly (readonly [string, (key: string) => Promise<() => Promise<unknown>>])[] = [
      ["create", async (key) => () => etcd.create(key, "new")],
      ["testAndSet", async (key) => (await direct.set(key, "old"), () => etcd.testAndSet(key, "old", "new"))],
      ["update", async (key) => (await direct.set(key, "old"), () => etcd.update(key, "new"))],
      [
        "update of a node",
        async (key) => {
          const { node } = await direct.set(key, "old");
          return () => etcd.update(node, "new");
        },
      ],
    ];
    for (const [name, prepare] of works) {
      const write = await prepare(`${dir}/${name}`);
      const sent = count(way, "PUT ");
      await way.set({ kind: "dropResponse", times: 1 });
      const error = await failure(write());
      await way.set({ kind: "pass" });
      expect([name, error.name, error.outcome]).toEqual([name, "Unreachable", "unknown"]);
      expect(count(way, "PUT ") - sent, name).toBe(1);
      expect((await direct.get(`${dir}/${name}`, { quorum: true })).node.value).toBe("new");
    }
    await direct.set(`${dir}/gone`, "1");
    await way.set({ kind: "dropResponse", times: 1 });
    expect(await failure(etcd.delete(`${dir}/gone`))).toMatchObject({ name: "Unreachable", outcome: "unknown" });
    expect(await direct.has(`${dir}/gone`)).toBe(false);
  });

  it("H6: an in-order key whose answer is lost is never made twice", async () => {
    const way = await proxy();
    const etcd = client([way.url, first(server.endpoints)]);
    const dir = freshDir();
    await way.set({ kind: "dropResponse", times: 1 });
    expect(await failure(etcd.append(dir, "1"))).toMatchObject({ name: "Unreachable", outcome: "unknown" });
    expect(way.counts.requests).toBe(1);
    expect(await etcd.list(dir, { quorum: true })).toHaveLength(1);
  });

  it("H6: a lock whose key was created and not confirmed is found, and leaves nothing behind", async () => {
    const way = await proxy();
    const etcd = client(way.url);
    const name = freshDir().slice(1);
    await way.set({ kind: "dropResponse", times: 1 });
    const lock = etcd.lock(name);
    await lock.acquire();
    expect(await etcd.list(`/_locks/${name}`)).toHaveLength(1);
    await lock.release();
    expect(await etcd.list(`/_locks/${name}`)).toEqual([]);
  });

  it("H7: where a page cannot read etcd's headers, indexes come from bodies, and a watch loses nothing", async () => {
    const blind: EtcdV2Options["fetch"] = async (url, init) => {
      const { status, body, headers } = await fetch(url, init);
      return new Response(body, { status, headers: { "content-type": headers.get("content-type") ?? "" } });
    };
    const page = client(server.endpoints, { fetch: blind });
    const etcd = client(server.endpoints);
    const dir = freshDir();
    const { node, etcdIndex, etcdIndexFrom, raftIndex, raftTerm } = await page.set(`${dir}/a`, "1");
    expect([etcdIndex, etcdIndexFrom, raftIndex, raftTerm]).toEqual([node.modifiedIndex, "node", null, null]);
    expect((await failure(page.get(`${dir}/none`, { quorum: true }))).index).toBeGreaterThanOrEqual(etcdIndex);

    // The key is older than etcd's memory of events: what it begins with is the store's index, not the key's.
    await times(1100, (i) => etcd.set(`${dir}/b`, String(i), { noValueOnSuccess: true }), 16);
    await using watch = page.watch(`${dir}/a`);
    const { index } = await watch.ready;
    expect(index).toBeGreaterThan(etcdIndex + 1000n);
    await etcd.set(`${dir}/a`, "2");
    await etcd.set(`${dir}/a`, "3");
    expect([(await watch.next()).value?.node.value, (await watch.next()).value?.node.value]).toEqual(["2", "3"]);

    await using late = page.watch(`${dir}/a`, { index: etcdIndex + 1n });
    const { value: report } = await late.next();
    expect(report).toMatchObject({ kind: "got", node: { value: "3" }, gap: { from: etcdIndex + 1n } });
    await etcd.set(`${dir}/a`, "4");
    expect((await late.next()).value?.node.value).toBe("4");
  });
});

describe("faults of v2 where members come and go", () => {
  it("H4: a watch under kills and cuts loses no event and doubles none", async () => {
    await using server = await startEtcd({ version: "3.5", members: 3, v2: true });
    const ways = await proxies(server.endpoints);
    const watching = client(ways.map(({ url }) => url));
    const etcd = client(server.endpoints);
    const dir = freshDir();
    await etcd.mkdir(dir);
    await using watch = watching.watch(dir, { recursive: true });
    await watch.ready;
    const seen: Result[] = [];
    const reading = (async () => {
      for await (const event of watch) {
        seen.push(event);
        if (event.node.value === "end") return;
      }
    })();

    let written = 0;
    let stop = false;
    const writing = (async () => {
      while (!stop) {
        // A write may fail: whether it took place, the store tells in the end.
        await etcd.set(`${dir}/${written++}`, "1").catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    for (const [i, member] of server.members.entries()) {
      await member.kill();
      ways[(i + 1) % 3]?.cutAll("rst");
      const before = written;
      await poll("writes go on", 30_000, () => written > before + 20 || undefined);
      ways[(i + 2) % 3]?.cutAll("fin");
      await member.start();
      await server.waitReady();
    }
    stop = true;
    await writing;
    await poll("the end is written", 30_000, () => etcd.set(`${dir}/end`, "end").then(() => true));
    await reading;

    const { node } = await etcd.get(dir, { quorum: true });
    const stored = node.dir ? node.children.map(({ key }) => key).toSorted() : [];
    expect(seen.filter((event) => "gap" in event)).toEqual([]);
    expect(seen.map((event) => event.node.key).toSorted()).toEqual(stored);
    expect(stored.length).toBeGreaterThan(60);
    const indexes = seen.map((event) => event.node.modifiedIndex);
    expect(indexes.toSorted((a, b) => Number(a - b))).toEqual(indexes);
  });

  it("reads go on when a member dies, and when one swallows everything", async () => {
    await using server = await startEtcd({ version: "3.4", members: 3, v2: true });
    const ways = await proxies(server.endpoints);
    const etcd = client(ways.map(({ url }) => url));
    const dir = freshDir();
    await etcd.set(`${dir}/a`, "1");
    await ways[0]?.set({ kind: "blackhole" });
    expect((await etcd.get(`${dir}/a`, { quorum: true })).node.value).toBe("1");
    expect(etcd.endpointInUse).not.toBe(ways[0]?.url);
    await ways[0]?.set({ kind: "pass" });
    await server.members[1]?.kill();
    await server.waitReady();
    for (let i = 0; i < 10; i++) expect((await etcd.get(`${dir}/a`)).node.value).toBe("1");
    // A connection that is refused has carried no write: it goes to another member.
    await ways[0]?.set({ kind: "refuse" });
    ways[0]?.cutAll("rst");
    expect((await etcd.set(`${dir}/b`, "2")).node.value).toBe("2");
  });

  it("learns of members that it was not told of, and goes on there", async () => {
    await using server = await startEtcd({ version: "3.5", members: 3, v2: true });
    const etcd = client(first(server.endpoints), { discoverMembers: true });
    await etcd.set("/a", "1");
    expect(etcd.endpoints.toSorted()).toEqual(server.endpoints.toSorted());
    await server.members[0]?.kill();
    await server.waitReady();
    expect((await etcd.get("/a", { quorum: true })).node.value).toBe("1");
  });
});

describe("invalid answers of v2", () => {
  it.each([
    ["v2 is off", { status: 404, body: "404 page not found\n" }, "NotEtcd"],
    ["a page of HTML", { body: "<html>log in</html>" }, "MalformedResponse"],
    ["an empty body", { body: "" }, "MalformedResponse"],
    ["JSON of somebody else", { body: '{"ok":true}' }, "MalformedResponse"],
    [
      "a node without indexes",
      { body: '{"action":"get","node":{"key":"/a","value":"1","modifiedIndex":"x"}}' },
      "MalformedResponse",
    ],
    ["a proxy's error", { status: 502, body: "<html>bad gateway</html>" }, "HttpFailure"],
    ["a redirect", { status: 307, headers: { location: "http://127.0.0.1:1/v2/keys/a" } }, "RedirectRefused"],
  ] as const)("%s: a read is a %s, a write says that it does not know, or that it was not", async (_, answer, name) => {
    const server = await script(() => answer);
    const etcd = client(server.url, { auth: { username: "root", password: passwordCanary }, timeoutMs: 20_000 });
    expect(await failure(etcd.get("/a"))).toMatchObject({ name, outcome: "not-applied" });
    const before = server.requests.length;
    const error = await failure(etcd.set("/a", "1"));
    expect(error).toMatchObject({
      name,
      outcome: name === "NotEtcd" || name === "RedirectRefused" ? "not-applied" : "unknown",
    });
    expect(server.requests.length - before).toBe(1);
  });

  it("S2: no error of all these faults shows the password", () => {
    expect(said.length).toBeGreaterThan(0);
    expect(said.join("\n")).not.toContain(passwordCanary);
    expect(said.join("\n")).not.toContain(btoa(`root:${passwordCanary}`));
  });
});
