import { describe, expect, it } from "vitest";
import { shareOf } from "../../test/share-of-suites.ts";
import { suitesV2 } from "../../test/suites-v2/suites.ts";
import { suites } from "../../test/suites/suites.ts";
import { suiteName } from "./provided.ts";
import { runIn, type RuntimeReport } from "./run-in.ts";
import { quickRuntimes, runtimes } from "./runtimes.ts";
import { faultsIn } from "./everywhere-table.ts";

// A part of `npm run test:everywhere`: a few runtimes, one version of etcd, a third of the suites, another one each day. They
// start together, for most of their time goes by in starting and waiting.
const chosenSuites = { v3: Object.keys(shareOf(suites, 0, 3)), v2: Object.keys(shareOf(suitesV2, 0, 3)) };
const onlySuites = [
  ...chosenSuites.v3.map((name) => suiteName("v3", name)),
  ...chosenSuites.v2.map((name) => suiteName("v2", name)),
];

describe("The suites of the day, on a real etcd and in memory, run", () => {
  const chosen = runtimes.filter(({ name }) => quickRuntimes.includes(name));
  const reports = new Map<string, Promise<RuntimeReport>>();
  const reportOf = (name: string): Promise<RuntimeReport> | undefined => {
    if (reports.size === 0) {
      for (const runtime of chosen) {
        const report = runIn(runtime, ["3.5"], onlySuites);
        report.catch(() => undefined);
        reports.set(runtime.name, report);
      }
    }
    return reports.get(name);
  };

  it.each(quickRuntimes)("in %s", { timeout: 900_000 }, async (name) => {
    const report = await reportOf(name);
    expect(report === undefined ? ["no such runtime"] : faultsIn([report])).toEqual([]);
    for (const where of ["etcd 3.5", "memory"]) {
      for (const suite of [...chosenSuites.v3, "v2"]) {
        const tests = report?.tests.filter(({ path }) => path[0] === where && path[1] === suite) ?? [];
        expect(tests.length, `${where}: ${suite}`).toBeGreaterThan(0);
      }
    }
  });

  it("the same tests in all of them", async () => {
    const all = await Promise.all(quickRuntimes.flatMap((name) => reportOf(name) ?? []));
    expect(all).toHaveLength(quickRuntimes.length);
    const [first, ...others] = all.map(({ tests }) => tests.map(({ path }) => path.join(" > ")).toSorted());
    for (const other of others) expect(other).toEqual(first);
  });
});
