import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LogEvent } from "../../src/index.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { client, failure, first, itTellsNoSecret, mended, ranked } from "./subject.ts";

describe("endpoints that change, on three members of etcd 3.5", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version: "3.5", members: 3, electionMs: 1000 });
  });
  afterAll(() => server.close());
  afterEach(() => mended(server));

  it("an open watch moves with setEndpoints and misses nothing, also where the old member is gone", async () => {
    const [one, two, three] = server.endpoints as [string, string, string];
    const etcd = client(one, { auth: undefined });
    const writer = client(two, { auth: undefined });
    const watch = etcd.watch({ prefix: "set/" });
    await watch.ready;
    const events = watch[Symbol.asyncIterator]();
    const next = async (): Promise<string | undefined> => (await events.next()).value?.entry.text();
    await writer.put("set/a", "1");
    expect(await next()).toBe("1");
    etcd.setEndpoints([two, three]);
    await writer.put("set/a", "2");
    expect(await next()).toBe("2");
    await first(server.members).kill();
    await server.waitReady();
    for (const text of ["3", "4"]) {
      // The one that is gone may have been the leader: the outcome of a write may be unknown for a moment.
      await writer.put("set/a", text, { exactlyOnce: true });
      expect(await next()).toBe(text);
    }
    expect(etcd.endpoints).toEqual([two, three]);
    expect([two, three]).toContain(etcd.endpointInUse);
  }, 120_000);

  it("members are learned from the one that was given, and calls and watches go on when that one is gone", async () => {
    const etcd = client(first(server.endpoints), { auth: undefined, discoverMembers: true });
    await etcd.put("discovered/a", "1");
    await expect.poll(() => etcd.endpoints.toSorted()).toEqual(server.endpoints.toSorted());
    const watch = etcd.watch({ prefix: "discovered/" });
    await watch.ready;
    await first(server.members).kill();
    await server.waitReady();
    await etcd.put("discovered/a", "2", { exactlyOnce: true });
    expect((await watch[Symbol.asyncIterator]().next()).value?.entry.text()).toBe("2");
    expect(etcd.endpointInUse).not.toBe(first(server.endpoints));
  }, 120_000);

  it("a function is asked again when the member that it named is gone", async () => {
    const told: LogEvent[] = [];
    let asked = 0;
    const named = (): string[] => server.endpoints.slice(asked, ++asked);
    const etcd = client(named, { auth: undefined, logger: (event) => void told.push(event) });
    await etcd.put("named/a", "1");
    await first(server.members).kill();
    await server.waitReady();
    expect((await etcd.get("named/a", { timeoutMs: 30_000 }))?.text()).toBe("1");
    expect([etcd.endpoints, asked]).toEqual([[server.endpoints[1]], 2]);
    expect(told.filter(({ type }) => type === "endpoints")).toHaveLength(2);
  }, 120_000);

  it("with monotonicReads a serializable read is never older than what was seen, though a member lags", async () => {
    const { leader, followers } = await ranked(server);
    const [lonely] = followers;
    const writer = client(leader.url, { auth: undefined });
    await writer.put("monotonic/a", "old");
    const plain = client(lonely.url, { auth: undefined });
    await poll("the member has it", 10_000, async () =>
      (await plain.get("monotonic/a", { serializable: true }))?.text() === "old" ? true : undefined,
    );
    lonely.isolate();
    await writer.put("monotonic/a", "new");

    const etcd = client([lonely.url, leader.url], { auth: undefined, monotonicReads: true });
    const read = async (): Promise<string | undefined> =>
      (await etcd.get("monotonic/a", { serializable: true, timeoutMs: 5000 }))?.text();
    // Nothing newer has been seen yet.
    expect(await read()).toBe("old");
    // This takes the leader, which is not asked first.
    await etcd.put("monotonic/b", "1", { exactlyOnce: true, timeoutMs: 30_000 });
    etcd.setEndpoints(lonely.url);
    expect(await failure(etcd.get("monotonic/a", { serializable: true, timeoutMs: 1000 }))).toMatchObject({
      reason: "StaleRead",
      outcome: "not-applied",
    });
    etcd.setEndpoints([lonely.url, leader.url]);
    expect(await read()).toBe("new");
    // Without the option the old answer passes.
    expect((await plain.get("monotonic/a", { serializable: true }))?.text()).toBe("old");
    etcd.setEndpoints(lonely.url);
    const waiting = etcd.get("monotonic/a", { serializable: true, timeoutMs: 30_000 });
    lonely.heal();
    expect((await waiting)?.text()).toBe("new");
  }, 120_000);
});

itTellsNoSecret();
