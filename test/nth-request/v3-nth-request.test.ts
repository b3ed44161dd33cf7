import { describe, expect, it } from "vitest";
import * as main from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/memory-etcd.ts";
import type { Etcd } from "../../src/v3/client.ts";
import { type Case, faultsIn, sampled, titleOf } from "./broken-requests.ts";
import { namesIn, without } from "./names.ts";
import { recipeOperations, recipesWithoutRequests } from "./recipe-operations.ts";
import { runCase, type Operation } from "./run-broken-request.ts";
import { limitMs, seed, whole } from "./sample.ts";
import { measured } from "./unbroken.ts";
import { v3Operations, v3WithoutRequests } from "./v3-operations.ts";
import { memorySubject } from "./v3-subject.ts";

const operations: readonly Operation<Etcd>[] = [...v3Operations, ...recipeOperations];

/** Pairs that only a run of all of them has found a fault with. */
const wasWrong = (each: Case<Etcd>): boolean =>
  /^mutex\.acquire#session: request 1 answer (?:lost|cut), request 2 401$/.test(titleOf(each));

describe("the table of operations", () => {
  it("has a row for everything that a client can be asked for", () => {
    const etcd = main.createEtcd({ fetch: createMemoryEtcd().fetch });
    expect(without(namesIn(etcd), v3Operations, v3WithoutRequests)).toEqual([]);
  });

  it("has a row for every recipe, and for every method of what recipes make", async () => {
    const etcd = main.createEtcd({ fetch: createMemoryEtcd().fetch });
    const made = {
      mutex: { ...main.mutex(etcd, "a"), held: await main.lock(etcd, "a") },
      rwLock: main.rwLock(etcd, "b"),
      semaphore: main.semaphore(etcd, "c", { permits: 1 }),
      session: await main.session(etcd),
      election: { ...main.election(etcd, "d"), leadership: await main.election(etcd, "d").campaign("me") },
      namedLeader: main.namedLeader(etcd, "e"),
      queue: main.queue(etcd, "f"),
      priorityQueue: main.priorityQueue(etcd, "g"),
      barrier: main.barrier(etcd, "h"),
      doubleBarrier: main.doubleBarrier(etcd, "i", { count: 1 }),
      counter: main.counter(etcd, "j"),
      registry: main.registry(etcd, "k"),
      registration: await main.registry(etcd, "k").register("one", "value"),
      cache: await main.cache(etcd, { prefix: "l" }),
    };
    const exported = Object.entries(main).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
    const names = [...exported.filter((name) => !Object.hasOwn(made, name)), ...namesIn(made)];
    // A hold of a lock and that of an election are one thing.
    const own = names.filter((name) => !/^election\.leadership\.(?:txn|renew)$/.test(name));
    expect(without(own, recipeOperations, recipesWithoutRequests)).toEqual([]);
    await etcd.close();
  });
});

describe("whichever request of an operation breaks, in memory", () => {
  it(
    "what it reports is true, in time, and nothing is left that it did not announce",
    async () => {
      const { singles, pairs, wrong } = await measured(operations, memorySubject);
      expect(wrong).toEqual([]);
      const known = pairs.filter(wasWrong);
      expect(known, "cases that were wrong once").toHaveLength(2);
      const chosen = whole
        ? [...singles, ...pairs]
        : [...sampled(singles, 1400, seed % 1), ...sampled(pairs, 300, seed % 1), ...known];
      const faults = await faultsIn(
        chosen,
        16,
        async ({ operation, plan }) => (await runCase(memorySubject(), operation, plan)).fault,
      );
      expect(faults, `seed ${seed}, ${chosen.length} cases`).toEqual([]);
    },
    limitMs,
  );
});
