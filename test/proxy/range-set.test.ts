import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rangeSet } from "../../src/proxy/range-set.ts";
import { compareBytes, type KeyRange, rangeOf, type Selector } from "../../src/v3/keys.ts";

/** Short keys of few letters, so that ranges meet. */
const key = fc.uint8Array({ minLength: 1, maxLength: 2, max: 2 });
const range = fc.record({ key, rangeEnd: fc.uint8Array({ maxLength: 2, max: 2 }) });
const sample = [0, 1, 2].flatMap((a) => [
  [a],
  ...[0, 1, 2].flatMap((b) => [[a, b], ...[0, 1, 2].map((c) => [a, b, c])]),
]);

function holds({ key: start, rangeEnd }: KeyRange, each: Uint8Array): boolean {
  if (rangeEnd.length === 0) return compareBytes(start, each) === 0;
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return compareBytes(start, each) <= 0;
  return compareBytes(start, each) <= 0 && compareBytes(each, rangeEnd) < 0;
}

const covers = (rules: readonly Selector[], wanted: Selector): boolean =>
  rangeSet(rules.map((rule) => rangeOf(rule))).covers(rangeOf(wanted));

describe("a set of key ranges", () => {
  it("covers no range with a key outside of it", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 4 }), range, (rules, wanted) => {
        if (!rangeSet(rules).covers(wanted)) return;
        for (const each of sample.map((bytes) => new Uint8Array(bytes))) {
          if (holds(wanted, each)) expect(rules.some((rule) => holds(rule, each))).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each<[readonly Selector[], Selector, boolean]>([
    [["a"], "a", true],
    [["a"], "b", false],
    [["a"], { prefix: "a" }, false],
    [[{ prefix: "a" }], { prefix: "ab" }, true],
    [[{ prefix: "a" }], { from: "a" }, false],
    [[{ from: "a" }], { from: "b" }, true],
    [[{ prefix: "a" }, { prefix: "b" }], { from: "a", to: "c" }, true],
    [[{ prefix: "a" }, { prefix: "c" }], { from: "a", to: "d" }, false],
    [[{ all: true }], { all: true }, true],
    [[{ from: "a", to: "c" }], { all: true }, false],
    [[], "a", false],
  ])("%j covers %j: %s", (rules, wanted, covered) => {
    expect(covers(rules, wanted)).toBe(covered);
  });

  it("takes a range whose end is before its key for one without an end", () => {
    const backwards = { key: new Uint8Array([5]), rangeEnd: new Uint8Array([1]) };
    expect(rangeSet([rangeOf({ prefix: "\u0005" })]).covers(backwards)).toBe(false);
    expect(rangeSet([rangeOf({ all: true })]).covers(backwards)).toBe(true);
  });
});
