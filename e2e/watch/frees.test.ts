import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEtcd, type Watcher } from "../../src/index.ts";
import { all, take, times } from "../../test/suites/tools.ts";
import { countingFetch } from "../../test/v3/watch/watch-counting-fetch.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";

describe.each(["3.4", "3.5"] as const)("what watches hold of etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version });
  });
  afterAll(() => server.close());

  async function held(watchers: number, streams?: number): Promise<void> {
    await poll(`the server holds ${watchers} watchers`, 10_000, async () => {
      const found = await server.metrics("etcd_debugging_mvcc_watcher_total");
      const open = await server.metrics("etcd_debugging_mvcc_watch_stream_total");
      return found === watchers && (streams === undefined || open === streams) ? true : undefined;
    });
  }

  const ends: readonly [string, (watch: Watcher, etcd: ReturnType<typeof createEtcd>) => Promise<unknown>][] = [
    ["cancel()", (watch) => watch.cancel()],
    [
      "break",
      async (watch, etcd) => {
        await etcd.put("k", "");
        await take(1, watch);
      },
    ],
    ["return()", async (watch) => watch.batches().return?.()],
    ["the cancel of its ReadableStream", (watch) => watch.toReadableStream().cancel()],
    ["the end of its scope", async (watch) => watch[Symbol.asyncDispose]()],
    ["close()", (_, etcd) => etcd.close()],
  ];

  it.each(ends)("D24: W5: a watch that has ended by %s holds no watcher", async (_, end) => {
    await using etcd = createEtcd({ endpoints: server.endpoints });
    const watch = etcd.watch("k");
    await watch.ready;
    await held(1, 1);
    await end(watch, etcd);
    await held(0, 0);
  });

  it("D24: W5: nor does one that its signal has ended, or one that has been refused", async () => {
    await using etcd = createEtcd({ endpoints: server.endpoints });
    const controller = new AbortController();
    const watch = etcd.watch("k", { signal: controller.signal });
    await watch.ready;
    await held(1, 1);
    controller.abort();
    await held(0, 0);
    const { revision } = await etcd.put("k", "");
    await etcd.put("k", "");
    await etcd.compact(revision + 1n);
    await all(etcd.watch("k", { from: 1n })).catch(() => undefined);
    await held(0, 0);
  });

  it("D24: W5: of watches that share a stream each is freed when it ends, equal ones with the last", async () => {
    await using etcd = createEtcd({ endpoints: server.endpoints });
    const watches = Array.from({ length: 20 }, (_, i) => etcd.watch(`k${i}`));
    const equal = Array.from({ length: 10 }, () => etcd.watch("same"));
    await Promise.all([...watches, ...equal].map(({ ready }) => ready));
    await held(21, 1);
    for (const watch of watches.slice(5)) await watch.cancel();
    for (const watch of equal.slice(1)) await watch.cancel();
    await held(6, 1);
    await etcd.put("same", "1");
    await etcd.put("k4", "1");
    for (const watch of [...equal.slice(0, 1), ...watches.slice(4, 5)]) expect(await take(1, watch)).toHaveLength(1);
    await held(4, 1);
    await etcd.close();
    await held(0, 0);
  });

  it("D23: 1,000 watches use four requests, and all get their events", async () => {
    const requests = countingFetch(fetch);
    await using etcd = createEtcd({ endpoints: server.endpoints, fetch: requests.fetch });
    const watches = Array.from({ length: 1000 }, (_, i) => etcd.watch(`D23/${i}`));
    await Promise.all(watches.map(({ ready }) => ready));
    await held(1000, 4);
    await times(1000, (i) => etcd.put(`D23/${i}`, `${i}`), 16);
    const events = await Promise.all(watches.map((watch) => take(1, watch)));
    expect(events.map(([event]) => event?.entry.text())).toEqual(watches.map((_, i) => `${i}`));
    await held(0, 0);
  }, 120_000);

  it("D24: W5: after 1,000 ends at random moments nothing is left", async () => {
    const requests = countingFetch(fetch);
    await using etcd = createEtcd({ endpoints: server.endpoints, fetch: requests.fetch });
    await times(1000, async (i) => {
      const watch = etcd.watch(`k${i % 100}`, i % 7 === 0 ? { maxQueue: 1 } : {});
      if (i % 2 === 0) await watch.ready;
      if (i % 5 === 0) await etcd.put(`k${i % 100}`, "");
      await watch.cancel();
    });
    expect(requests.most).toBeLessThanOrEqual(3);
    await held(0, 0);
  });
});
