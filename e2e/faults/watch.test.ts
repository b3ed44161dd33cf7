import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { op } from "../../src/v3/kv/op.ts";
import { take, times, until } from "../../test/suites/tools.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { client, clientOf, count, failure, first, itTellsNoSecret, proxies, proxyOf } from "./subject.ts";

describe.each(["3.4", "3.5"] as const)("watches on a member of etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version, progressNotifyMs: 200 });
  });
  afterAll(() => server.close());

  it("D4, D32: a revision of many keys comes whole, though its answer was cut between two parts", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const writer = clientOf(server, server.endpoints);
    const value = "v".repeat(30_000);
    const { revision } = await writer.txn({ then: Array.from({ length: 50 }, (_, i) => op.put(`D4/${i}`, value)) });
    for (const bytes of [1_000_000, 2_000_000]) {
      await proxy.set({ kind: "cutAfter", bytes, how: "rst" });
      const asked = count(proxy, "/v3/watch");
      const batches = etcd.watch({ prefix: "D4/" }, { from: revision }).batches();
      const next = batches.next();
      await until("it was cut, and has come back", () => count(proxy, "/v3/watch") > asked + 1, 10_000);
      await proxy.set({ kind: "pass" });
      const { value: batch } = await next;
      expect([batch?.revision, batch?.events.length]).toEqual([revision, 50]);
      await batches.return?.();
    }
    await writer.delete({ prefix: "D4/" });

    const { id } = await writer.lease.grant(600);
    await times(5000, (i) => writer.put(`D32/${i}`, "", { lease: id }), 32);
    const watch = etcd.watch({ prefix: "D32/" });
    await watch.ready;
    await writer.lease.revoke(id);
    const [batch] = await take(1, watch.batches());
    expect(batch?.events.length).toBe(5000);
  });

  it("D5: compaction at the head under a live watch: it ends with that, or reads on to what the store holds", async () => {
    const writer = clientOf(server, server.endpoints);
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const [plain, resyncing] = [
      etcd.watch({ prefix: "D5/" }),
      etcd.watch({ prefix: "D5/" }, { onCompaction: "resync" }),
    ];
    await Promise.all([plain.ready, resyncing.ready]);
    const rebuilt = new Map<string, string>();
    let synthetic = 0;
    const reading = (async () => {
      for await (const { type, entry, synthetic: found } of resyncing) {
        if (found) synthetic++;
        if (type === "put") rebuilt.set(entry.key, entry.text());
        else rebuilt.delete(entry.key);
        if (entry.key === "D5/end") break;
      }
    })();
    for (let i = 0; i < 30; i++) {
      if (i % 10 === 5) await proxy.set({ kind: "refuse" });
      if (i % 10 === 5) proxy.cutAll("rst");
      await writer.put(`D5/${i % 7}`, `${i}`);
      if (i % 3 === 0) await writer.delete(`D5/${(i + 3) % 7}`);
      const { revision } = await writer.put("foreign", `${i}`);
      await writer.compact(revision);
      if (i % 10 === 8) await proxy.set({ kind: "pass" });
    }
    await writer.put("D5/end", "");
    await reading;
    const { entries } = await writer.range({ prefix: "D5/" });
    expect(rebuilt).toEqual(new Map(entries.map((entry) => [entry.key, entry.text()])));
    expect(synthetic).toBeGreaterThan(0);
    const events = plain[Symbol.asyncIterator]();
    const ended = await failure(async () => {
      while ((await events.next()).done !== true) continue;
    });
    expect(ended).toMatchObject({ reason: "Compacted", outcome: "not-applied" });
  });

  it("D6: a quiet watch with progress reports survives foreign writes, a compaction and a cut", async () => {
    const writer = clientOf(server, server.endpoints);
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const watch = etcd.watch("D6/quiet", { progress: true });
    await watch.ready;
    await times(500, (i) => writer.put(`D6x/${i % 9}`, ""), 16);
    const { revision } = await writer.put("D6x/last", "");
    const told = proxy.counts.bytesDown;
    await until("progress is told", () => proxy.counts.bytesDown > told + 300, 10_000);
    await writer.compact(revision);
    proxy.cutAll("rst");
    const written = await writer.put("D6/quiet", "1");
    expect((await take(1, watch)).map((event) => event.revision)).toEqual([written.revision]);
  });

  it("D6: a quiet watch stays when its stream is to be opened anew, and its history is compacted", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const writer = clientOf(server, server.endpoints);
    const watch = etcd.watch("D6/still", { progress: false });
    await watch.ready;
    await writer.put("D6x/other", "1");
    const { revision } = await writer.put("D6x/other", "2");
    await writer.compact(revision);
    const opened = count(proxy, "/v3/watch");
    for (let silentMs = 0; silentMs < 50_000; silentMs += 1000) vi.advanceTimersByTime(1000);
    await until("another stream was tried", () => count(proxy, "/v3/watch") > opened, 10_000);
    const events = watch[Symbol.asyncIterator]();
    for (const text of ["1", "2"]) {
      const written = await writer.put("D6/still", text);
      expect((await events.next()).value?.revision).toBe(written.revision);
    }
    expect(watch.state).toBe("live");
  });

  it("D13: a half-open connection is given up after 40 to 50 s of silence, and what came meanwhile comes once", async () => {
    // The clock of the test, by the second; connections and answers keep to their own.
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const writer = clientOf(server, server.endpoints);
    const watch = etcd.watch("D13");
    await watch.ready;
    proxy.cutAll("silence");
    for (const text of ["1", "2"]) await writer.put("D13", text);
    const opened = count(proxy, "/v3/watch");
    let silentMs = 0;
    for (; count(proxy, "/v3/watch") === opened && silentMs < 100_000; silentMs += 1000) {
      vi.advanceTimersByTime(1000);
      // What is sent by then is counted when it has arrived.
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    }
    expect(silentMs).toBeGreaterThanOrEqual(40_000);
    expect(silentMs).toBeLessThanOrEqual(50_000);
    const events = watch[Symbol.asyncIterator]();
    const next = async (): Promise<string | undefined> => (await events.next()).value?.entry.text();
    expect([await next(), await next()]).toEqual(["1", "2"]);
    await writer.put("D13", "3");
    expect(await next()).toBe("3");
    expect(count(proxy, "/v3/watch")).toBe(opened + 1);
  });

  it("D26: a half-open connection, after a sleep of the machine: what came meanwhile is there when it wakes", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const writer = clientOf(server, server.endpoints);
    const watch = etcd.watch("D26");
    await watch.ready;
    await proxy.set({ kind: "blackhole" });
    await writer.put("D26", "1");
    const asleep = Date.now() + 3_600_000;
    const clock = vi.spyOn(Date, "now").mockReturnValue(asleep);
    onTestFinished(() => clock.mockRestore());
    await until("the connection is given up", () => watch.state === "retrying", 15_000);
    clock.mockRestore();
    await proxy.set({ kind: "pass" });
    expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
  });

  it("D14: a proxy that cuts idle streams does not show", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const writer = clientOf(server, server.endpoints);
    await proxy.set({ kind: "idleCut", ms: 300 });
    // This etcd tells of its progress more often than that.
    const watch = etcd.watch({ prefix: "D14/" }, { progress: false });
    await watch.ready;
    const { connections } = proxy.counts;
    await until("it was cut twice", () => proxy.counts.connections > connections + 1, 20_000);
    await writer.put("D14/a", "1");
    expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
  });

  it("D15, D16: a stream that is never confirmed, as behind a proxy that buffers, is left for another endpoint", async () => {
    const [buffering, plain] = await proxies([first(server.endpoints), first(server.endpoints)]);
    if (buffering === undefined || plain === undefined) throw new Error("two proxies");
    await buffering.set({ kind: "bufferUntil", bytes: "close" });
    const etcd = clientOf(server, [buffering.url, plain.url]);
    const watch = etcd.watch("D15");
    await watch.ready;
    expect(etcd.endpointInUse).toBe(plain.url);
    await watch.cancel();
  });

  it("D25: a reader that throws ends its own watch with what it threw; others go on, equal ones too", async () => {
    const etcd = clientOf(server, server.endpoints);
    const watches = ["D25", "D25", "D25", "D25", "D25/other"].map((key) => etcd.watch(key));
    const [events, batches, stream, ...others] = watches;
    if (events === undefined || batches === undefined || stream === undefined) throw new Error("five watches");
    await Promise.all(watches.map(({ ready }) => ready));
    const held = await server.metrics("etcd_debugging_mvcc_watcher_total");
    const thrown = new Error("the reader's own");
    const fail = (): never => {
      throw thrown;
    };
    const readers = [
      (async () => {
        for await (const _ of events) fail();
      })(),
      (async () => {
        for await (const _ of batches.batches()) fail();
      })(),
      stream.toReadableStream().pipeTo(new WritableStream({ write: fail })),
    ];
    const ended = Promise.allSettled(readers);
    for (const key of ["D25", "D25/other"]) await etcd.put(key, "1");
    expect(await ended).toEqual(readers.map(() => ({ status: "rejected", reason: thrown })));
    expect([events, batches, stream].map(({ state }) => state)).toEqual(["closed", "closed", "closed"]);
    for (const key of ["D25", "D25/other"]) await etcd.put(key, "2");
    for (const watch of others) {
      expect(watch.state).toBe("live");
      expect((await take(2, watch)).map(({ entry }) => entry.text())).toEqual(["1", "2"]);
    }
    await poll("the server holds none of them", 10_000, async () =>
      (await server.metrics("etcd_debugging_mvcc_watcher_total")) === held - 2 ? true : undefined,
    );
  });

  it("D27: 200 clients whose server is killed all come back, and miss nothing", async () => {
    const [member] = server.members;
    const watches = Array.from({ length: 200 }, () => clientOf(server, server.endpoints).watch("D27"));
    await Promise.all(watches.map(({ ready }) => ready));
    await member?.kill();
    await until("all have noticed", () => watches.every(({ state }) => state === "retrying"), 20_000);
    await member?.start();
    await server.waitReady();
    await clientOf(server, server.endpoints).put("D27", "1");
    const events = await Promise.all(watches.map((watch) => take(1, watch)));
    expect(events.map(([event]) => event?.entry.text())).toEqual(watches.map(() => "1"));
  });

  it("D28, D29: an empty value is not a deletion, and the previous entry is `null` where it is compacted", async () => {
    const etcd = clientOf(server, server.endpoints);
    const { revision: from } = await etcd.put("D28", "");
    await etcd.delete("D28");
    const [put, deleted] = await take(2, etcd.watch("D28", { from }));
    expect([put?.type, put?.entry.value.length, deleted?.type]).toEqual(["put", 0, "delete"]);
    await etcd.put("D29", "1");
    const second = await etcd.put("D29", "2");
    await etcd.compact(second.revision);
    expect((await take(1, etcd.watch("D29", { from: second.revision, prev: true })))[0]).toMatchObject({ prev: null });
  });

  it("D34: clients have nothing in common: each resumes on its own", async () => {
    const proxy = await proxyOf(server);
    await using other = createEtcd({ endpoints: server.endpoints });
    const [one, two] = [client(proxy.url, { auth: undefined }).watch("D34"), other.watch("D34")];
    await Promise.all([one.ready, two.ready]);
    proxy.cutAll("rst");
    await other.put("D34", "1");
    for (const watch of [one, two]) expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual(["1"]);
  });
});

itTellsNoSecret();
