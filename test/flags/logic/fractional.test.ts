import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/flags/flag-format.ts";
import { bucketOf } from "../../../src/flags/logic/fractional.ts";
import { murmur3 } from "../../../src/flags/murmur3.ts";
import { evaluate } from "./evaluate.ts";

const halves: Json[] = [
  ["a", 50],
  ["b", 50],
];
const split = (...args: Json[]) => ({ fractional: args });
const user = { targetingKey: "u1" };

describe("a bucket", () => {
  it("is a whole number, without the errors of a product beyond 2^53", () => {
    for (const hash of [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x12345678, 0xdeadbeef]) {
      for (const total of [1, 2, 3, 100, 1000, 65_537, 2 ** 31 - 2, 2 ** 31 - 1]) {
        expect(bucketOf(hash, total)).toBe(Number((BigInt(hash) * BigInt(total)) >> 32n));
      }
    }
  });

  it("is of the UTF-8 of the text, as in flagd", () => {
    expect(["é", "日本語", "😀"].map((text) => murmur3(text))).toEqual([269551495, 2779017879, 3199479546]);
  });
});

describe("fractional", () => {
  it.each<[string, Json, object, unknown]>([
    ["by flag and user", split(...halves), user, "a"],
    ["by a text alone, the same for every user", split("", ...halves), {}, "a"],
    ["by flag and user, where what to bucket by is missing", split({ var: "x" }, ...halves), user, "a"],
    ["by flag and user, where what to bucket by is null", split(null, ...halves), user, "a"],
    ["nobody without a user", split(...halves), {}, null],
    ["nobody with a user of no name", split(...halves), { targetingKey: "" }, null],
    ["nobody by the number of a user", split(...halves), { targetingKey: 5 }, null],
    ["nobody by a number", split(5, ...halves), user, null],
    ["nobody by a boolean", split(true, ...halves), user, null],
    ["nobody by an object", split({ var: "o" }, ...halves), { ...user, o: {} }, null],
    ["by a nested split", split(split(["x", 1]), ["a", 1]), user, "a"],
    ["a bucket that is computed", split({ merge: [["a", 1]] }), user, "a"],
    ["buckets from the context", { fractional: { var: "l" } }, { ...user, l: [["a", 1]] }, "a"],
    ["no list at all", { fractional: "a" }, user, null],
    ["an empty list", split(), user, null],
    ["a weight left out", split(["a"]), user, "a"],
    ["a weight of null", split(["a", null]), user, "a"],
    ["a weight that is missing", split(["a", { var: "x" }]), user, "a"],
    ["a weight as 1.0", split(["a", JSON.parse("1.0") as Json]), user, "a"],
    ["a weight with a fraction", split(["a", 1.5]), user, null],
    ["a weight as text", split(["a", "1"]), user, null],
    ["a weight as a boolean", split(["a", true]), user, null],
    ["a negative weight as none", split(["b", -1], ["a", 1]), user, "a"],
    ["weights of zero", split(["a", 0], ["b", 0]), user, null],
    ["the largest weight", split(["a", 2 ** 31 - 1]), user, "a"],
    ["a weight too large", split(["a", 2 ** 31]), user, null],
    ["weights too large together", split(["a", 2 ** 31 - 1], ["b", 1]), user, null],
    ["a weight too large beside a negative one", split(["a", 2 ** 31], ["b", -5]), user, null],
    ["an empty bucket", split([], ["a", 1]), user, null],
    ["a bucket that is not one", split(["a", 1], "b"), user, null],
    ["a third element, which is left alone", split(["a", 1, "more"]), user, "a"],
    ["a variant that is a number", split([1, 1]), user, 1],
    ["a variant that is null", split([null, 1]), user, null],
    ["a variant that is a list", split([["a"], 1]), user, null],
    ["a variant that is an object", split([{ var: "o" }, 1]), { ...user, o: {} }, null],
    ["inside of an iterator, where no user is", { map: [[1], split(["a", 1])] }, user, [null]],
  ])("%s", (_, rule, data, expected) => {
    expect(evaluate(rule, data)).toEqual(expected);
  });

  it("spreads users evenly, and differently with each flag", () => {
    let [first, moved] = [0, 0];
    for (let i = 0; i < 2000; i++) {
      const here = evaluate(split({ cat: ["one", `user-${i}`] }, ...halves));
      const there = evaluate(split({ cat: ["two", `user-${i}`] }, ...halves));
      if (here === "a") first++;
      if (here !== there) moved++;
    }
    expect(Math.abs(first - 1000)).toBeLessThan(90);
    expect(Math.abs(moved - 1000)).toBeLessThan(90);
  });

  it("keeps whom a first bucket has when it grows", () => {
    for (let i = 0; i < 1000; i++) {
      const data = { targetingKey: `user-${i}` };
      const few = evaluate(split(["a", 10], ["b", 90]), data);
      if (few === "a") expect(evaluate(split(["a", 20], ["b", 80]), data)).toBe("a");
    }
  });
});
