import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEtcd, type Etcd, type EtcdOptions } from "../../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../../src/memory/index.ts";
import type { Fetch } from "../../../src/transport/http/fetch.ts";
import { all, take, times, until } from "../../suites/tools.ts";
import { lostAnswer } from "../../transport/network-failures.ts";
import { type CountingFetch, countingFetch, limitedFetch } from "./watch-counting-fetch.ts";

interface Waiter {
  readonly etcd: Etcd;
  readonly memory: MemoryEtcd;
  readonly requests: CountingFetch;
}

function place(options: Partial<EtcdOptions> = {}): Waiter {
  const memory = createMemoryEtcd();
  const requests = countingFetch(memory.fetch);
  const etcd = createEtcd({ fetch: requests.fetch, ...options } as EtcdOptions);
  onTestFinished(() => etcd.close());
  return { etcd, memory, requests };
}

describe("streams are shared", () => {
  it("by the watches of one tick, of all namespaces", async () => {
    const { etcd, requests } = place();
    const watches = [etcd.watch("a"), etcd.namespace("n/").watch("a"), etcd.watch({ prefix: "b" }, { from: 1n })];
    await Promise.all(watches.map(({ ready }) => ready));
    await etcd.put("a", "1");
    await etcd.put("n/a", "2");
    await etcd.put("b1", "3");
    const events = await Promise.all(watches.map((watch) => take(1, watch)));
    expect(events.flat().map(({ entry }) => `${entry.key} ${entry.text()}`)).toEqual(["a 1", "a 2", "b1 3"]);
    expect(requests.sent).toBe(1);
  });

  it("by 1,000 watches: four requests, and each gets its own events", async () => {
    const { etcd, requests } = place();
    const watches = Array.from({ length: 1000 }, (_, i) => etcd.watch(`k${i}`));
    await Promise.all(watches.map(({ ready }) => ready));
    await until("they are at rest", () => requests.open === 4, 10_000);
    expect(requests.loads.toSorted((a, b) => b - a)).toEqual([256, 256, 256, 232]);
    expect(requests.most).toBeLessThanOrEqual(6);
    await times(1000, (i) => etcd.put(`k${i}`, `${i}`));
    const events = await Promise.all(watches.map((watch) => take(1, watch)));
    expect(events.map(([event]) => event?.entry.text())).toEqual(watches.map((_, i) => `${i}`));
    await until("nothing is left open", () => requests.open === 0);
  }, 20_000);

  it("by watches that come one after the other: never more than three, in the end one, and nothing is lost", async () => {
    const { etcd, requests } = place();
    let last = 0n;
    const watches = [];
    for (let i = 0; i < 60; i++) {
      const watch = etcd.watch({ prefix: "k/" }, { from: 1n + BigInt(i) });
      watches.push(watch);
      const [{ revision }] = await Promise.all([etcd.put("k/x", ""), i % 3 === 0 ? watch.ready : undefined]);
      last = revision;
    }
    await until("they share one request", () => requests.open === 1, 10_000);
    expect(requests.most).toBeLessThanOrEqual(3);
    expect(requests.sent).toBeGreaterThan(3);
    for (const [i, watch] of watches.entries()) {
      const from = i === 0 ? 2n : BigInt(i + 1);
      const events = await take(Number(last - from) + 1, watch);
      expect(events.map(({ revision }) => revision)).toEqual(events.map((_, at) => from + BigInt(at)));
    }
  }, 20_000);

  it("so that twenty watches and calls fit into the six connections of a page", async () => {
    const memory = createMemoryEtcd();
    const requests = countingFetch(limitedFetch(memory.fetch, 6));
    await using etcd = createEtcd({ fetch: requests.fetch, timeoutMs: 2000 });
    const watches = [];
    for (let i = 0; i < 20; i++) {
      const watch = etcd.watch(`k${i}`);
      watches.push(watch);
      await watch.ready;
      await etcd.put(`k${i}`, "1");
    }
    await times(20, (i) => etcd.put(`k${i}`, "2"), 20);
    for (const watch of watches) {
      expect((await take(2, watch)).map(({ entry }) => entry.text())).toEqual(["1", "2"]);
    }
  });
});

describe("the watches of a server are shared", () => {
  it("by watches of the same range with the same options, whenever they come", async () => {
    const { etcd, requests } = place();
    const watches = Array.from({ length: 100 }, () => etcd.watch({ prefix: "a/" }));
    await Promise.all(watches.map(({ ready }) => ready));
    watches.push(etcd.watch({ prefix: "a/" }), etcd.namespace("a").watch({ prefix: "/" }));
    expect([requests.sent, ...requests.loads]).toEqual([1, 1]);
    await etcd.put("a/1", "x");
    const events = await Promise.all(watches.map((watch) => take(1, watch)));
    expect(events.flat().map(({ entry }) => entry.key)).toEqual([...Array.from({ length: 101 }, () => "a/1"), "/1"]);
    expect(requests.open).toBe(0);
  });

  it("but not with others", async () => {
    const { etcd, requests } = place();
    const options = [{}, { prev: true }, { only: "put" }, { only: "delete" }, { progress: false }] as const;
    const watches = options.map((each) => etcd.watch("a", each));
    await Promise.all(watches.map(({ ready }) => ready));
    expect(requests.loads).toEqual([5]);
  });

  it("and what one reader does to its events is not seen by another", async () => {
    const { etcd } = place();
    await etcd.put("a", "0");
    const [one, two] = [etcd.watch("a", { prev: true }).batches(), etcd.watch("a", { prev: true }).batches()];
    const waiting = [one.next(), two.next()];
    const watch = etcd.watch("a", { prev: true });
    await watch.ready;
    await etcd.put("a", "1");
    const [first, second] = await Promise.all(waiting);
    const [event] = first?.value?.events ?? [];
    for (const written of [event?.entry.value, event?.entry.keyBytes, event?.prev?.value]) written?.fill(0);
    first?.value?.events.pop();
    const [same] = second?.value?.events ?? [];
    expect([same?.entry.key, same?.entry.text(), same?.prev?.text()]).toEqual(["a", "1", "0"]);
  });

  it("while a watch from now on gets nothing of what its client has seen before, though an equal one still does", async () => {
    const { etcd, memory } = place();
    const early = etcd.watch("a");
    const { revision } = await early.ready;
    const stall = memory.faults.delay(50, { match: "/v3/watch" });
    for (let i = 0; i < 5; i++) await etcd.put("a", `${i}`);
    const late = etcd.watch("a");
    expect((await late.ready).revision).toBeGreaterThanOrEqual(revision + 5n);
    await etcd.put("a", "5");
    expect((await take(1, late)).map(({ entry }) => entry.text())).toEqual(["5"]);
    expect((await take(6, early)).map(({ entry }) => entry.text())).toEqual(["0", "1", "2", "3", "4", "5"]);
    stall.remove();
  });

  it("until a slow reader falls behind, which delays no other and catches up", async () => {
    const { etcd, requests } = place();
    const [slow, fast] = [etcd.watch({ prefix: "k" }, { maxQueue: 3 }), etcd.watch({ prefix: "k" })];
    await Promise.all([slow.ready, fast.ready]);
    for (let i = 0; i < 30; i++) await etcd.put(`k${i}`, "");
    expect((await take(30, fast)).map(({ entry }) => entry.key)).toEqual(Array.from({ length: 30 }, (_, i) => `k${i}`));
    await until("the server no longer sends to it", () => requests.open === 0);
    expect(slow.state).toBe("retrying");
    expect((await take(30, slow)).map(({ entry }) => entry.key)).toEqual(Array.from({ length: 30 }, (_, i) => `k${i}`));
  });
});

describe("a reader that is slower than the server", () => {
  it("gets a long past over hardly more streams than the server makes answers of it", async () => {
    const { etcd, requests } = place();
    const { revision: from } = await etcd.put("k", "");
    await times(4999, () => etcd.put("k", ""));
    const seen: bigint[] = [];
    for await (const { revision } of etcd.watch("k", { from })) {
      seen.push(revision);
      if (seen.length === 5000) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen).toEqual(seen.map((_, i) => from + BigInt(i)));
    expect(requests.sent).toBeLessThanOrEqual(6);
  }, 20_000);
});

describe("W5: nothing is held for a watch that has ended", () => {
  it("W5: no request, however its last reader left", async () => {
    const { etcd, requests } = place();
    const controller = new AbortController();
    const ended = [
      async () => etcd.watch("a").cancel(),
      async () => {
        const watch = etcd.watch("a");
        await watch.ready;
        await watch[Symbol.asyncIterator]().return?.();
      },
      async () => {
        const watch = etcd.watch("b", { signal: controller.signal });
        await watch.ready;
        controller.abort();
        await all(watch).catch(() => undefined);
      },
      async () => {
        await using watch = etcd.watch("c");
        await watch.ready;
      },
      async () => {
        await etcd.watchOnce("d", { timeoutMs: 20 }).catch(() => undefined);
      },
    ];
    for (const end of ended) {
      await end();
      expect(requests.open).toBe(0);
    }
  });

  it("W5: of those that shared a stream the rest move to another without them", async () => {
    const { etcd, requests } = place();
    const watches = Array.from({ length: 20 }, (_, i) => etcd.watch(`k${i}`));
    await Promise.all(watches.map(({ ready }) => ready));
    for (const watch of watches.slice(5)) await watch.cancel();
    await until("the request is replaced", () => requests.loads.join() === "5");
    await times(5, (i) => etcd.put(`k${i}`, `${i}`));
    for (const [i, watch] of watches.slice(0, 5).entries()) {
      expect((await take(1, watch)).map(({ entry }) => entry.text())).toEqual([`${i}`]);
    }
    expect([requests.open, requests.most]).toEqual([0, 2]);
  });

  it("W5: after 500 random ends, nor of watches that were still being opened", async () => {
    const { etcd, requests } = place();
    await times(500, async (i) => {
      const watch = etcd.watch(`k${i % 50}`, i % 3 === 0 ? { from: 1n } : {});
      if (i % 4 === 0) await watch.ready;
      if (i % 5 === 0) await etcd.put(`k${i % 50}`, "");
      await watch.cancel();
    });
    expect(requests.open).toBe(0);
    expect(requests.most).toBeLessThanOrEqual(3);
  });
});

describe("moving to another stream", () => {
  it("does not end a watch whose history is compacted: it stays where it is until it has moved on", async () => {
    const { etcd, memory, requests } = place();
    const quiet = etcd.watch("quiet");
    await quiet.ready;
    for (let i = 0; i < 10; i++) await etcd.put("busy", `${i}`);
    memory.compact();
    const other = etcd.watch("other");
    await other.ready;
    await until("putting them together was tried", () => requests.sent === 4);
    await until("that is over", () => requests.open === 2);
    expect(quiet.state).toBe("live");
    await etcd.put("quiet", "1");
    const events = quiet[Symbol.asyncIterator]();
    expect((await events.next()).value?.entry.text()).toBe("1");
    const third = etcd.watch("third");
    await third.ready;
    await until("now they share one", () => requests.open === 1);
    await etcd.put("quiet", "2");
    expect((await events.next()).value?.entry.text()).toBe("2");
  });
});

describe("D27: when a server goes away under 200 clients", () => {
  it("D27: each comes back at a moment of its own within half a second, and then more and more seldom", async () => {
    const memory = createMemoryEtcd();
    let down = false;
    let now = 0;
    const tries = new Map<number, number[]>();
    const watches = Array.from({ length: 200 }, (_, i) => {
      const fetch: Fetch = (url, init) => {
        if (!down) return memory.fetch(url, init);
        tries.set(i, [...(tries.get(i) ?? []), now]);
        return Promise.reject(lostAnswer());
      };
      const etcd = createEtcd({ fetch });
      onTestFinished(() => etcd.close());
      return etcd.watch("a");
    });
    await Promise.all(watches.map(({ ready }) => ready));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    down = true;
    memory.disconnect();
    for (; now < 12_000; now += 50) await vi.advanceTimersByTimeAsync(50);
    const firsts = [...tries.values()].map(([first = NaN]) => first);
    expect([firsts.length, Math.max(...firsts) < 500]).toEqual([200, true]);
    // Never twice as many as if they came evenly: 200 in half a second at first, in the end 200 in two and a half.
    expect(most(firsts, 100)).toBeLessThan(80);
    const late = [...tries.values()].flat().filter((at) => at >= 6000);
    expect(late.length).toBeGreaterThan(200);
    expect(most(late, 1000)).toBeLessThan(160);
  }, 20_000);
});

/** How many moments there are within so many milliseconds at most. */
function most(moments: readonly number[], ms: number): number {
  return Math.max(...moments.map((start) => moments.filter((at) => start <= at && at < start + ms).length));
}
