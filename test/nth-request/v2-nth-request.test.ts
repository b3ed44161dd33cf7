import { describe, expect, it, onTestFinished } from "vitest";
import { createMemoryEtcd } from "../../src/memory/memory-etcd.ts";
import { createEtcdV2 } from "../../src/v2/index.ts";
import { faultsIn, sampled } from "./broken-requests.ts";
import { namesIn, without } from "./names.ts";
import { runCase } from "./run-broken-request.ts";
import { limitMs, seed, whole } from "./sample.ts";
import { measured } from "./unbroken.ts";
import { v2Operations, v2WithoutRequests } from "./v2-operations.ts";
import { memorySubjectV2 } from "./v2-subject.ts";

it("the table has a row for everything that a client of v2, and what it makes, can be asked for", async () => {
  const etcd = createEtcdV2({ fetch: createMemoryEtcd().fetch });
  onTestFinished(() => etcd.close());
  const made = {
    lock: etcd.lock("a"),
    election: { ...etcd.election("b"), leadership: await etcd.election("b").campaign("me") },
    keptNode: await etcd.keepNode("/c", "here", { ttl: 60 }),
  };
  // Of a leadership no more is public than what its type names.
  const own = namesIn(made).filter((name) => !/^election\.leadership\.(?:renew|keep|release)$/.test(name));
  expect(without([...namesIn(etcd), ...own], v2Operations, v2WithoutRequests)).toEqual([]);
});

describe.each([
  // The request that asks for members is the first one then, where the operation needs nothing made before.
  { members: "discovered", options: { discoverMembers: true, auth: undefined }, size: 200 },
  { members: "given", options: {}, size: 900 },
])("whichever request of v2 breaks, in memory, members $members", ({ options, size }) => {
  it(
    "what it reports is true, in time, and nothing is left that it did not announce",
    async () => {
      const subject = () => memorySubjectV2(options);
      const chosen =
        options.discoverMembers === true ? v2Operations.filter(({ setup }) => setup === undefined) : v2Operations;
      const { singles, pairs, wrong } = await measured(chosen, subject);
      expect(wrong).toEqual([]);
      const every = [...singles, ...pairs];
      const cases = whole ? every : sampled(every, size, seed % 1);
      const faults = await faultsIn(
        cases,
        16,
        async ({ operation, plan }) => (await runCase(subject(), operation, plan)).fault,
      );
      expect(faults, `seed ${seed}, ${cases.length} cases`).toEqual([]);
    },
    limitMs,
  );
});
