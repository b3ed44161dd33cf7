import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { election } from "../../src/recipes/election/election.ts";
import { lock, mutex } from "../../src/recipes/lock/mutex.ts";
import { session } from "../../src/recipes/session/session.ts";
import { op } from "../../src/v3/kv/op.ts";
import { freshPrefix } from "../../test/suites/connect.ts";
import { value } from "../../test/suites/tools.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { lossyFetch } from "./lossy-fetch.ts";
import { clientOf, itTellsNoSecret, proxyOf, secret } from "./subject.ts";
import { lostAnswer } from "../../test/transport/network-failures.ts";

/** A fetch that loses the answers of the next transactions that it is told to lose. */
function losesTransactions(): { readonly fetch: typeof fetch; lose(n: number): void; readonly lost: number } {
  let left = 0;
  let lost = 0;
  return {
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (left === 0 || !String(url).endsWith("/v3/kv/txn")) return response;
      left--;
      lost++;
      await response.arrayBuffer();
      throw lostAnswer();
    },
    lose: (n) => void (left = n),
    get lost() {
      return lost;
    },
  };
}

const aborted = (signal: AbortSignal, ms = 20_000): Promise<number> =>
  poll("the signal aborts", ms, () => (signal.aborted ? Date.now() : undefined));

describe.each(["3.4", "3.5"] as const)("sessions and locks on etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version, members: 1 });
  });
  afterAll(() => server.close());

  it("E2: with renewals swallowed the signal aborts while the server still has the key", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url, { namespace: freshPrefix() });
    const outside = clientOf(server, server.endpoints, { namespace: freshPrefix() });
    const held = await session(etcd, { ttl: 3 });
    await etcd.put("here", "1", { lease: held.leaseId });
    await proxy.set({ kind: "blackhole" });
    await aborted(held.signal);
    expect(await outside.lease.list()).toContain(held.leaseId);
    expect(held.signal.reason).toMatchObject({ reason: "SessionExpired" });
    await poll("the server ends it", 20_000, async () =>
      (await outside.lease.list()).includes(held.leaseId) ? undefined : true,
    );
  });

  it("E3: a server that stood still for longer than the TTL ends the session; nothing is granted again", async () => {
    const etcd = clientOf(server, server.endpoints, { namespace: freshPrefix() });
    const held = await lock(etcd, "door", { ttl: 3 });
    const [member] = server.members;
    member?.pause();
    try {
      await aborted(held.signal);
    } finally {
      member?.resume();
    }
    expect(held.signal.reason).toMatchObject({ reason: "LockLost" });
    expect(() => held.assertHeld()).toThrow();
    await poll("the key is gone", 20_000, async () => ((await etcd.count({ all: true })) === 0n ? true : undefined));
    expect(held.isHeld()).toBe(false);
    await expect(held.txn({ then: [op.put("a", "1")] })).rejects.toMatchObject({ reason: "LockLost" });
  });

  it("E5, E19: with every other answer lost a lock is taken once, and nothing is left of it", async () => {
    const { fetch, counts } = lossyFetch({ answer: 0.4, replay: 0.2, path: /\/v3\/(kv\/txn|lease\/grant)$/ }, 7);
    const etcd = clientOf(server, server.endpoints, { namespace: freshPrefix(), fetch });
    const outside = clientOf(server, server.endpoints);
    const before = new Set(await outside.lease.list());
    await using own = await session(etcd);
    for (let i = 0; i < 10; i++) {
      const options = i % 2 === 0 ? { session: own } : {};
      const held = await lock(etcd, "door", options);
      expect(await mutex(etcd, "door").holder()).toMatchObject({ token: held.token });
      expect(await etcd.count({ prefix: "door/" })).toBe(1n);
      await held.release().catch(() => undefined);
      await poll("free", 20_000, async () => ((await etcd.count({ prefix: "door/" })) === 0n ? true : undefined));
    }
    expect(counts.lost).toBeGreaterThan(3);
    const left = (await outside.lease.list()).filter((id) => !before.has(id));
    expect(left).toEqual([own.leaseId]);
  }, 120_000);

  it("E16: a release whose answer is lost does not touch the lock that is taken after it", async () => {
    const network = losesTransactions();
    const etcd = clientOf(server, server.endpoints, { namespace: freshPrefix(), fetch: network.fetch });
    await using own = await session(etcd);
    const old = await lock(etcd, "door", { session: own });
    network.lose(1);
    await old.release();
    expect(network.lost).toBe(1);
    const held = await lock(etcd, "door", { session: own });
    expect((await etcd.get(held.key))?.createRevision).toBe(held.token);
    expect(held.isHeld()).toBe(true);
    await held.release();
  });

  it("E18, E19: a wait that is given up while its answer is lost leaves no key", async () => {
    const network = losesTransactions();
    const etcd = clientOf(server, server.endpoints, { namespace: freshPrefix(), fetch: network.fetch });
    await using own = await session(etcd);
    await using _held = await lock(etcd, "door", { session: await session(etcd) });
    for (let i = 0; i < 10; i++) {
      const before = network.lost;
      const controller = new AbortController();
      network.lose(1);
      const wait = expect(lock(etcd, "door", { session: own, signal: controller.signal })).rejects.toThrow("enough");
      await poll("asked for", 10_000, () => (network.lost > before ? true : undefined));
      controller.abort(new Error("enough"));
      await wait;
      await poll("no key is left", 10_000, async () =>
        (await etcd.count({ prefix: "door/" })) === 1n ? true : undefined,
      );
    }
  }, 120_000);

  it("E24: a proclamation whose answer is lost has an unknown outcome; a resignation is repeated until it is answered", async () => {
    const network = losesTransactions();
    const etcd = clientOf(server, server.endpoints, { namespace: freshPrefix(), fetch: network.fetch });
    await using own = await session(etcd);
    const candidacy = election(etcd, "leader", { session: own });
    const leadership = await candidacy.campaign("1");
    network.lose(1);
    await expect(leadership.proclaim("2")).rejects.toMatchObject({ outcome: "unknown" });
    network.lose(1);
    await leadership.proclaim("3", { exactlyOnce: true });
    expect(value(await candidacy.leader()).value.text()).toBe("3");
    network.lose(1);
    await leadership.resign();
    expect(await candidacy.leader()).toBeNull();
    await expect(leadership.proclaim("4")).rejects.toMatchObject({ reason: "Released" });
  });

  it("E25: observing goes on over cuts, in order and with nothing twice", async () => {
    const proxy = await proxyOf(server);
    const prefix = freshPrefix();
    const etcd = clientOf(server, proxy.url, { namespace: prefix });
    const direct = clientOf(server, server.endpoints, { namespace: prefix });
    const seen: (string | null)[] = [];
    const controller = new AbortController();
    const observing = (async () => {
      for await (const leader of election(etcd, "leader").observe({ signal: controller.signal })) {
        seen.push(leader && leader.value.text());
      }
    })();
    observing.catch(() => undefined);
    const leadership = await election(direct, "leader").campaign("0");
    for (let i = 1; i <= 100; i++) {
      if (i % 20 === 0) proxy.cutAll("rst");
      await leadership.proclaim(String(i));
    }
    await poll("all is seen", 20_000, () => (seen.at(-1) === "100" ? true : undefined));
    const values = seen.filter((each) => each !== null).map(Number);
    expect(values).toEqual(Array.from({ length: values.length }, (_, i) => 101 - values.length + i));
    controller.abort(new Error("enough"));
    await expect(observing).rejects.toThrow("enough");
    await leadership.resign();
  });
});

it("E13: no session is lost to a change of leader", async () => {
  // An election is short enough here for a vote that is split twice to leave time for a renewal.
  await using server = await startEtcd({ version: "3.5", members: 3, electionMs: 250 });
  const etcd = clientOf(server, server.endpoints, { namespace: freshPrefix() });
  const held = await lock(etcd, "door", { ttl: 5 });
  for (let i = 0; i < Number(process.env["FETCD_LOCK_ELECTIONS"] ?? 3); i++) {
    const leader = await server.leader();
    await leader.kill();
    // A hold lasts for 4.5 s from when its renewal was sent.
    const renewed = Date.now() + 4500;
    await poll("the lease is renewed", 20_000, () => (held.heldUntil > renewed ? true : undefined));
    await poll("another one leads", 20_000, () => server.leader());
    await held.renew();
    await leader.start();
    await server.waitReady();
  }
  expect(held.isHeld()).toBe(true);
  await held.release();
}, 120_000);

it("E27: a token that runs out in the middle of a session is replaced in time", async () => {
  await using server = await startEtcd({ version: "3.5", flags: ["--auth-token-ttl=2"] });
  await server.enableAuth({ rootPassword: secret("root-password-canary") });
  const etcd = clientOf(server, server.endpoints, { auth: { username: "root", password: "root-password-canary" } });
  const held = await session(etcd, { ttl: 6 });
  const end = Date.now() + 9000;
  await poll("two TTLs have passed", 30_000, () => (Date.now() > end || held.signal.aborted ? true : undefined));
  expect(held.signal.aborted).toBe(false);
  await held.close();
}, 60_000);

itTellsNoSecret();
