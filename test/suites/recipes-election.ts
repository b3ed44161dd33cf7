import { describe, expect, it } from "vitest";
import { type Etcd, election, type Leader, type Leadership, namedLeader, op, session } from "../../src/index.ts";
import { freshPrefix, type Suite } from "./connect.ts";
import { recorder, take, until, value } from "./tools.ts";

async function inQueue(etcd: Etcd, name: string, n: number): Promise<void> {
  while ((await etcd.count({ prefix: `${name}/` })) !== BigInt(n)) await new Promise((done) => setTimeout(done, 5));
}

const text = (leader: Leader | null): string | null => leader && leader.value.text();

export const electionSuite: Suite = (connect) => {
  const client = (): Etcd => connect({ namespace: freshPrefix() });

  describe("an election", () => {
    it("has one leader at a time, in the order of candidacy, with tokens that grow", async () => {
      const etcd = client();
      const candidacy = election(etcd, "jobs-leader");
      expect(await candidacy.leader()).toBeNull();
      const first = await candidacy.campaign("ann");
      expect(text(await candidacy.leader())).toBe("ann");
      expect(await candidacy.leader()).toMatchObject({ key: first.key, token: first.token });
      expect(first.isLeader()).toBe(true);
      const second = election(etcd, "jobs-leader").campaign("bob");
      await inQueue(etcd, "jobs-leader", 2);
      expect(text(await candidacy.leader())).toBe("ann");
      await first.resign();
      await first.resign();
      expect(first.isLeader()).toBe(false);
      expect(first.signal.reason).toMatchObject({ reason: "Released" });
      await using bob = await second;
      expect(bob.token).toBeGreaterThan(first.token);
      expect(text(await candidacy.leader())).toBe("bob");
    });

    it("has keys name/lease in hex with the value proclaimed, as Go programs have", async () => {
      const etcd = client();
      await using held = await session(etcd);
      await using leadership = await election(etcd, "a/b", { session: held }).campaign(Uint8Array.of(0, 255));
      expect(leadership.key).toBe(`a/b/${held.leaseId.toString(16)}`);
      expect((await etcd.get(leadership.key))?.value).toEqual(Uint8Array.of(0, 255));
      await using _outer = await election(etcd, "a").campaign("not captured");
    });

    it("proclaims what the bytes of a value were when it was asked", async () => {
      const etcd = client();
      const given = Uint8Array.of(1, 2);
      const campaign = election(etcd, "bytes").campaign(given);
      given.fill(0);
      await using leadership = await campaign;
      expect((await etcd.get(leadership.key))?.value).toEqual(Uint8Array.of(1, 2));
    });

    it("lets the leader proclaim, and nobody else", async () => {
      const etcd = client();
      const candidacy = election(etcd, "jobs-leader");
      const leadership = await candidacy.campaign("1");
      await leadership.proclaim("2");
      expect(await candidacy.leader()).toMatchObject({ token: leadership.token });
      expect(text(await candidacy.leader())).toBe("2");
      const done = await leadership.txn({ then: [op.put("decree", "1")] });
      expect(done.succeeded).toBe(true);
      await etcd.delete(leadership.key);
      await expect(leadership.proclaim("3")).rejects.toMatchObject({ reason: "ElectionNotLeader" });
      expect(leadership.signal.reason).toMatchObject({ reason: "ElectionNotLeader" });
      expect(await candidacy.leader()).toBeNull();
      await leadership.resign();
    });

    it("takes a second candidacy of a session for one that has to wait", async () => {
      const etcd = client();
      await using held = await session(etcd);
      const candidacy = election(etcd, "jobs-leader", { session: held });
      const first = await candidacy.campaign("1");
      let elected = false;
      const second = candidacy.campaign("2").then((leadership) => ((elected = true), leadership));
      await etcd.get("x");
      await etcd.get("x");
      expect(elected).toBe(false);
      await first.resign();
      await using again = await second;
      expect(text(await candidacy.leader())).toBe("2");
      expect(again.token).toBeGreaterThan(first.token);
    });

    it("ends a candidacy with its signal, its time or its session, and keeps no zombie", async () => {
      const etcd = client();
      const candidacy = election(etcd, "jobs-leader");
      await using _ann = await candidacy.campaign("ann");
      await using held = await session(etcd);
      const controller = new AbortController();
      const aborted = expect(candidacy.campaign("b", { signal: controller.signal })).rejects.toThrow("enough");
      const shared = election(etcd, "jobs-leader", { session: held });
      const alsoAborted = expect(shared.campaign("c", { signal: controller.signal })).rejects.toThrow("enough");
      await inQueue(etcd, "jobs-leader", 3);
      controller.abort(new Error("enough"));
      await Promise.all([aborted, alsoAborted]);
      expect(await etcd.count({ prefix: "jobs-leader/" })).toBe(1n);
      await expect(candidacy.campaign("d", { timeoutMs: 100 })).rejects.toMatchObject({ reason: "Timeout" });
      const zombie = shared.campaign("e");
      await inQueue(etcd, "jobs-leader", 2);
      // The key's end and the lease's are told by two ways, either of which may be the faster.
      const ended = expect(zombie).rejects.toMatchObject({
        reason: expect.stringMatching(/^(LeaseNotFound|ElectionNotLeader)$/),
      });
      await etcd.lease.revoke(held.leaseId);
      await expect(held.renew()).rejects.toMatchObject({ reason: "LeaseNotFound" });
      await ended;
      expect(await etcd.count({ prefix: "jobs-leader/" })).toBe(1n);
    });

    it("can be resumed with the leader's key and token", async () => {
      const etcd = client();
      const candidacy = election(etcd, "jobs-leader");
      await using held = await session(etcd, { ttl: 60 });
      const before = await election(etcd, "jobs-leader", { session: held }).campaign("1");
      const { key, token } = before;
      held.orphan();
      const leadership = await candidacy.resume({ key, token });
      expect([leadership.key, leadership.token]).toEqual([key, token]);
      await leadership.proclaim("2");
      expect(text(await candidacy.leader())).toBe("2");
      await leadership.resign();
      const gone = { reason: "ElectionNotLeader", outcome: "not-applied" };
      await expect(candidacy.resume({ key, token })).rejects.toMatchObject(gone);
    });
  });

  describe("observing an election", () => {
    it("tells who leads, and every change in order, and that nobody leads", async () => {
      const etcd = client();
      const candidacy = election(etcd, "jobs-leader");
      const seen: (string | null)[] = [];
      const watching = (async () => {
        for await (const leader of candidacy.observe()) {
          seen.push(text(leader));
          if (text(leader) === "last") return;
        }
      })();
      await until("nobody leads", () => seen.length === 1);
      const ann = await candidacy.campaign("ann");
      await ann.proclaim("anna");
      const next = candidacy.campaign("bob");
      await inQueue(etcd, "jobs-leader", 2);
      await ann.resign();
      const bob = await next;
      await bob.resign();
      await using _last = await candidacy.campaign("last");
      await watching;
      expect(seen).toEqual([null, "ann", "anna", "bob", null, "last"]);
    });

    it("begins with who leads already, and ends when it is left or aborted", async () => {
      const etcd = client();
      const candidacy = election(etcd, "jobs-leader");
      await using _ann = await candidacy.campaign("ann");
      expect((await take(1, candidacy.observe())).map(text)).toEqual(["ann"]);
      const controller = new AbortController();
      const observer = candidacy.observe({ signal: controller.signal });
      expect(text(value((await observer.next()).value))).toBe("ann");
      const pending = observer.next();
      controller.abort(new Error("enough"));
      await expect(pending).rejects.toThrow("enough");
      const left = candidacy.observe();
      await left.next();
      const waiting = left.next();
      await left.return?.();
      expect(await waiting).toEqual({ done: true, value: undefined });
    });

    it("E25: goes on over compactions", async () => {
      const etcd = client();
      const candidacy = election(etcd, "jobs-leader");
      const seen: (string | null)[] = [];
      const controller = new AbortController();
      const watching = (async () => {
        for await (const leader of candidacy.observe({ signal: controller.signal })) seen.push(text(leader));
      })();
      await using ann = await candidacy.campaign("0");
      for (let i = 1; i <= 20; i++) {
        await ann.proclaim(String(i));
        const { revision } = await etcd.range("x");
        await etcd.compact(revision);
      }
      await until("the last one is seen", () => seen.at(-1) === "20", 30_000);
      controller.abort(new Error("enough"));
      await expect(watching).rejects.toThrow("enough");
      expect(new Set(seen).size).toBe(seen.length);
    }, 60_000);
  });

  describe("running as leader", () => {
    it("does the work while leading, steps down, and says what came of it", async () => {
      const etcd = client();
      const candidacy = election(etcd, "jobs-leader");
      const result = await candidacy.run("ann", async (leadership) => {
        expect(await candidacy.leader()).toMatchObject({ token: leadership.token });
        return 42;
      });
      expect(result).toBe(42);
      expect(await candidacy.leader()).toBeNull();
      const failure = new Error("no luck");
      await expect(candidacy.run("ann", () => Promise.reject(failure))).rejects.toBe(failure);
      expect(await candidacy.leader()).toBeNull();
    });

    it("campaigns again after a loss, when the work has ended", async () => {
      const etcd = client();
      const candidacy = election(etcd, "jobs-leader");
      const tokens: bigint[] = [];
      const result = await candidacy.run("ann", async (leadership: Leadership) => {
        tokens.push(leadership.token);
        if (tokens.length === 2) return "done";
        await etcd.delete(leadership.key);
        await until("told", () => leadership.signal.aborted);
        throw new Error("lost it");
      });
      expect(result).toBe("done");
      expect(tokens).toHaveLength(2);
      expect(await candidacy.leader()).toBeNull();
    });

    it("stops when aborted, while leading and while waiting", async () => {
      const etcd = client();
      const candidacy = election(etcd, "jobs-leader");
      const controller = new AbortController();
      let stopped = false;
      const running = candidacy.run(
        "ann",
        async ({ signal }) => {
          await until("told", () => signal.aborted);
          // Nobody else leads before the work has ended.
          expect(text(await candidacy.leader())).toBe("ann");
          stopped = true;
        },
        { signal: controller.signal },
      );
      await inQueue(etcd, "jobs-leader", 1);
      const waiting = candidacy.run("bob", async () => undefined, { signal: controller.signal });
      await inQueue(etcd, "jobs-leader", 2);
      controller.abort(new Error("enough"));
      await Promise.all([running, waiting].map((each) => expect(each).rejects.toThrow("enough")));
      expect(stopped).toBe(true);
      expect(await etcd.count({ prefix: "jobs-leader/" })).toBe(0n);
    });
  });

  describe("a named leader", () => {
    it("is set by the first, got and deleted by anybody", async () => {
      const etcd = client();
      const candidacy = namedLeader(etcd, "jobs-leader");
      expect(await candidacy.get()).toBeNull();
      expect(await candidacy.set("ann")).toBe(true);
      expect(await candidacy.set("ann")).toBe(true);
      expect(await candidacy.set("bob", { ttl: 60 })).toBe(false);
      expect(await candidacy.get()).toBe("ann");
      expect((await etcd.get("jobs-leader"))?.lease).toBe(0n);
      expect(await candidacy.delete("bob")).toBe(false);
      expect(await candidacy.delete("ann")).toBe(true);
      expect(await candidacy.delete()).toBe(false);
      expect(await candidacy.set("bob")).toBe(true);
      expect(await candidacy.delete()).toBe(true);
    });

    it("lapses after its TTL, unless it is set again", async () => {
      const etcd = client();
      const candidacy = namedLeader(etcd, "jobs-leader");
      expect(await candidacy.set("ann", { ttl: 60 })).toBe(true);
      const first = value(await etcd.get("jobs-leader")).lease;
      expect((await etcd.lease.timeToLive(first)).grantedTtl).toBe(60);
      expect(await candidacy.set("ann", { ttl: 61 })).toBe(true);
      const second = value(await etcd.get("jobs-leader")).lease;
      await etcd.lease.revoke(first);
      expect(await candidacy.get()).toBe("ann");
      await etcd.lease.revoke(second);
      expect(await candidacy.get()).toBeNull();
    });
  });

  it("what makes no sense is refused before it is sent", async () => {
    const { interceptor, rpcs } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    expect(() => election(etcd, "")).toThrow("name: expected a string that is not empty");
    const misspelt: Record<string, unknown> = { TTL: 5 };
    expect(() => election(etcd, "a", misspelt)).toThrow('did you mean "ttl"?');
    const refused = { reason: "InvalidArgument", outcome: "not-applied" };
    await expect(election(etcd, "a").campaign(5 as never)).rejects.toMatchObject(refused);
    await expect(election(etcd, "a").campaign("x", { timeoutMs: -1 })).rejects.toMatchObject(refused);
    await expect(namedLeader(etcd, "a").set("x", { ttl: -1 })).rejects.toMatchObject(refused);
    await expect(namedLeader(etcd, "a").set("")).rejects.toMatchObject(refused);
    expect(rpcs()).toEqual([]);
  });
};
