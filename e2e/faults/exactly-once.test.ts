import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/transport/errors/etcd-error.ts";
import type { Etcd } from "../../src/v3/client.ts";
import { compare } from "../../src/v3/kv/compare.ts";
import { operationPrefix } from "../../src/v3/kv/exactly-once.ts";
import { op } from "../../src/v3/kv/op.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { plainRequest } from "../plain-request.ts";
import { history, revisionOf, stored } from "./ground-truth.ts";
import { type Losses, lossyFetch, type LossyFetch } from "./lossy-fetch.ts";
import { clientOf, count, each, failure, first, itTellsNoSecret, names, proxyOf, settled } from "./subject.ts";
import { lostAnswer } from "../../test/transport/network-failures.ts";

const lossyEtcd: Losses = { answer: 1 / 4, replay: 1 / 8, path: /\/v3\/(kv|lease)\// };

describe.each(["3.4", "3.5"] as const)("writes over a lossy network to etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version });
  });
  afterAll(() => server.close());

  /** Clients of their own, for each has a budget for its retries. They have time: it is their verdicts that count. */
  function clients(
    howMany: number,
    losses: Losses = lossyEtcd,
  ): { readonly all: Etcd[]; readonly lines: LossyFetch[] } {
    const lines = names("line", howMany).map((_, i) => lossyFetch(losses, 7919 * (i + 1)));
    return {
      lines,
      all: lines.map(({ fetch }) =>
        clientOf(server, server.endpoints, { fetch, exactlyOnce: true, timeoutMs: 40_000 }),
      ),
    };
  }
  const sum = (lines: LossyFetch[], what: "lost" | "replayed"): number =>
    lines.reduce((all, { counts }) => all + counts[what], 0);

  it("B1, B3: exactlyOnce: 1,000 of 1,000 writes are applied once, and each answer is the true one", async () => {
    const from = (await revisionOf(server)) + 1n;
    const { all, lines } = clients(50);
    const wrong: unknown[] = [];
    const expected = (what: string, got: unknown, want: unknown): void => {
      if (JSON.stringify(got) !== JSON.stringify(want)) wrong.push({ what, got, want });
    };
    const writes = all.flatMap((etcd, i) => names(`once/${i}`, 2).map((key) => ({ etcd, key })));
    await each(writes, 40, async ({ etcd, key }) => {
      expected("create", (await etcd.create(key, "1")).created, true);
      expected("create again", (await etcd.create(key, "no")).created, false);
      expected("replace", (await etcd.replace(key, "1", "2")).replaced, true);
      expected("replace again", (await etcd.replace(key, "1", "no")).replaced, false);
      const put = await etcd.put(key, "3", { prev: true });
      expected("put", [put.prev?.text(), Number(put.prev?.version)], ["2", 2]);
      const entry = await etcd.get(key);
      if (entry === null) throw new Error(`${key} is gone`);
      expected("revision", entry.modRevision === put.revision, true);
      const update = await etcd.update(entry, "4");
      expected("update", [update.updated, update.entry?.text()], [true, "4"]);
      expected("update again", (await etcd.update(entry, "no")).updated, false);
      const txn = await etcd.txn({
        if: [compare.value(key, "=", "4")],
        then: [op.get(key), op.put(`${key}/side`, "s", { prev: true }), op.put(key, "5", { prev: true })],
        else: [op.get(key)],
      });
      if (txn.succeeded)
        expected(
          "txn",
          [txn.results[0].entry?.text(), txn.results[1].prev, txn.results[2].prev?.text()],
          ["4", null, "4"],
        );
      else expected("txn", "else", "then");
      const deleted = await etcd.delete({ prefix: key }, { prev: true });
      expected("delete", [Number(deleted.deleted), deleted.prev.map((old) => old.text())], [2, ["5", "s"]]);
      expected("pop", await etcd.pop(key), null);
    });

    expect(wrong).toEqual([]);
    const applied = await history(server, "once/", from);
    for (const { key } of writes) {
      const own = applied
        .filter((change) => change.key === key)
        .map(({ type, value }) => (type === "delete" ? "x" : value));
      expect(own, key).toEqual(["1", "2", "3", "4", "5", "x"]);
    }
    expect(writes.length * 10).toBe(1000);
    expect(sum(lines, "lost")).toBeGreaterThan(200);
    expect(sum(lines, "replayed")).toBeGreaterThan(100);
    const records = [...(await stored(server, operationPrefix)).values()];
    // A guard or condition that fails leaves its verdict as well.
    expect(records.every((record) => record.version === 1 && /^[01]$/.test(record.value))).toBe(true);
  });

  it("B1: exactlyOnce over a proxy that drops every answer for a while", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url, { exactlyOnce: true });
    for (const [i, times] of [1, 2, 3, 0].entries()) {
      await proxy.set(times === 0 ? { kind: "pass" } : { kind: "dropResponse", times });
      // The first of these is the grant of the lease that the records hang on.
      const { prev, revision } = await etcd.put("proxied", `${i}`, { prev: true });
      expect(prev?.text()).toBe(i === 0 ? undefined : `${i - 1}`);
      const [entry] = (await stored(server, "proxied")).values();
      expect(entry).toEqual({ value: `${i}`, version: i + 1 });
      expect(revision).toBe(await revisionOf(server));
    }
    expect(count(proxy, "/v3/kv/txn")).toBeGreaterThanOrEqual(4 + 5);
  });

  it("B1: exactlyOnce: when the time ends first the outcome is unknown, and what was applied was applied once", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url, { exactlyOnce: true, timeoutMs: 300 });
    await etcd.put("time/warm", "1");
    await proxy.set({ kind: "dropResponse" });
    const errors = await each(names("time/", 5), 5, (key) => failure(etcd.put(key, "1")));
    expect(errors.map(({ outcome }) => outcome)).toEqual(errors.map(() => "unknown"));
    expect([...(await stored(server, "time/")).values()].every(({ version: writes }) => writes === 1)).toBe(true);
  });

  it("B3: exactlyOnce: a copy that arrives when the record is gone is refused as a whole", async () => {
    const proxy = await proxyOf(server);
    let copy = "";
    const etcd = clientOf(server, proxy.url, {
      exactlyOnce: true,
      fetch: (url, init) => {
        if (url.endsWith("/txn")) copy = String(init.body);
        return fetch(url, init);
      },
    });
    await etcd.put("late", "first");
    const { compare: conditions } = JSON.parse(copy) as { compare: { key: string }[] };
    const lease = /"lease":"(\d+)"/.exec(copy)?.[1];
    // While there is a record the copy finds it ...
    const again = await plainRequest(`${proxy.url}/v3/kv/txn`, { body: JSON.parse(copy) as unknown });
    expect(again.text).toContain(first(conditions).key);
    // ... and afterwards it is refused.
    expect((await server.post("/v3/lease/revoke", { ID: lease })).status).toBe(200);
    const later = await plainRequest(`${proxy.url}/v3/kv/txn`, { body: JSON.parse(copy) as unknown });
    expect([later.status, later.text]).toEqual([404, expect.stringContaining("requested lease not found")]);
    expect((await stored(server, "late")).get("late")).toEqual({ value: "first", version: 1 });
    // The client itself goes on with another lease.
    await etcd.put("late", "second");
    expect((await stored(server, "late")).get("late")).toEqual({ value: "second", version: 2 });
  });

  it("B1: exactlyOnce: with the history gone it is applied, but its answer is lost", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url, { exactlyOnce: true });
    const { revision: start } = await etcd.put("gone", "1");
    let compacted = false;
    const slow = clientOf(server, proxy.url, {
      exactlyOnce: true,
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (compacted || !url.endsWith("/txn")) return response;
        compacted = true;
        await response.arrayBuffer();
        const now = await revisionOf(server);
        await server.post("/v3/kv/compaction", { revision: String(now), physical: true });
        throw lostAnswer();
      },
    });
    const error = await failure(slow.put("gone", "2", { prev: true }));
    expect(error).toMatchObject({ reason: "AnswerLost", outcome: "applied", retryable: false });
    expect((await stored(server, "gone")).get("gone")).toEqual({ value: "2", version: 2 });
    expect(start).toBeGreaterThan(0n);
  });

  it("B1: guarded writes: 400 verdicts beside rivals, each true or honestly unknown", async () => {
    const from = (await revisionOf(server)) + 1n;
    const rival = clientOf(server, server.endpoints);
    // Only ours: of a copy that the platform sends by itself a guard alone does not know.
    const { all } = clients(10, { ...lossyEtcd, replay: 0 });
    const verdicts: { key: string; value: string; said: Outcome }[] = [];
    const keys = names("guard/", 20).map((key, i) => ({ key, etcd: all[i % 10] ?? rival, i }));
    await each(keys, 20, async ({ key, etcd, i }) => {
      let { revision } = await rival.put(key, "start");
      for (let round = 0; round < 20; round++) {
        const value = `${i}-${round}`;
        const interferes = (round * 7 + i) % 3 === 0;
        const meanwhile = interferes && round % 2 === 0 ? rival.put(key, `rival-${value}`) : undefined;
        if (interferes && meanwhile === undefined) await rival.put(key, `rival-${value}`);
        const { error } = await settled(etcd.put(key, value, { guard: { modRevision: revision }, exactlyOnce: false }));
        await meanwhile;
        verdicts.push({ key, value, said: error === undefined ? "applied" : error.outcome });
        if (error !== undefined) expect(error.outcome).toBe(error.reason === "GuardFailed" ? "not-applied" : "unknown");
        revision = (await rival.get(key))?.modRevision ?? revision;
      }
    });

    const applied = (await history(server, "guard/", from)).map(({ key, value }) => `${key} ${value}`);
    const times = (key: string, value: string): number => applied.filter((one) => one === `${key} ${value}`).length;
    const lies = verdicts.filter(({ key, value, said }) => {
      const truth = times(key, value);
      return truth > 1 || (said === "applied" && truth !== 1) || (said === "not-applied" && truth !== 0);
    });
    expect(lies).toEqual([]);
    const said = (what: Outcome): number => verdicts.filter((outcome) => outcome.said === what).length;
    expect(said("applied")).toBeGreaterThan(100);
    expect(said("not-applied")).toBeGreaterThan(50);
    expect(said("unknown")).toBeGreaterThan(0);
  });
});

itTellsNoSecret();
