import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { authProgram } from "./auth-programs.ts";
import { clusterProgram } from "./cluster-programs.ts";
import { queueProgram } from "./queue-programs.ts";
import { runQueues } from "./queue-runner.ts";
import { runs } from "./runs.ts";
import { targets, type SideBySide, sideBySide } from "./side-by-side.ts";

describe.each(targets)("a memory and a real etcd $version, told the same", (target) => {
  let both: SideBySide;

  beforeAll(async () => {
    both = await sideBySide(target);
  });
  afterAll(() => both.close());

  it("hand locks and leaderships on in the same order, with the same answers", { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(queueProgram, (steps) => runQueues(both, steps)),
      { numRuns: runs(60), endOnFailure: true },
    );
  });

  it("answer alike about alarms, members, versions and leases", { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(clusterProgram, (steps) => both.run(steps)),
      { numRuns: runs(400), endOnFailure: true },
    );
  });

  it("know the same users, roles and refusals", { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(authProgram, (steps) => both.run(steps)),
      { numRuns: runs(150), endOnFailure: true },
    );
  });
});
