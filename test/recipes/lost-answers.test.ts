import { asyncProperty, assert, constantFrom, integer, nat } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  barrier,
  counter,
  doubleBarrier,
  type Held,
  priorityQueue,
  queue,
  registry,
  rwLock,
  semaphore,
  session,
  transact,
} from "../../src/index.ts";
import { times, value } from "../suites/tools.ts";
import { lossyEtcd, leftovers, randomOf } from "./lossy-etcd.ts";

const seeds = nat(2 ** 31 - 2);
const runs = { numRuns: 8 };

describe("over a network that loses answers and doubles requests", { timeout: 60_000 }, () => {
  it("transact keeps the sum of all accounts, and takes each transfer once", async () => {
    const isolations = constantFrom(
      "serializable-snapshot" as const,
      "serializable" as const,
      "repeatable-read" as const,
    );
    await assert(
      asyncProperty(seeds, integer({ min: 2, max: 5 }), isolations, async (seed, workers, isolation) => {
        await using lossy = lossyEtcd(seed);
        const random = randomOf(seed + 1);
        const accounts = ["a", "b", "c"];
        for (const name of accounts) await lossy.truth.put(name, "100");
        const start = lossy.memory.revision;
        let transfers = 0;
        await times(
          workers,
          async () => {
            const etcd = lossy.client();
            for (let i = 0; i < 6; i++) {
              const [from, to] = [accounts[Math.floor(random() * 3)] ?? "", accounts[Math.floor(random() * 3)] ?? ""];
              await transact(
                etcd,
                async (tx) => {
                  const source = Number((await tx.get(from))?.text());
                  tx.put(from, String(source - 5));
                  tx.put(to, String(Number((await tx.get(to))?.text()) + 5));
                  tx.put("log", `${from} to ${to}`);
                },
                { isolation },
              );
              transfers++;
            }
          },
          workers,
        );
        const seen = await transact(lossy.truth, (tx) => tx.get(accounts));
        expect(seen.reduce((sum, entry) => sum + Number(entry?.text()), 0)).toBe(300);
        expect(value(await lossy.truth.get("log")).version).toBe(BigInt(transfers));
        expect(lossy.memory.revision - start).toBeGreaterThanOrEqual(BigInt(transfers));
      }),
      runs,
    );
  });

  it("a counter counts each call once, and gives each its own sum", async () => {
    await assert(
      asyncProperty(seeds, integer({ min: 1, max: 6 }), async (seed, workers) => {
        await using lossy = lossyEtcd(seed);
        const sums: bigint[] = [];
        await times(
          workers,
          async () => {
            const hits = counter(lossy.client(), "n");
            for (let i = 0; i < 8; i++) sums.push(await hits.add(1));
          },
          workers,
        );
        expect(sums.sort((a, b) => Number(a - b))).toEqual(sums.map((_, i) => BigInt(i + 1)));
        expect(await counter(lossy.truth, "n").get()).toBe(BigInt(workers * 8));
      }),
      runs,
    );
  });

  it.each(["queue", "priorityQueue"])("a %s gives out each item once, in order for a single consumer", async (kind) => {
    await assert(
      asyncProperty(seeds, integer({ min: 1, max: 3 }), async (seed, consumers) => {
        await using lossy = lossyEtcd(seed);
        const taken: string[] = [];
        const count = 18;
        const producers = times(
          3,
          async (p) => {
            const etcd = lossy.client();
            for (let i = 0; i < count / 3; i++) {
              if (kind === "queue") await queue(etcd, "jobs").enqueue(`${p}-${i}`);
              else await priorityQueue(etcd, "jobs").enqueue(`${p}-${i}`, 1);
            }
          },
          3,
        );
        const stop = new AbortController();
        const consuming = times(
          consumers,
          async () => {
            const etcd = lossy.client();
            const jobs = kind === "queue" ? queue(etcd, "jobs") : priorityQueue(etcd, "jobs");
            while (taken.length < count) {
              const item = await jobs.dequeue({ signal: stop.signal }).catch((error: unknown) => {
                if (stop.signal.aborted) return undefined;
                throw error;
              });
              if (item !== undefined) taken.push(item.text());
              if (taken.length === count) stop.abort();
            }
          },
          consumers,
        );
        await Promise.all([producers, consuming]);
        expect([...taken].sort()).toEqual(Array.from({ length: count }, (_, i) => `${Math.floor(i / 6)}-${i % 6}`));
        if (consumers === 1) {
          for (const p of [0, 1, 2]) {
            const own = taken.filter((item) => item.startsWith(`${p}-`));
            expect(own).toEqual([...own].sort());
          }
        }
        expect(await lossy.truth.count({ prefix: "jobs/" })).toBe(0n);
      }),
      runs,
    );
  });

  it("a semaphore never has more holders than permits, and leaves no keys, whichever waiter gives up when", async () => {
    await assert(
      asyncProperty(seeds, integer({ min: 1, max: 3 }), async (seed, permits) => {
        await using lossy = lossyEtcd(seed);
        const random = randomOf(seed + 1);
        let holding = 0;
        await times(
          6,
          async () => {
            const etcd = lossy.client();
            // The keys of a session that lives on do not go with it.
            const shared = random() < 0.5 ? { session: await session(etcd, { ttl: 60 }) } : {};
            const slots = semaphore(etcd, "slots", { permits, ...shared });
            for (let i = 0; i < 3; i++) {
              const impatient = random() < 0.4;
              const held = await slots
                .acquire(impatient ? { signal: AbortSignal.timeout(1 + Math.floor(random() * 20)) } : {})
                .catch((error: unknown) => {
                  if (!impatient) throw error;
                });
              if (held === undefined) continue;
              expect(++holding).toBeLessThanOrEqual(permits);
              await lossy.truth.get("x");
              holding--;
              await held.release();
            }
          },
          6,
        );
        expect(await leftovers(lossy.truth, "slots/")).toEqual([]);
      }),
      { numRuns: 6 },
    );
  });

  it("a lock never has a writer beside anybody, and leaves no keys, whichever waiter gives up when", async () => {
    await assert(
      asyncProperty(seeds, async (seed) => {
        await using lossy = lossyEtcd(seed);
        const random = randomOf(seed + 1);
        let [readers, writers] = [0, 0];
        const tokens: bigint[] = [];
        await times(
          6,
          async () => {
            const doc = rwLock(lossy.client(), "doc");
            for (let i = 0; i < 3; i++) {
              const writes = random() < 0.4;
              const impatient = random() < 0.3;
              const held: Held | null = await (writes ? doc.write : doc.read)
                .acquire(impatient ? { timeoutMs: 1 + random() * 20 } : {})
                .catch((error: unknown) => {
                  if (impatient) return null;
                  throw error;
                });
              if (held === null) continue;
              if (writes) tokens.push(held.token);
              if (writes) writers++;
              else readers++;
              expect([writers <= 1, writers === 0 || readers === 0]).toEqual([true, true]);
              await lossy.truth.get("x");
              if (writes) writers--;
              else readers--;
              await held.release();
            }
          },
          6,
        );
        expect(tokens).toEqual([...tokens].sort((a, b) => Number(a - b)));
        expect(await leftovers(lossy.truth, "doc/")).toEqual([]);
      }),
      { numRuns: 6 },
    );
  });

  it("barriers open for all", async () => {
    await assert(
      asyncProperty(seeds, async (seed) => {
        await using lossy = lossyEtcd(seed);
        const gate = barrier(lossy.client(), "gate");
        expect(await gate.hold()).toBe(true);
        const waiting = Array.from({ length: 3 }, () => barrier(lossy.client(), "gate").wait());
        expect(await gate.release()).toBe(true);
        await Promise.all(waiting);
        let inside = 0;
        await times(
          4,
          async () => {
            const both = doubleBarrier(lossy.client(), "both", { count: 4 });
            await both.enter();
            inside++;
            await both.leave();
            expect(inside).toBe(4);
          },
          4,
        );
        expect(await leftovers(lossy.truth, "both/")).toEqual([]);
      }),
      runs,
    );
  });

  it("a registration is there, and is gone when closed", async () => {
    await assert(
      asyncProperty(seeds, async (seed) => {
        await using lossy = lossyEtcd(seed);
        const a = await registry(lossy.client(), "api").register("a", "1");
        const listed = async (): Promise<(string | undefined)[]> =>
          (await registry(lossy.truth, "api").list()).map(({ entry }) => entry.text());
        expect(await listed()).toEqual(["1"]);
        await lossy.truth.delete("api/a");
        await a.update("2");
        while ((await listed()).join() !== "2");
        await a.close();
        expect(await leftovers(lossy.truth, "api/")).toEqual([]);
      }),
      runs,
    );
  });
});
