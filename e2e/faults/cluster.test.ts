import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { compare } from "../../src/v3/kv/compare.ts";
import { op } from "../../src/v3/kv/op.ts";
import { type Etcd as Server, type EtcdMember, startEtcd } from "../etcd.ts";
import type { FaultProxy } from "../fault-proxy.ts";
import { poll } from "../poll.ts";
import { history, revisionOf, stored } from "./ground-truth.ts";
import {
  client,
  clientOf,
  each,
  failure,
  first,
  itTellsNoSecret,
  mended,
  names,
  proxies,
  ranked,
  settled,
} from "./subject.ts";

/** Holds back answers until so many more are waited for. */
async function holdAnswers(proxy: FaultProxy, count: number): Promise<void> {
  await proxy.set({ kind: "blackhole", direction: "down" });
  const { requests } = proxy.counts;
  await poll("answers are waited for", 10_000, () => (proxy.counts.requests >= requests + count ? true : undefined));
}

describe("three members of etcd 3.5", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version: "3.5", members: 3, electionMs: 1000 });
  });
  afterAll(() => server.close());
  afterEach(() => mended(server));

  const urls = (...members: EtcdMember[]): string[] => members.map(({ url }) => url);

  it("C2: an endpoint that stands still: reads go to the next one, a write to it has an unknown outcome, and it is left alone", async () => {
    const { leader, followers } = await ranked(server);
    const [still] = followers;
    const [front, behind] = await proxies(urls(still, leader));
    if (front === undefined || behind === undefined) throw new Error("two proxies");
    const endpoints = [front.url, behind.url];
    const [reader, writer] = [client(endpoints, { retry: { attemptTimeoutMs: 1000 } }), client(endpoints)];
    await reader.put("C2", "1");
    await writer.get("C2");
    still.pause();
    const sent = front.counts.requests;
    expect((await reader.get("C2"))?.text()).toBe("1");
    await each(names("C2", 50), 10, (key) => reader.get(key));
    expect([front.counts.requests - sent, reader.endpointInUse]).toEqual([1, behind.url]);
    const error = await failure(writer.put("C2/unknown", "1", { timeoutMs: 400 }));
    expect(error).toMatchObject({
      reason: "Timeout",
      outcome: "unknown",
      retryable: false,
      attempts: [{ endpoint: front.url }],
    });
    // The next write goes elsewhere.
    await writer.put("C2/next", "1");
    still.resume();
    await server.waitReady();
    const uncertain = await stored(server, "C2/");
    expect([uncertain.get("C2/next")?.version, (uncertain.get("C2/unknown")?.version ?? 0) <= 1]).toEqual([1, true]);
  });

  it("C2: a watch that its member does not confirm is opened at another, and misses nothing", async () => {
    const { leader, followers } = await ranked(server);
    const [still] = followers;
    const { revision } = await client(leader.url).put("C2/watch", "1");
    still.pause();
    const watcher = client(urls(still, leader)).watch("C2/watch", { from: revision });
    expect(await watcher.ready).toMatchObject({ revision });
    const { value } = await watcher[Symbol.asyncIterator]().next();
    expect(value?.entry.text()).toBe("1");
  });

  it("C3: the leader stands still: writes by a follower come out right, or say that they do not know", async () => {
    const { leader, followers } = await ranked(server);
    const etcd = client(urls(followers[0]));
    await etcd.put("C3/warm", "1");
    leader.pause();
    const keys = names("C3/", 40);
    const [verdicts, read] = await Promise.all([
      each(keys, 8, async (key) => ({ key, ...(await settled(etcd.put(key, "1"))) })),
      etcd.get("C3/warm"),
    ]);
    expect(read?.text()).toBe("1");
    leader.resume();
    await server.waitReady();
    await truth(verdicts, "C3/");
  });

  it("C4: the leader is killed: reads all succeed, writes come out right or say that they do not know", async () => {
    const { leader, followers } = await ranked(server);
    const etcd = client(urls(followers[0], followers[1]));
    await etcd.put("C4/warm", "1");
    let over = false;
    const reading = each(names("reader", 4), 4, async () => {
      let reads = 0;
      for (; !over; reads++) expect((await etcd.get("C4/warm"))?.text()).toBe("1");
      return reads;
    });
    const writing = each(names("C4/", 60), 6, async (key) => ({ key, ...(await settled(etcd.put(key, "1"))) }));
    await leader.kill();
    const start = performance.now();
    await etcd.get("C4/warm");
    expect(performance.now() - start).toBeLessThan(9000);
    const verdicts = await writing;
    over = true;
    expect((await reading).every((reads) => reads > 0)).toBe(true);
    await truth(verdicts, "C4/");
  });

  /** Holds what writes were told against the store. */
  async function truth(
    verdicts: readonly { key: string; error?: { outcome: string } | undefined }[],
    prefix: string,
  ): Promise<void> {
    const running = server.members.find((member) => member.state === "running");
    if (running === undefined) throw new Error("no member runs");
    const there = await stored(
      { ...server, post: (path, body) => server.post(path, body, { member: running }) },
      prefix,
    );
    for (const { key, error } of verdicts) {
      const version = there.get(key)?.version ?? 0;
      const allowed = error === undefined ? [1] : error.outcome === "unknown" ? [0, 1] : [0];
      expect(allowed, `${key}: ${error?.outcome ?? "applied"}`).toContain(version);
    }
    expect(verdicts.some(({ error }) => error === undefined)).toBe(true);
  }

  it.each(["killed", "reset", "all reset"] as const)(
    "of 200 readers at once none fails when the member that they use is %s",
    async (how) => {
      const members = await proxies(server.endpoints);
      const etcd = client(members.map(({ url }) => url));
      await etcd.put("readers", "1");
      let over = false;
      // Few reads a second, for their number is not what this is about, and all of them at once when it happens.
      const readers = Promise.all(
        Array.from({ length: 200 }, async () => {
          while (!over) {
            expect((await etcd.get("readers"))?.text()).toBe("1");
            await new Promise((resolve) => setTimeout(resolve, 500));
          }
        }),
      );
      const used = first(members);
      const elsewhere = (): number =>
        members.reduce((sum, member) => (member === used ? sum : sum + member.counts.requests), 0);
      await holdAnswers(used, 200);
      const before = elsewhere();
      for (const member of how === "all reset" ? members : [used]) member.cutAll("rst");
      await used.set({ kind: how === "killed" ? "refuse" : "pass" });
      if (how === "killed") used.cutAll("rst");
      await each(names("readers", 5), 1, (key) => etcd.get(key));
      over = true;
      await readers;
      expect(elsewhere() - before).toBeGreaterThanOrEqual(200);
      expect(etcd.endpointInUse).not.toBe(used.url);
    },
  );

  it("C2: exactlyOnce writes and guarded ones leave an endpoint that swallows everything after the time of one attempt", async () => {
    const [hole, ...others] = await proxies(server.endpoints);
    if (hole === undefined) throw new Error("three proxies");
    const etcd = client([hole.url, ...others.map(({ url }) => url)], { retry: { attemptTimeoutMs: 1000 } });
    await etcd.put("C2/once", "0", { exactlyOnce: true });
    const { revision } = await etcd.put("C2/guard", "0");
    await hole.set({ kind: "acceptNoRead" });
    const start = performance.now();
    await Promise.all([
      etcd.put("C2/once", "1", { exactlyOnce: true }),
      etcd.put("C2/guard", "1", { guard: { modRevision: revision } }),
    ]);
    expect(performance.now() - start).toBeLessThan(3000);
    const there = await stored(server, "C2/");
    expect([there.get("C2/once"), there.get("C2/guard")]).toEqual([
      { value: "1", version: 2 },
      { value: "1", version: 2 },
    ]);
  });

  it("an answer that takes long is read whole, however many endpoints there are", async () => {
    const members = await proxies(server.endpoints);
    const etcd = client(
      members.map(({ url }) => url),
      { timeoutMs: 30_000, retry: { attemptTimeoutMs: 500 } },
    );
    const value = "x".repeat(1024 * 1024);
    for (const key of names("C2/large", 4)) await etcd.put(key, value);
    // Four megabytes as base64, in about three seconds.
    for (const member of members) await member.set({ kind: "throttle", bytesPerSecond: 2 * 1024 * 1024 });
    const { entries } = await etcd.range({ prefix: "C2/large" });
    expect(entries.map((entry) => entry.value.length)).toEqual(names("", 4).map(() => value.length));
    expect(members.reduce((sum, { counts }) => sum + counts.requests, 0)).toBeLessThanOrEqual(4 + 2);
  });

  it("C7: a rolling restart under load: no read fails, no write is lost or doubled, a watch sees each once", async () => {
    const etcd = client(server.endpoints, { timeoutMs: 20_000 });
    const from = (await revisionOf(server)) + 1n;
    const watcher = etcd.watch({ prefix: "C7/" }, { from });
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { entry } of watcher) {
        if (entry.key === "C7/~last") return;
        seen.push(`${entry.key} ${entry.modRevision}`);
      }
    })();
    let over = false;
    const verdicts: { key: string; error?: { outcome: string } | undefined }[] = [];
    const writing = each(names("C7/w", 3), 3, async (writer) => {
      for (let i = 0; !over; i++)
        verdicts.push({ key: `${writer}-${i}`, ...(await settled(etcd.put(`${writer}-${i}`, "1"))) });
    });
    const reading = each(names("reader", 2), 2, async () => {
      while (!over) expect((await settled(etcd.get("C7/w-0-0"))).error).toBeUndefined();
    });
    for (const member of server.members) {
      await member.stop();
      await member.start();
      await server.waitReady();
    }
    over = true;
    await Promise.all([writing, reading]);
    await truth(verdicts, "C7/");
    await etcd.put("C7/~last", "1");
    await watching;
    const applied = (await history(server, "C7/", from)).filter(({ key }) => !key.startsWith("C7/~"));
    expect(seen).toEqual(applied.map(({ key, revision }) => `${key} ${revision}`));
    expect(applied.every(({ version }) => version === 1)).toBe(true);
  });

  it("C11: a follower that lags may answer a serializable read, and only that", async () => {
    const { leader, followers } = await ranked(server);
    const [lagging] = followers;
    const etcd = client(urls(lagging, leader), { retry: { attemptTimeoutMs: 300 } });
    await etcd.put("C11", "old");
    lagging.isolate();
    await client(leader.url).put("C11", "new");
    expect((await etcd.get("C11", { serializable: true }))?.text()).toBe("old");
    expect((await etcd.get("C11"))?.text()).toBe("new");
    expect(etcd.endpointInUse).toBe(leader.url);
    // Having seen the new one is not a reason to call the old one's member another cluster.
    lagging.heal();
    const back = client(urls(lagging));
    await back.get("C11");
    expect((await back.get("C11", { serializable: true }))?.text()).toBe("new");
  });
});

describe("members of etcd 3.4 and 3.5 in one cluster", () => {
  it("C18: give the same answers, each in its own dialect", async () => {
    const server = await startEtcd({ version: "3.4", members: 3 });
    onTestFinished(() => server.close());
    const [old, , upgraded] = server.members;
    if (old === undefined || upgraded === undefined) throw new Error("three members");
    await upgraded.upgrade("3.5");
    await server.waitReady();
    const version = async (member: EtcdMember): Promise<string> => (await server.get("/version", member)).text;
    expect([await version(old), await version(upgraded)]).toEqual([
      expect.stringContaining('"etcdserver":"3.4.'),
      expect.stringContaining('"etcdserver":"3.5.'),
    ]);

    const answers = [];
    for (const [i, { url }] of [old, upgraded].entries()) {
      const etcd = clientOf(server, url).namespace(`C18/${i}/`);
      const { revision: start } = await etcd.put("a", "1");
      const relative = (revision: bigint | undefined): number => Number((revision ?? 0n) - start);
      const txn = await etcd.txn({
        if: [compare.missing("b")],
        then: [op.put("b", ""), op.get("a")],
        else: [op.get({ all: true })],
      });
      const deleted = await etcd.delete({ prefix: "a" }, { prev: true });
      const events = [];
      for await (const event of etcd.watch({ all: true }, { from: start, prev: true })) {
        events.push([event.type, event.entry.key, relative(event.revision), event.prev?.text()]);
        if (events.length === 3) break;
      }
      const refused = await Promise.all([
        failure(etcd.txn({ then: [op.put("x", "1"), op.put("x", "2")] })),
        failure(etcd.put("x", new Uint8Array(2_200_000))),
        failure(etcd.put("x", "1", { lease: 12345n })),
        failure(etcd.get("a", { revision: 1_000_000n })),
      ]);
      answers.push({
        events,
        txn: [txn.succeeded, relative(txn.revision), txn.succeeded ? txn.results[1].entry?.text() : "else"],
        deleted: [deleted.deleted, deleted.prev.map((entry) => [entry.key, entry.text(), entry.version])],
        missing: [await etcd.get("a"), await etcd.count({ all: true })],
        once: relative((await etcd.put("once", "1", { exactlyOnce: true })).revision),
        refused: refused.map(({ reason, code, outcome }) => ({ reason, code, outcome })),
      });
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(first(answers).refused.map(({ reason }) => reason)).toEqual([
      "DuplicateKey",
      "RequestTooLarge",
      "LeaseNotFound",
      "FutureRev",
    ]);
  });
});

itTellsNoSecret();
