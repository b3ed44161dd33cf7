import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { includes, type KeySpan } from "../../src/memory/store/key-range.ts";
import { Interval, RangeIndex } from "../../src/memory/store/range-index.ts";

const key = fc.stringMatching(/^[ab\0\xff]{1,3}$/);
const end = fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 4, arbitrary: key });
const range: fc.Arbitrary<KeySpan> = fc.oneof(
  key.map((start) => ({ start, single: true, end: undefined })),
  fc
    .record({ start: key, single: fc.constant(false), end })
    .filter(({ start, end: last }) => last === undefined || start < last),
);
const step = fc.record({ range, value: fc.integer({ min: 1, max: 3 }), deletes: fc.boolean() });

/** A prefix of four digits, of which there are ten thousand. */
const prefix = (i: number): KeySpan => ({ start: name(i), single: false, end: `${name(i).slice(0, -1)}0` });
const name = (i: number): string => `${String(i).padStart(4, "0")}/`;

describe("an index of ranges", () => {
  it("finds what a plain filter finds, whatever was added and deleted before", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), fc.array(key, { minLength: 1 }), (steps, keys) => {
        const index = new RangeIndex<string>();
        const plain = new Map<string, KeySpan>();
        for (const { range: each, value, deletes } of steps) {
          const own = `${JSON.stringify(each)} ${value}`;
          if (deletes) {
            index.delete(each, own);
            plain.delete(own);
          } else {
            index.add(each, own);
            plain.set(own, each);
          }
          expect(index.size).toBe(plain.size);
          for (const at of [each.start, ...(each.end === undefined ? [] : [each.end]), ...keys]) {
            const expected = [...plain].filter(([, held]) => includes(held, at)).map(([text]) => text);
            expect([...index.at(at)].toSorted()).toEqual(expected.toSorted());
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("looks at few of ten thousand ranges to find the one that holds a key, also where others start or end", () => {
    const index = new RangeIndex<number>();
    for (let i = 0; i < 10_000; i++) index.add(prefix(i), i);
    const looks = vi.spyOn(Interval.prototype, "not_intersect");
    onTestFinished(() => looks.mockRestore());
    expect([...index.at("5000/a")]).toEqual([5000]);
    expect([...index.at("5000")]).toEqual([]);
    expect(looks.mock.calls.length).toBeLessThan(100);
  });

  it("does not look at ranges that end where the key is", () => {
    const index = new RangeIndex<number>();
    for (let i = 0; i < 10_000; i++) index.add({ start: name(i), single: false, end: "a" }, i);
    const looks = vi.spyOn(Interval.prototype, "not_intersect");
    onTestFinished(() => looks.mockRestore());
    expect([...index.at("a")]).toEqual([]);
    expect(looks.mock.calls.length).toBeLessThan(100);
  });
});
