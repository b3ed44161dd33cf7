import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { authProgram } from "./auth-programs.ts";
import { places, runs, type SideBySide, sideBySide } from "./side-by-side.ts";

describe.each(places)("the services of a memory and of a real etcd $version, told the same", (place) => {
  let both: SideBySide;

  beforeAll(async () => {
    both = await sideBySide(place, ["--bcrypt-cost=4"]);
  });
  afterAll(() => both.close());

  it("give the same users, roles and refusals", { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(authProgram, (steps) => both.run(steps)),
      { numRuns: runs(100), endOnFailure: true },
    );
  });
});
