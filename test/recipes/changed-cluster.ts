import { expect, it, onTestFinished } from "vitest";
import {
  cache,
  createEtcd,
  election,
  type Etcd,
  type EtcdOptions,
  type Leadership,
  lock,
  type LogEvent,
  op,
  registry,
  transact,
} from "../../src/index.ts";
import { all, until } from "../suites/tools.ts";

/** A cluster that can be exchanged for one with no data, or with data of long ago. */
export interface ChangingCluster {
  readonly way: EtcdOptions;
  /** Resolves when the new one answers. Nothing that is written after the start is in it. */
  change(): Promise<void>;
}

const patience = 30_000;

/** What the client makes of a cluster that comes back different. `start` is called in each test. */
export function changedCluster(start: () => Promise<ChangingCluster>): void {
  interface Setup {
    readonly etcd: Etcd;
    readonly events: LogEvent[];
    readonly connect: (more?: Partial<EtcdOptions>) => Etcd;
    /** Changes the cluster, and writes some keys into the new one. */
    change(keys?: Readonly<Record<string, string>>): Promise<Etcd>;
  }

  async function setUp(more: Partial<EtcdOptions> = {}): Promise<Setup> {
    const cluster = await start();
    const events: LogEvent[] = [];
    const connect = (options: Partial<EtcdOptions> = {}): Etcd => {
      const etcd = createEtcd({ ...cluster.way, ...options } as EtcdOptions);
      onTestFinished(() => etcd.close());
      return etcd;
    };
    const etcd = connect({ logger: (event) => events.push(event), ...more });
    for (let i = 0; i < 40; i++) await etcd.put("noise", String(i));
    return {
      etcd,
      events,
      connect,
      async change(keys = {}) {
        await cluster.change();
        const fresh = connect();
        for (const [key, value] of Object.entries(keys)) await fresh.put(key, value);
        return fresh;
      },
    };
  }

  it("calls reject with ClusterChanged, again and again, and change nothing; the logger is told once", async () => {
    const { etcd, events, change } = await setUp();
    const told: string[] = [];
    etcd.onClusterChange(({ reason }) => told.push(reason));
    const fresh = await change({ a: "new" });
    // It went where it should not have gone, and says so.
    await expect(etcd.put("a", "1")).rejects.toMatchObject({ reason: "ClusterChanged", outcome: "applied" });
    expect((await fresh.get("a"))?.text()).toBe("1");
    for (let i = 0; i < 2; i++) {
      await expect(etcd.get("a")).rejects.toMatchObject({ reason: "ClusterChanged", outcome: "not-applied" });
      await expect(etcd.put("b", "1")).rejects.toMatchObject({ reason: "ClusterChanged", outcome: "not-applied" });
      await expect(all(etcd.scan({ all: true }))).rejects.toMatchObject({ reason: "ClusterChanged" });
      await expect(etcd.watch("a").ready).rejects.toMatchObject({ reason: "ClusterChanged" });
      await expect(etcd.lease.grant(60)).rejects.toMatchObject({ reason: "ClusterChanged" });
    }
    expect(events.filter(({ type }) => type === "clusterChanged")).toEqual([
      expect.objectContaining({ type: "clusterChanged", previous: expect.anything() as unknown }),
    ]);
    expect(told).toEqual(["ClusterChanged"]);
    // Once it is known, nothing more is changed there.
    expect([await fresh.get("b"), await fresh.lease.list()]).toEqual([null, []]);
  });

  it("calls of a client that accepts are answered by the cluster that is there", async () => {
    const { etcd, events, change } = await setUp({ onClusterChange: "accept" });
    await etcd.put("a", "old");
    await change({ a: "new" });
    expect((await etcd.get("a"))?.text()).toBe("new");
    const { revision } = await etcd.put("a", "newer", { exactlyOnce: true });
    const watch = etcd.watch("a");
    await watch.ready;
    await etcd.put("a", "newest");
    for await (const { entry } of watch) {
      expect([entry.text(), entry.modRevision > revision]).toEqual(["newest", true]);
      break;
    }
    expect(events.filter(({ type }) => type === "clusterChanged")).toHaveLength(1);
  });

  it.each(["refuse", "accept"] as const)(
    "a scan and a plain watch end rather than mix two histories: %s",
    async (onClusterChange) => {
      const { etcd, change } = await setUp({ onClusterChange });
      for (const name of ["a", "b", "c"]) await etcd.put(`s/${name}`, "old");
      const scan = etcd.scan({ prefix: "s/" }, { pageSize: 1 });
      expect((await scan.next()).value?.text()).toBe("old");
      const watch = etcd.watch({ prefix: "s/" });
      await watch.ready;
      const next = watch[Symbol.asyncIterator]().next();
      next.catch(() => undefined);
      const fresh = await change({ "s/a": "new", "s/b": "new", "s/c": "new" });
      await expect(scan.next()).rejects.toMatchObject({ reason: "ClusterChanged" });
      await expect(next).rejects.toMatchObject({ reason: "ClusterChanged" });
      if (onClusterChange === "refuse") return;
      // What it had read before is forgotten.
      const values: (string | undefined)[] = [];
      await transact(etcd, async (tx) => {
        values.push((await tx.get("s/a"))?.text());
        tx.put("s/b", "mine");
      });
      expect([values, (await fresh.get("s/b"))?.text()]).toEqual([["new"], "mine"]);
    },
  );

  it("a transaction that had begun before begins again where calls accept, and ends where they do not", async () => {
    for (const onClusterChange of ["refuse", "accept"] as const) {
      const { etcd, change } = await setUp({ onClusterChange });
      await etcd.put("a", "old");
      const values: (string | undefined)[] = [];
      const done = transact(etcd, async (tx) => {
        values.push((await tx.get("a"))?.text());
        if (values.length === 1) {
          await change({ a: "new" });
          await etcd.get("a").catch(() => undefined);
        }
        tx.put("b", values.at(-1) ?? "");
      });
      if (onClusterChange === "refuse") {
        await expect(done).rejects.toMatchObject({ reason: "ClusterChanged" });
        continue;
      }
      await done;
      expect(values).toEqual(["old", "new"]);
      expect((await etcd.get("b"))?.text()).toBe("new");
    }
  });

  it("what is registered is registered in the new cluster, with one lease", async () => {
    const { etcd, change } = await setUp();
    const registration = await registry(etcd, "services").register("me", "here", { ttl: 5 });
    const fresh = await change();
    const found = async (): Promise<string | undefined> => (await fresh.get("services/me"))?.text();
    await expect.poll(found, { timeout: patience }).toBe("here");
    await expect.poll(() => registration.registered, { timeout: patience }).toBe(true);
    // Its own, and that of the records of writes that are applied once.
    expect((await fresh.lease.list()).length).toBeLessThanOrEqual(2);
    await registration.close();
    expect(await found()).toBeUndefined();
  });

  it.each(["watch", "poll"] as const)("a cache has what the new cluster has, and goes on: %s", async (mode) => {
    const { etcd, change } = await setUp();
    for (const name of ["a", "b", "c"]) await etcd.put(`p/${name}`, "old");
    const cached = await cache(etcd, { prefix: "p/" }, mode === "poll" ? { mode, pollMs: 50 } : { mode });
    const seen = new Set<string>();
    cached.subscribe(() => seen.add([...cached.getSnapshot().values()].map((entry) => entry.text()).join()));
    const waiting = cached.waitFor(cached.revision + 1000n);
    waiting.catch(() => undefined);
    const fresh = await change({ "p/b": "new", "p/d": "new" });
    await until("the cache has the new content", () => cached.has("p/d"), patience);
    expect([...cached.getSnapshot()].map(([key, entry]) => [key, entry.text()])).toEqual([
      ["p/b", "new"],
      ["p/d", "new"],
    ]);
    await fresh.put("p/e", "new");
    await until("the cache goes on", () => cached.has("p/e"), patience);
    expect(cached.status).toBe("live");
    for (const content of seen) expect(new Set(content.split(",")).size).toBe(1);
    await expect(waiting).rejects.toMatchObject({ reason: "ClusterChanged" });
    await cached.close();
  });

  it("a watch that reads again gives what is gone and what is there, then what happens", async () => {
    const { etcd, change } = await setUp();
    for (const name of ["a", "b"]) await etcd.put(`w/${name}`, "old");
    const watch = etcd.watch({ prefix: "w/" }, { onCompaction: "resync" });
    await watch.ready;
    await etcd.put("w/c", "old");
    const seen: (readonly [string, string, string])[] = [];
    const synthetics: boolean[] = [];
    const reading = (async () => {
      for await (const { type, entry, synthetic } of watch) {
        seen.push([type, entry.key, entry.text()]);
        if (type === "delete") synthetics.push(synthetic);
        if (entry.key === "w/z") return;
      }
    })();
    await until("the old event is there", () => seen.length === 1);
    const fresh = await change({ "w/b": "new", "w/d": "new" });
    await until("the watch has read the new cluster", () => seen.some(([, key]) => key === "w/d"), patience);
    await fresh.put("w/z", "last");
    await reading;
    expect(seen[0]).toEqual(["put", "w/c", "old"]);
    const between = seen.slice(1, -1).map((event) => event.join());
    // Where it reads the new cluster before anything is written there, this key is gone first.
    const early = between.indexOf("delete,w/b,");
    if (early !== -1) expect(early).toBeLessThan(between.indexOf("put,w/b,new"));
    expect(between.filter((event) => event !== "delete,w/b,").toSorted()).toEqual([
      "delete,w/a,",
      "delete,w/c,",
      "put,w/b,new",
      "put,w/d,new",
    ]);
    expect(seen.at(-1)).toEqual(["put", "w/z", "last"]);
    expect(synthetics).toEqual(between.filter((event) => event.startsWith("delete")).map(() => true));
  });

  it("a hold of before is lost, and writes nothing; what runs as leader leads again", async () => {
    const { etcd, change } = await setUp();
    const held = await lock(etcd, "locks/a", { ttl: 60 });
    const terms: Leadership[] = [];
    const stop = new AbortController();
    const running = election(etcd, "elections/a", { ttl: 60 }).run(
      "me",
      async (leadership) => {
        terms.push(leadership);
        await new Promise((resolve) => leadership.signal.addEventListener("abort", resolve));
      },
      { signal: stop.signal },
    );
    running.catch(() => undefined);
    await until("it leads", () => terms.length === 1);
    const fresh = await change();
    await until("it leads again", () => terms.length === 2, patience);
    expect([terms[0]?.signal.aborted, terms[1]?.signal.aborted]).toEqual([true, false]);
    expect((await election(fresh, "elections/a").leader())?.value.text()).toBe("me");
    await until("the lock is lost", () => held.signal.aborted, patience);
    expect(held.isHeld()).toBe(false);
    await expect(held.txn({ then: [op.put("locked", "1")] })).rejects.toMatchObject({ reason: "LockLost" });
    // As it would be sent by who does not look at the signal.
    expect((await fresh.txn({ if: [held.guard], then: [op.put("locked", "1")] })).succeeded).toBe(false);
    expect(await fresh.has("locked")).toBe(false);
    stop.abort();
    await expect(running).rejects.toBeDefined();
  });
}
