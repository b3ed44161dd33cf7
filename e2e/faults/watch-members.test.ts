import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LogEvent } from "../../src/index.ts";
import { take, until } from "../../test/suites/tools.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { client, itTellsNoSecret, mended, ranked } from "./subject.ts";

const isBreak = (event: LogEvent): boolean => event.type === "watch" && event.reason !== undefined;

describe("watches on three members of etcd 3.5", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version: "3.5", members: 3, electionMs: 1000 });
  });
  afterAll(() => server.close());
  afterEach(() => mended(server));

  it("D22: a member whose others stand still ends its streams in a few seconds, and they move on", async () => {
    const { leader, followers } = await ranked(server);
    const [lonely, other] = followers;
    const told: LogEvent[] = [];
    const etcd = client([lonely.url, other.url], { auth: undefined, logger: (event) => void told.push(event) });
    const watch = etcd.watch("D22/still");
    await watch.ready;
    expect(etcd.endpointInUse).toBe(lonely.url);
    leader.pause();
    other.pause();
    const paused = performance.now();
    await until("the stream has ended", () => told.some(isBreak), 30_000);
    // Long before it would be taken for half open.
    expect(performance.now() - paused).toBeLessThan(12_000);
    expect(told.find(isBreak)).toMatchObject({ state: "retrying", reason: "NoLeader" });
    expect(etcd.endpointInUse).toBe(other.url);
    leader.resume();
    other.resume();
    await server.waitReady();
    const events = watch[Symbol.asyncIterator]();
    const writer = client(lonely.url, { auth: undefined });
    for (const text of ["1", "2"]) {
      await writer.put("D22/still", text);
      expect((await events.next()).value?.entry.text()).toBe(text);
    }
  }, 120_000);

  it("D22: a member that is cut off from the others is left, as is one that is killed: nothing is missed", async () => {
    const { leader, followers } = await ranked(server);
    const [lonely, other] = followers;
    const etcd = client([lonely.url, other.url, leader.url], { auth: undefined });
    const writer = client(leader.url, { auth: undefined });
    const watch = etcd.watch({ prefix: "D22/" });
    await watch.ready;
    const events = watch[Symbol.asyncIterator]();
    const next = async (): Promise<string | undefined> => (await events.next()).value?.entry.text();
    lonely.isolate();
    for (const text of ["isolated", "still"]) await writer.put("D22/a", text);
    expect([await next(), await next()]).toEqual(["isolated", "still"]);
    expect(etcd.endpointInUse).toBe(other.url);
    lonely.heal();
    await other.kill();
    await writer.put("D22/a", "killed");
    expect(await next()).toBe("killed");
    expect(etcd.endpointInUse).not.toBe(other.url);
  }, 120_000);

  it("D22: where streams may not ask for a leader, a silent one is moved by a read that needs one", async () => {
    const { leader, followers } = await ranked(server);
    const [lonely] = followers;
    const etcd = client([lonely.url, leader.url], { auth: undefined, requireLeader: false, idleMs: 2000 });
    const watch = etcd.watch("D22/page");
    await watch.ready;
    lonely.isolate();
    await client(leader.url, { auth: undefined }).put("D22/page", "1");
    expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
    expect(etcd.endpointInUse).toBe(leader.url);
  }, 120_000);
});

itTellsNoSecret();
