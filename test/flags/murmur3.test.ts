import { describe, expect, it } from "vitest";
import { bucketOf } from "../../src/flags/evaluate-flag.ts";
import { murmur3 } from "../../src/flags/murmur3.ts";

describe("murmur3", () => {
  // Values of the reference implementation.
  it.each([
    ["", 0, 0],
    ["", 1, 0x514e28b7],
    ["", 0xffffffff, 0x81f16f39],
    ["test", 0, 0xba6bd213],
    ["test", 0x9747b28c, 0x704b81dc],
    ["Hello, world!", 0, 0xc0363e43],
    ["Hello, world!", 0x9747b28c, 0x24884cba],
    ["The quick brown fox jumps over the lazy dog", 0, 0x2e4ff723],
    ["The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd],
    ["aaa", 0x9747b28c, 0x283e0130],
    ["aa", 0x9747b28c, 0x5d211726],
    ["a", 0x9747b28c, 0x7fa09ea6],
  ])("of %j with seed %i", (text, seed, expected) => {
    expect(murmur3(text, seed)).toBe(expected);
  });

  it("is of UTF-8: other programs get the same", () => {
    expect(murmur3("ππππππππ", 0x9747b28c)).toBe(0xd58063c1);
  });
});

describe("a bucket", () => {
  it("is where it was in every version, or everybody would change sides", () => {
    const ids = ["user-1", "user-2", "user-3", "ä", ""];
    expect(ids.map((id) => bucketOf("checkout", id).toFixed(6))).toMatchInlineSnapshot(`
      [
        "19.574534",
        "8.955596",
        "74.841760",
        "24.323148",
        "73.476972",
      ]
    `);
  });

  it("spreads ids evenly, and differently for another seed", () => {
    const counts = Array.from({ length: 10 }, () => 0);
    let moved = 0;
    for (let i = 0; i < 10_000; i++) {
      const bucket = bucketOf("a", `user-${i}`);
      expect(bucket >= 0 && bucket < 100).toBe(true);
      counts[Math.floor(bucket / 10)] = (counts[Math.floor(bucket / 10)] ?? 0) + 1;
      if (Math.floor(bucket / 10) !== Math.floor(bucketOf("b", `user-${i}`) / 10)) moved++;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(Math.abs(moved - 9000)).toBeLessThan(150);
  });
});
