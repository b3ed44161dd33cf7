import { describe, expect, it } from "vitest";
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
