import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cache, cache, createEtcd, type Entry, type Etcd, op } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { until } from "../suites/tools.ts";

interface Fixture {
  readonly memory: MemoryEtcd;
  readonly writer: Etcd;
  readonly cached: Cache<Entry>;
}

type Step = readonly [name: string, run: (fixture: Fixture) => unknown];

const key = fc.integer({ min: 0, max: 400 }).map((i) => `p/${i}`);
const outside = fc.constantFrom("o", "p", "p0", "q/1");

/** What may happen to a store, to a network, and to a cache. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(key, fc.string()).map(([k, v]): Step => [`put ${k}`, (w) => w.writer.put(k, v)]) },
  { weight: 4, arbitrary: key.map((k): Step => [`delete ${k}`, (w) => w.writer.delete(k)]) },
  outside.map((k): Step => [`put ${k}`, (w) => w.writer.put(k, "x")]),
  fc.uniqueArray(key, { minLength: 1, maxLength: 40 }).map((keys): Step => {
    const then = keys.map((k, i) => (i % 3 === 0 ? op.delete(k) : op.put(k, `${i}`)));
    return [`txn of ${keys.join()}`, (w) => w.writer.txn({ then })];
  }),
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }))
    .filter(([a, b]) => a < b)
    .map(([a, b]): Step => [`delete p/${a} to p/${b}`, (w) => w.writer.delete({ from: `p/${a}`, to: `p/${b}` })]),
  fc.constant<Step>([
    "write and compact",
    async (w) => w.memory.compact((await w.writer.put("p/compacted", "x")).revision),
  ]),
  fc.constant<Step>(["disconnect", (w) => w.memory.disconnect()]),
  fc.constant<Step>(["refresh", (w) => w.cached.refresh().catch(() => undefined)]),
  fc.constant<Step>(["refresh meanwhile", (w) => void w.cached.refresh().catch(() => undefined)]),
  ...faults(),
);

function faults(): fc.Arbitrary<Step>[] {
  // The writer's requests are left alone: it has to know what it has written.
  const match = /kv\/range|kv\/txn|watch/;
  const times = fc.integer({ min: 1, max: 4 });
  const reads = { match: (request: { readonly path: string; readonly headers: Headers }) => isReader(request, match) };
  return [
    times.map((n): Step => [`drop ${n}`, ({ memory }) => memory.faults.drop({ times: n, ...reads })]),
    times.map((n): Step => [`reset ${n}`, ({ memory }) => memory.faults.reset({ times: n, ...reads })]),
    times.map((n): Step => [`no leader ${n}`, ({ memory }) => memory.faults.noLeader({ times: n, ...reads })]),
    fc
      .integer({ min: 0, max: 3000 })
      .map((n): Step => [`truncate at ${n}`, ({ memory }) => memory.faults.truncate(n, reads)]),
    fc
      .integer({ min: 1, max: 50 })
      .map((n): Step => [`split by ${n}`, ({ memory }) => memory.faults.splitBytes(n, { times: 3, ...reads })]),
  ];
}

function isReader({ path, headers }: { readonly path: string; readonly headers: Headers }, match: RegExp): boolean {
  return match.test(path) && headers.get("accept") !== "writer";
}

describe.each(["watch", "poll"] as const)("a cache that goes on by %s", (mode) => {
  it("equals the server after any program, over any faults", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: 300 }), run(mode)),
      { numRuns: 60, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
    );
  }, 90_000);
});

function run(mode: "watch" | "poll"): (steps: readonly Step[], size: number) => Promise<void> {
  return async (steps, size) => {
    const memory = createMemoryEtcd();
    const writer = createEtcd({
      fetch: (input, init) => memory.fetch(input, { ...init, headers: { accept: "writer" } }),
    });
    const reader = createEtcd({ fetch: memory.fetch, retry: { baseMs: 1, capMs: 2 } });
    for (let at = 0; at < size; at += 100) {
      const then = Array.from({ length: Math.min(100, size - at) }, (_, i) => op.put(`p/${at + i}`, "first"));
      await writer.txn({ then });
    }
    const cached = await cache(reader, { prefix: "p/" }, { mode, ...(mode === "poll" && { pollMs: false }) });
    const texts = (entries: Iterable<Entry>): string =>
      Array.from(entries, (entry) => `${entry.key} ${entry.modRevision} ${entry.version} ${entry.text()}`).join("\n");
    let told = texts(cached.getSnapshot().values());
    cached.subscribe(() => (told = texts(cached.getSnapshot().values())));
    try {
      for (const [, act] of steps) await act({ memory, writer, cached });
      memory.faults.clear();
      const server = texts((await writer.range({ prefix: "p/" })).entries);
      if (mode === "poll") await cached.refresh();
      // No refresh here: the stream alone has to bring it.
      else await until("the cache has caught up", () => texts(cached.getSnapshot().values()) === server, 20_000);
      expect(texts(cached.getSnapshot().values())).toBe(server);
      expect(told).toBe(server);
      expect(cached.size).toBe(cached.getSnapshot().size);
      if (mode === "poll") expect(cached.revision).toBe(memory.revision);
    } finally {
      await cached.close();
      expect(memory.watchers).toBe(0);
      memory.close();
    }
  };
}
