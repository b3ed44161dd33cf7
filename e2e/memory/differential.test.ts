import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program } from "./random-programs.ts";
import { runs } from "./runs.ts";
import { targets, type SideBySide, sideBySide } from "./side-by-side.ts";
import { watchAll } from "./watch-all.ts";

/** Programs of up to 12 requests each. */
const numRuns = runs(1000);

describe.each(targets)("memory and a real etcd $version, told the same", (target) => {
  let both: SideBySide;

  beforeAll(async () => {
    both = await sideBySide(target);
  });
  afterAll(() => both.close());

  it(`answer the same, and report the same changes, ${numRuns} programs in a row`, { timeout: 600_000 }, async () => {
    const { memory, url } = both;
    const [realEvents, ourEvents] = [await watchAll(url, fetch), await watchAll(url, memory.fetch)];
    await fc.assert(
      fc.asyncProperty(program, (steps) => both.run(steps)),
      { numRuns, endOnFailure: true },
    );
    expect(await ourEvents.until(memory.revision)).toEqual(await realEvents.until(memory.revision));
  });
});
