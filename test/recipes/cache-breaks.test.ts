import { describe, expect, it } from "vitest";
import { cache, createEtcd, type Etcd, type EtcdOptions, op, type PutOp } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { times, until } from "../suites/tools.ts";

function start(more: Partial<EtcdOptions> = {}): { memory: MemoryEtcd; etcd: Etcd } {
  const memory = createMemoryEtcd();
  return { memory, etcd: createEtcd({ fetch: memory.fetch, retry: false, ...more } as EtcdOptions) };
}

const poll = { mode: "poll", pollMs: false } as const;

describe("a cache whose server goes away", () => {
  it("keeps the last known data, says that they are stale and why, and is live again with the next answer", async () => {
    const { memory, etcd } = start();
    await etcd.put("a", "1");
    const cached = await cache(etcd, "a", poll);
    const seen: string[] = [];
    cached.subscribe(() => seen.push(cached.status));
    const fault = memory.faults.drop(Infinity);
    await expect(cached.refresh()).rejects.toMatchObject({ reason: "Unreachable" });
    await expect(cached.refresh()).rejects.toMatchObject({ reason: "Unreachable" });
    expect([cached.get("a")?.text(), cached.status]).toEqual(["1", "stale"]);
    expect(cached.error).toMatchObject({ reason: "Unreachable" });
    fault.remove();
    await cached.refresh();
    expect([cached.status, cached.error, seen]).toEqual(["live", undefined, ["stale", "live"]]);
  });

  it("polls on", async () => {
    const { memory, etcd } = start();
    const cached = await cache(etcd, "a", { mode: "poll", pollMs: 5 });
    memory.faults.drop({ times: 3, match: "/v3/kv/range" });
    await until("the cache is stale", () => cached.status === "stale");
    await etcd.put("a", "1");
    await until("the key is there", () => cached.has("a"));
    expect(cached.status).toBe("live");
    await cached.close();
  });

  it("rejects if that is so from the start, and in time if there is no answer", async () => {
    const { memory, etcd } = start();
    const fault = memory.faults.drop(Infinity);
    await expect(cache(etcd, "a")).rejects.toMatchObject({ reason: "Unreachable" });
    fault.remove();
    memory.faults.stall(0, { match: "watch", times: Infinity });
    const late = cache(etcd, "a", { timeoutMs: 50 });
    await expect(late).rejects.toMatchObject({ reason: "Timeout", outcome: "not-applied" });
    await until("its watch is gone", () => memory.openRequests === 0);
  });

  it("is told to watch from a revision that is compacted, and asks for the changes alone", async () => {
    const { memory, etcd } = start();
    await etcd.put("p/a", "1");
    await etcd.put("p/b", "1");
    const cached = await cache(etcd, { prefix: "p/" });
    memory.faults.drop({ times: 2, match: "watch" });
    memory.disconnect();
    await until("the stream is gone", () => memory.watchers === 0);
    await etcd.delete("p/a");
    await etcd.put("p/b", "2");
    memory.compact();
    const ranges: string[] = [];
    memory.faults.delay(0, { times: Infinity, match: ({ path, body }) => (ranges.push(`${path} ${body}`), false) });
    await until("the cache has caught up", () => cached.size === 1);
    expect(cached.get("p/b")?.text()).toBe("2");
    expect(ranges.filter((each) => each.startsWith("/v3/kv/range")).length).toBeGreaterThan(0);
    for (const each of ranges.filter((range) => range.startsWith("/v3/kv/range"))) {
      expect(each).toMatch(/min_mod_revision|minModRevision|keys_only|keysOnly/);
    }
    await cached.close();
  });

  it("starts a load again whose revision is compacted between two of its pages", async () => {
    const { memory, etcd } = start();
    const puts = (i: number): PutOp[] => Array.from({ length: 100 }, (_, j) => op.put(`p/${100 * i + j}`, "1"));
    await times(15, (i) => etcd.txn({ then: puts(i) }));
    const maxResponseBytes = 100_000;
    let pages = 0;
    const racing = createEtcd({
      retry: false,
      maxResponseBytes,
      async fetch(input, init) {
        const answer = await memory.fetch(input, init);
        // Larger ones are refused, and asked for again in smaller pages.
        if ((await answer.clone().text()).length <= maxResponseBytes && ++pages === 1) {
          await etcd.put("p/late", "1");
          memory.compact();
        }
        return answer;
      },
    });
    const cached = await cache(racing, { prefix: "p/" }, poll);
    expect([cached.size, cached.has("p/late"), cached.revision]).toEqual([1501, true, memory.revision]);
    expect(pages).toBeGreaterThan(3);
  });

  it("reads everything again once another history answers, and does not mix the two", async () => {
    const [before, after] = [createMemoryEtcd({ seed: 1 }), createMemoryEtcd({ seed: 1 })];
    let current = before;
    const etcd = createEtcd({ fetch: (input, init) => current.fetch(input, init), retry: false });
    const other = createEtcd({ fetch: after.fetch });
    for (const name of ["a", "b", "c"]) await etcd.put(`p/${name}`, "before");
    const cached = await cache(etcd, { prefix: "p/" }, poll);
    // A backup of long ago: the same revisions, other content, and the same number of keys.
    await other.put("p/a", "after");
    current = after;
    const seen: string[][] = [];
    cached.subscribe(() => seen.push([cached.status, ...cached.getSnapshot().keys()]));
    await cached.refresh();
    expect(seen).toEqual([
      ["stale", "p/a", "p/b", "p/c"],
      ["live", "p/a"],
    ]);
    expect(cached.get("p/a")?.text()).toBe("after");
    for (const name of ["d", "e"]) await other.put(`p/${name}`, "after");
    await cached.refresh();
    expect([...cached.entries()].map(([key, entry]) => [key, entry.text()])).toEqual([
      ["p/a", "after"],
      ["p/d", "after"],
      ["p/e", "after"],
    ]);
    expect(cached.status).toBe("live");
  });

  it("keeps what it had where only one cluster will do, and says that another one answers", async () => {
    const [before, after] = [createMemoryEtcd({ seed: 1 }), createMemoryEtcd({ seed: 2 })];
    let current = before;
    const { header } = JSON.parse(
      await (
        await before.fetch(new Request("http://127.0.0.1:2379/v3/maintenance/status", { method: "POST", body: "{}" }))
      ).text(),
    ) as { header: { cluster_id: string } };
    const expectedClusterId = BigInt(header.cluster_id);
    const etcd = createEtcd({ fetch: (input, init) => current.fetch(input, init), retry: false, expectedClusterId });
    await etcd.put("a", "1");
    const cached = await cache(etcd, "a");
    current = after;
    before.disconnect();
    await until("the cache is stale", () => cached.status === "stale");
    await expect(cached.refresh()).rejects.toMatchObject({ reason: "ClusterChanged" });
    expect([cached.status, cached.get("a")?.text()]).toEqual(["stale", "1"]);
    await cached.close();
  });
});

describe("many callers of refresh", () => {
  it("share two requests: the one under way, and the one after it", async () => {
    const { memory, etcd } = start();
    const cached = await cache(etcd, "a", poll);
    const fault = memory.faults.delay(0, { times: Infinity, match: "/v3/kv/range" });
    await Promise.all(Array.from({ length: 50 }, () => cached.refresh()));
    expect(fault.hits).toBe(2);
  });
});
