import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TrimmedList } from "../../src/gateway-server/trimmed-list.ts";

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant("push" as const) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 5 }) },
);

describe("a list that is trimmed at its front", () => {
  it("holds what an array holds that loses the same items", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
        const list = new TrimmedList<number>();
        const plain: number[] = [];
        for (const [i, each] of steps.entries()) {
          if (each === "push") {
            list.push(i);
            plain.push(i);
          } else {
            expect(list.trim(each)).toEqual(plain.splice(0, each));
          }
          expect(list.length).toBe(plain.length);
          expect(plain.map((_, at) => list.at(at))).toEqual(plain);
          expect([list.at(-1), list.at(plain.length)]).toEqual([undefined, undefined]);
        }
      }),
    );
  });
});
