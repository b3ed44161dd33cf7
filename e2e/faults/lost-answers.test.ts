import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { plainRequest } from "../plain-request.ts";
import { poll } from "../poll.ts";
import { stored } from "./ground-truth.ts";
import {
  client,
  clientOf,
  count,
  each,
  failure,
  first,
  itTellsNoSecret,
  names,
  proxies,
  proxyOf,
  settled,
} from "./subject.ts";

// Writes that etcd has executed and whose answer never arrives, on the real thing.

describe.each(["3.4", "3.5"] as const)("lost answers of etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version });
  });
  afterAll(() => server.close());

  it.each([
    ["B1", "reset", { kind: "dropResponse" }],
    ["B2", "ended", { kind: "cutAfter", bytes: 0, how: "fin" }],
    ["B4", "cut", { kind: "cutAfter", bytes: 100, how: "fin" }],
  ] as const)(
    "%s: of 100 puts whose answer is %s each is applied once, sent once, and unknown",
    async (row, _, fault) => {
      const proxy = await proxyOf(server);
      const etcd = clientOf(server, proxy.url);
      await proxy.set(fault);
      const keys = names(`${row}/`, 100);
      const errors = await each(keys, 10, (key) => failure(etcd.put(key, "1")));
      await proxy.set({ kind: "pass" });

      for (const { reason, outcome, retryable, attempts } of errors) {
        expect({ reason, outcome, retryable, attempts: attempts.length }).toEqual({
          reason: "Unreachable",
          outcome: "unknown",
          retryable: false,
          attempts: 1,
        });
      }
      expect(count(proxy, "/v3/kv/put")).toBe(100);
      expect([...(await stored(server, `${row}/`)).values()].map((entry) => entry.version)).toEqual(keys.map(() => 1));
      expect(await etcd.put(`${row}-after`, "works again")).toMatchObject({ prev: null });
    },
  );

  it("B1: a read whose answer is lost is made again, at another endpoint where there is one", async () => {
    const [lossy, whole] = await proxies([first(server.endpoints), first(server.endpoints)]);
    if (lossy === undefined || whole === undefined) throw new Error("two proxies");
    await clientOf(server, whole.url).put("read", "1");
    const before = whole.counts.requests;
    await lossy.set({ kind: "dropResponse" });
    const etcd = clientOf(server, [lossy.url, whole.url]);
    expect((await etcd.get("read"))?.text()).toBe("1");
    expect([lossy.counts.requests, whole.counts.requests - before]).toEqual([1, 1]);
    expect(etcd.endpointInUse).toBe(whole.url);

    const alone = clientOf(server, lossy.url);
    await lossy.set({ kind: "dropResponse", times: 1 });
    expect((await alone.get("read"))?.text()).toBe("1");
    expect(count(lossy, "/v3/kv/range")).toBe(3);
  });

  it("B1: create, replace, update and delete say unknown, never that they had failed", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const verdicts: readonly (readonly [string, (key: string) => Promise<() => Promise<unknown>>])[] = [
      ["create", async (key) => () => etcd.create(key, "new")],
      ["replace", async (key) => (await etcd.put(key, "old"), () => etcd.replace(key, "old", "new"))],
      ["pop", async (key) => (await etcd.put(key, "old"), () => etcd.pop(key))],
      ["delete", async (key) => (await etcd.put(key, "old"), () => etcd.delete(key))],
    ];
    for (const [name, prepare] of verdicts) {
      const writes = await each(names(`verdict/${name}`, 20), 5, prepare);
      const sent = proxy.counts.requests;
      await proxy.set({ kind: "dropResponse" });
      const errors = await each(writes, 5, (write) => failure(write()));
      await proxy.set({ kind: "pass" });
      expect(
        errors.map(({ outcome }) => outcome),
        name,
      ).toEqual(errors.map(() => "unknown"));
      expect(proxy.counts.requests - sent, name).toBe(20);
    }
    const left = await stored(server, "verdict/");
    expect([...left.values()].map(({ value }) => value)).toEqual(names("", 40).map(() => "new"));
  });

  it("B1: a guarded write whose answer is lost gives the true verdict, or says that it is lost", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const direct = clientOf(server, first(server.endpoints));

    // Applied, and the value could only be ours: but another client may have had the same idea.
    const { revision } = await direct.put("guard/own", "old");
    await proxy.set({ kind: "dropResponse", times: 1 });
    const own = await failure(etcd.put("guard/own", "ours", { guard: { modRevision: revision } }));
    expect(own).toMatchObject({ reason: "AnswerLost", outcome: "unknown" });
    expect((await stored(server, "guard/own")).get("guard/own")).toEqual({ value: "ours", version: 2 });

    // Another was faster.
    const { revision: stale } = await direct.put("guard/rival", "old");
    await direct.put("guard/rival", "theirs");
    await direct.put("guard/rival", "ours");
    await proxy.set({ kind: "dropResponse", times: 1 });
    const rival = await failure(etcd.put("guard/rival", "ours", { guard: { modRevision: stale } }));
    expect(rival).toMatchObject({ reason: "GuardFailed", outcome: "not-applied" });
    const entry = await direct.get("guard/own");
    if (entry === null) throw new Error("guard/own is gone");
    await direct.put("guard/own", "theirs");
    await proxy.set({ kind: "dropResponse", times: 1 });
    const update = await etcd.update(entry, "ours");
    expect([update.updated, update.entry?.text()]).toEqual([false, "theirs"]);

    // Nobody knows any more.
    const { revision: old } = await direct.put("guard/compacted", "old");
    await direct.put("guard/compacted", "newer");
    const { revision: now } = await direct.put("guard/compacted", "newest");
    await direct.compact(now);
    await proxy.set({ kind: "dropResponse", times: 1 });
    const compacted = await failure(etcd.put("guard/compacted", "ours", { guard: { modRevision: old } }));
    expect(compacted).toMatchObject({ reason: "AnswerLost", outcome: "unknown" });
  });

  it("B1: a compaction whose answer is lost is done all the same", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const { revision } = await etcd.put("compact", "1");
    await proxy.set({ kind: "dropResponse", times: 1 });
    await etcd.compact(revision);
    expect(count(proxy, "/v3/kv/compaction")).toBe(2);
    expect(await failure(etcd.compact(revision))).toMatchObject({ reason: "Compacted", outcome: "not-applied" });
  });

  it("B18: answers that come one byte at a time say the same", async () => {
    const direct = clientOf(server, first(server.endpoints));
    const values = ["é", "日本", "🎈", '"\\\n', "\u0000\u0001", "{}", ""];
    const start = (await direct.put("split", "0")).revision + 1n;
    await each(values, 4, (value) => direct.put(`split/${value}`, value.repeat(5)));
    const whole = await direct.range({ prefix: "split/" });
    const proxy = await proxyOf(server);
    await proxy.set({ kind: "split", bytes: 1 });
    const etcd = clientOf(server, proxy.url);
    const bytewise = await etcd.range({ prefix: "split/" });
    expect(bytewise).toEqual(whole);
    const events = etcd.watch({ prefix: "split/" }, { from: start });
    const seen: string[] = [];
    for await (const { entry } of events) if (seen.push(entry.text()) === values.length) break;
    expect(seen.sort()).toEqual(values.map((value) => value.repeat(5)).sort());
  });

  it("B19: an answer with a byte turned over is refused or read, and never hangs", async () => {
    const proxy = await proxyOf(server);
    await clientOf(server, first(server.endpoints)).put("flip", "1");
    const etcd = clientOf(server, proxy.url, { retry: false, timeoutMs: 1000 });
    const { text } = await plainRequest(`${proxy.url}/v3/kv/range`, {
      body: { key: Buffer.from("flip").toString("base64") },
    });
    const length = text.length + 200;
    let refused = 0;
    for (let at = 0; at < length; at += 3) {
      await proxy.set({ kind: "flip", at, direction: "down" });
      proxy.cutAll("fin");
      const { error } = await settled(etcd.get("flip"));
      if (error !== undefined) refused++;
      // A read has nothing to apply.
      expect(error?.outcome ?? "not-applied").toBe("not-applied");
    }
    expect(refused).toBeGreaterThan(length / 10);
  });

  it("B27: of 1,000 calls aborted at any time each rejects with the caller's reason, and nothing is left over", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    await etcd.put("abort/warm", "1");
    const reason = new Error("enough");
    const resources = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const timers = resources();
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
    const results = await each(names("abort/", 1000), 25, async (key) => {
      const controller = new AbortController();
      const { signal } = controller;
      const turns = random(12);
      const work = random(2) === 0 ? etcd.put(key, "1", { signal }) : etcd.get("abort/warm", { signal });
      const result = work.then(
        () => "done",
        (error: unknown) => error,
      );
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      controller.abort(reason);
      return result;
    });
    const aborted = results.filter((result) => result !== "done");
    expect(aborted.every((error) => error === reason)).toBe(true);
    expect(aborted.length).toBeGreaterThan(200);
    expect([...(await stored(server, "abort/")).values()].every((entry) => entry.version === 1)).toBe(true);
    // One connection of the pool may stay; those of the aborted calls are closed.
    await poll("connections and timers are freed", 5000, () =>
      proxy.counts.open <= 26 && resources() <= timers + 2 ? true : undefined,
    );
    expect(await etcd.put("abort/after", "1")).toMatchObject({ prev: null });
  });

  it("B28: a time-out says whether the request had left", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    await proxy.set({ kind: "blackhole", direction: "down" });
    const late = await failure(etcd.put("late", "1", { timeoutMs: 100 }));
    expect(late).toMatchObject({ reason: "Timeout", outcome: "unknown", code: 4, retryable: false });
    expect((await stored(server, "late")).size).toBe(1);
    const sent = proxy.counts.requests;
    const waiting = client(proxy.url, { auth: { token: () => new Promise(() => undefined) } });
    const early = await failure(waiting.put("early", "1", { timeoutMs: 20 }));
    expect(early).toMatchObject({ reason: "Timeout", code: 4, outcome: "not-applied" });
    const reason = new Error("enough");
    expect(await etcd.put("early", "1", { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error)).toBe(
      reason,
    );
    expect(proxy.counts.requests).toBe(sent);
    const read = await failure(etcd.get("late", { timeoutMs: 100 }));
    expect(read).toMatchObject({ reason: "Timeout", outcome: "not-applied" });
    await proxy.set({ kind: "pass" });
    // Node keeps a fresh connection ready for each that it has closed.
    const freed = (): true | undefined => (proxy.counts.connections - proxy.counts.open >= 2 ? true : undefined);
    await poll("both connections are freed", 2000, freed);
  });
});

itTellsNoSecret();
