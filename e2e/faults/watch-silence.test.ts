import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LogEvent, WatchEvent } from "../../src/index.ts";
import { take, until } from "../../test/suites/tools.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { linesToTest } from "../install-etcd.ts";
import type { FaultProxy } from "../fault-proxy.ts";
import {
  client,
  clientOf,
  count,
  failure,
  first,
  itTellsNoSecret,
  mended,
  proxies,
  proxyOf,
  ranked,
  script,
} from "./subject.ts";

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;

describe.each(await linesToTest())("watches on three members of etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version, members: 3, electionMs: 1000 });
  });
  afterAll(() => server.close());
  afterEach(() => mended(server));

  async function throughProxies(): Promise<readonly [FaultProxy, ...FaultProxy[]]> {
    const [one, ...others] = await proxies(server.members.map(({ url }) => url));
    if (one === undefined) throw new Error("three proxies");
    return [one, ...others];
  }

  /** A client, and what tells when a watch of it was next confirmed. */
  function observed(endpoints: readonly string[]) {
    const live: number[] = [];
    const etcd = client(endpoints, {
      auth: undefined,
      logger: (event) => void (event.type === "watch" && event.state === "live" && live.push(performance.now())),
    });
    const backAfter = async (moment: number): Promise<number> => {
      await until("it is live again", () => (live.at(-1) ?? 0) > moment, 20_000);
      return (live.find((at) => at > moment) ?? NaN) - moment;
    };
    return { etcd, backAfter };
  }

  it.each(["rst", "fin"] as const)(
    "D35: a watch whose connection breaks (%s) is back within 100 ms",
    async (how) => {
      const all = await throughProxies();
      const { etcd, backAfter } = observed(all.map(({ url }) => url));
      const writer = clientOf(server, server.endpoints, { auth: undefined });
      const watch = etcd.watch("D35");
      await watch.ready;
      const events = watch[Symbol.asyncIterator]();
      const took: number[] = [];
      const reads: number[] = [];
      for (let i = 0; i < 9; i++) {
        const start = performance.now();
        await writer.get("D35");
        reads.push(performance.now() - start);
        const broken = performance.now();
        for (const proxy of all) proxy.cutAll(how);
        took.push(await backAfter(broken));
        await writer.put("D35", `${i}`);
        expect((await events.next()).value?.entry.text()).toBe(`${i}`);
        // Breaks that follow faster are a row of failures.
        await new Promise((resolve) => setTimeout(resolve, 600));
      }
      // On a machine that is busy with something else a read takes long as well.
      expect(median(took), took.join()).toBeLessThanOrEqual(Math.max(100, 5 * median(reads)));
    },
    60_000,
  );

  it("D35: likewise when its member refuses connections from then on", async () => {
    const took: number[] = [];
    for (let i = 0; i < 5; i++) {
      const all = await throughProxies();
      const { etcd, backAfter } = observed(all.map(({ url }) => url));
      const watch = etcd.watch("D35");
      await watch.ready;
      await all[0].set({ kind: "refuse" });
      const broken = performance.now();
      all[0].cutAll("rst");
      took.push(await backAfter(broken));
      await watch.cancel();
    }
    expect(median(took), took.join()).toBeLessThanOrEqual(100);
  }, 60_000);

  it("D36: a member that stands still is left within 10 s, though the client makes no call", async () => {
    const { leader, followers } = await ranked(server);
    const [still, other] = followers;
    const etcd = client([still.url, other.url, leader.url], { auth: undefined });
    const writer = client(leader.url, { auth: undefined });
    const watch = etcd.watch("D36");
    await watch.ready;
    still.pause();
    const paused = performance.now();
    await writer.put("D36", "1");
    expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
    expect(performance.now() - paused).toBeLessThan(10_000);
    expect(etcd.endpointInUse).toBe(other.url);
  }, 60_000);

  it("D36: and at once when a call of the client has found that out", async () => {
    const { leader, followers } = await ranked(server);
    const [still, other] = followers;
    const etcd = client([still.url, other.url, leader.url], { auth: undefined, idleMs: 60_000 });
    const writer = client(leader.url, { auth: undefined });
    const watch = etcd.watch("D36/call");
    await watch.ready;
    still.pause();
    await writer.put("D36/call", "1");
    const next = watch[Symbol.asyncIterator]().next();
    await etcd.get("D36/call");
    const read = performance.now();
    expect((await next).value?.entry.text()).toBe("1");
    expect(performance.now() - read).toBeLessThan(1000);
  }, 60_000);

  it("D36: a black hole swallows packets: the watch goes on elsewhere within 10 s", async () => {
    const all = await throughProxies();
    const etcd = client(
      all.map(({ url }) => url),
      { auth: undefined },
    );
    const writer = clientOf(server, server.endpoints, { auth: undefined });
    const watch = etcd.watch("D36/hole");
    await watch.ready;
    await all[0].set({ kind: "blackhole" });
    const gone = performance.now();
    await writer.put("D36/hole", "1");
    expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
    expect(performance.now() - gone).toBeLessThan(10_000);
  }, 60_000);
});

describe.each(await linesToTest())("a watch on one member of etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version });
  });
  afterAll(() => server.close());

  it("D36: a black hole before the only endpoint: the stream is opened anew once it is gone", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url, { idleMs: 2000 });
    const writer = clientOf(server, server.endpoints);
    const watch = etcd.watch("D36/one");
    await watch.ready;
    await proxy.set({ kind: "blackhole" });
    await writer.put("D36/one", "1");
    await until("the silence is noticed", () => watch.state === "retrying", 10_000);
    await proxy.set({ kind: "pass" });
    expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
  }, 60_000);

  it("D37: a slow first confirmation: ready gives up at its time and says what was met, the watch comes to life later", async () => {
    const proxy = await proxyOf(server);
    const writer = clientOf(server, server.endpoints);
    await proxy.set({ kind: "refuse" });
    const etcd = clientOf(server, proxy.url, { timeoutMs: 300 });
    const { revision: from } = await writer.put("D37", "1");
    const refused = etcd.watch("D37", { from });
    expect(await failure(refused.ready)).toMatchObject({ reason: "Unreachable", outcome: "not-applied" });
    await proxy.set({ kind: "blackhole" });
    const swallowed = etcd.watch("D37", { from, readyTimeoutMs: 200 });
    expect((await failure(swallowed.ready)).message).toMatch(/^the watch was not confirmed within 200 ms/);
    expect(swallowed.state).not.toBe("closed");
    proxy.cutAll("rst");
    await proxy.set({ kind: "pass" });
    for (const watch of [refused, swallowed]) {
      expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
    }
  }, 60_000);

  it("D38: a 200 that is not from etcd ends the watch with NotEtcd; with another endpoint it goes there", async () => {
    const page = await script(() => ({ headers: { "content-type": "text/html" }, body: "<html>login</html>" }));
    const alone = client(page.url, { auth: undefined }).watch("D38");
    expect(await failure(alone.ready)).toMatchObject({ reason: "NotEtcd" });
    expect(await failure(take(1, alone))).toMatchObject({ reason: "NotEtcd" });
    const etcd = clientOf(server, [page.url, first(server.endpoints)], { auth: undefined });
    const watch = etcd.watch("D38");
    await watch.ready;
    await etcd.put("D38", "1");
    expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
  });

  it("D39: compaction ends only watches that miss events by it, not those that joined later", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const writer = clientOf(server, server.endpoints);
    const behind = etcd.watch({ prefix: "D39/" });
    await behind.ready;
    await proxy.set({ kind: "refuse" });
    proxy.cutAll("rst");
    await until("the break is noticed", () => behind.state === "retrying");
    let last = 0n;
    for (let i = 0; i < 30; i++) last = (await writer.put("D39/a", `${i}`)).revision;
    await writer.compact(last - 10n);
    const joined = etcd.watch({ prefix: "D39/" }, { from: last - 4n });
    await proxy.set({ kind: "pass" });
    const revisions = (await take(3, joined)).map(({ revision }: WatchEvent) => revision);
    expect(revisions).toEqual([last - 4n, last - 3n, last - 2n]);
    expect(await failure(take(1, behind))).toMatchObject({ reason: "Compacted", compactRevision: last - 10n });
  });

  it("D40: a stream that is confirmed and breaks, again and again, is opened more and more seldom", async () => {
    const proxy = await proxyOf(server);
    const told: LogEvent[] = [];
    const etcd = clientOf(server, proxy.url, { logger: (event) => void told.push(event) });
    const watch = etcd.watch("D40");
    await watch.ready;
    await proxy.set({ kind: "idleCut", ms: 20 });
    proxy.cutAll("rst");
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    await until("it has broken often", () => told.filter(({ type }) => type === "watch").length > 2, 50_000);
    await until("some time has passed", () => seconds() > 8, 50_000);
    // Without a pause between them it would be four a second.
    expect(count(proxy, "/v3/watch")).toBeLessThan(2 * seconds());
    await proxy.set({ kind: "pass" });
    const writer = clientOf(server, server.endpoints);
    await writer.put("D40", "1");
    expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
  }, 60_000);
});

itTellsNoSecret();
