import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leaseIds } from "../../src/proxy/lease-ids.ts";

const key = new TextEncoder().encode("a key of sixteen bytes");
const id = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe("lease ids of a subject", () => {
  const mine = leaseIds(key, "me");
  const others = leaseIds(key, "somebody else");

  it("are positive, stay themselves, and are the same for the same proposal", () => {
    fc.assert(
      fc.property(
        id.filter((each) => each !== 0n),
        (proposed) => {
          const own = mine.own(proposed);
          expect(own).toBeGreaterThan(0n);
          expect(own).toBeLessThan(2n ** 63n);
          expect(mine.holds(own)).toBe(true);
          expect(mine.own(own)).toBe(own);
          expect(mine.own(proposed)).toBe(own);
        },
      ),
    );
  });

  it("keep no lease for what it is", () => {
    expect(mine.own(0n)).toBe(0n);
    expect(mine.holds(0n)).toBe(false);
  });

  it("of somebody else are not mine, and lead to another lease", () => {
    fc.assert(
      fc.property(
        id.filter((each) => each !== 0n),
        (proposed) => {
          const theirs = others.own(proposed);
          expect(mine.holds(theirs)).toBe(false);
          expect(mine.own(theirs)).not.toBe(theirs);
        },
      ),
    );
  });

  it("of another key are not mine", () => {
    expect(mine.holds(leaseIds(new Uint8Array(32), "me").own(7n))).toBe(false);
  });

  it("differ for different proposals", () => {
    const made = new Set(Array.from({ length: 2000 }, (_, i) => mine.own(BigInt(i + 1))));
    expect(made.size).toBe(2000);
  });
});
