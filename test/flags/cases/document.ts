import type { FlagDocument } from "../../../src/flags/index.ts";

const greeting = { hello: "hello", goodbye: "goodbye", nobody: "nobody" };
const truth = { true: "yes", false: "no", other: "other" };
const quarters = [
  ["north", 25],
  ["east", 25],
  ["south", 25],
  ["west", 25],
];
const winds = { north: "north", east: "east", south: "south", west: "west", calm: "calm" };

function flag(variants: FlagDocument["flags"], rest: object = {}): FlagDocument["flags"][string] {
  return { state: "ENABLED", variants, ...rest } as FlagDocument["flags"][string];
}

/** A flag whose targeting gives a value that is false in JavaScript. */
function zero(none: boolean | number | string | object, some: boolean | number | string | object): object {
  const targeting = { if: [{ $ref: "isOwner" }, "zero"] };
  return {
    state: "ENABLED",
    variants: { zero: none, some },
    defaultVariant: "some",
    targeting,
  };
}

/** Flags that use all there is in flagd's definitions. */
export const document: FlagDocument = {
  metadata: { flagSetId: "cases", version: "1", owner: "set", level: 1 },
  $evaluators: {
    isOwner: { "==": [{ var: "email" }, "owner@example.com"] },
    isInside: { or: [{ $ref: "isOwner" }, { ends_with: [{ var: "email" }, "@example.com"] }] },
    always: true,
    loopA: { "!": { $ref: "loopB" } },
    loopB: { "!": { $ref: "loopA" } },
  },
  flags: {
    "a-boolean": flag({ on: true, off: false }, { defaultVariant: "on" }),
    "a-text": flag({ short: "hi", long: "good day" }, { defaultVariant: "short" }),
    "a-number": flag({ one: 1, ten: 10 }, { defaultVariant: "ten" }),
    "a-fraction": flag({ tenth: 0.1, half: 0.5 }, { defaultVariant: "half" }),
    "an-object": flag({ none: {}, some: { size: 3, tags: ["a", "b"] } }, { defaultVariant: "some" }),
    "a-list": flag({ some: ["a", "b"] }, { defaultVariant: "some" }),
    "a-large-number": flag({ most: 9007199254740991, word: 2147483647 }, { defaultVariant: "most" }),
    "no-boolean": flag({ zero: false, some: true }, { defaultVariant: "zero" }),
    "no-text": flag({ zero: "", some: "text" }, { defaultVariant: "zero" }),
    "no-number": flag({ zero: 0, some: 1 }, { defaultVariant: "zero" }),
    "no-object": flag({ zero: {}, some: { a: 1 } }, { defaultVariant: "zero" }),
    "targeted-no-boolean": zero(false, true) as FlagDocument["flags"][string],
    "targeted-no-text": zero("", "text") as FlagDocument["flags"][string],
    "targeted-no-number": zero(0, 1) as FlagDocument["flags"][string],
    "targeted-no-object": zero({}, { a: 1 }) as FlagDocument["flags"][string],
    "off-boolean": { state: "DISABLED", variants: { on: true }, defaultVariant: "on" },
    "off-text": { state: "DISABLED", variants: { a: "a" }, defaultVariant: "a", targeting: { cat: ["a"] } },
    "off-number": { state: "DISABLED", variants: { one: 1 }, defaultVariant: "one" },
    "off-object": { state: "DISABLED", variants: { a: {} }, defaultVariant: "a" },
    "default-null": flag({ on: true, off: false }, { defaultVariant: null }),
    "default-absent": flag({ small: 10, big: 1000 }),
    "default-empty": flag({ small: 10, big: 1000 }, { defaultVariant: "" }),
    "default-null-targeted": flag(
      { staff: "CFO", head: "CEO" },
      { targeting: { if: [{ $ref: "isOwner" }, "head", null] } },
    ),
    "default-absent-targeted": flag(
      { staff: "CFO", head: "CEO" },
      { targeting: { if: [{ $ref: "isOwner" }, "head"] } },
    ),
    "by-key": flag(
      { hit: "hit", miss: "miss" },
      { defaultVariant: "miss", targeting: { if: [{ "==": [{ var: "targetingKey" }, "user-7"] }, "hit", null] } },
    ),
    "by-time": flag(
      { past: -1, future: 1, now: 0 },
      {
        defaultVariant: "now",
        targeting: {
          if: [
            { ">": [{ var: "$flagd.timestamp" }, { var: "time" }] },
            "past",
            { if: [{ "<": [{ var: "$flagd.timestamp" }, { var: "time" }] }, "future", "now"] },
          ],
        },
      },
    ),
    "by-name": flag(
      { own: "own", other: "other" },
      { defaultVariant: "other", targeting: { if: [{ "==": [{ var: "$flagd.flagKey" }, "by-name"] }, "own"] } },
    ),
    "empty-targeting": flag({ one: 1, two: 2 }, { defaultVariant: "one", targeting: {} }),
    "null-targeting-result": flag(
      { one: 1, two: 2 },
      { defaultVariant: "two", targeting: { if: [true, null, "one"] } },
    ),
    "unknown-variant": flag({ one: 1, two: 2 }, { defaultVariant: "two", targeting: { if: [true, "badger", "one"] } }),
    "unknown-operator": flag({ one: 1, two: 2 }, { defaultVariant: "two", targeting: { nonsense: ["one"] } }),
    "unknown-operator-not-reached": flag(
      { one: 1 },
      { defaultVariant: "one", targeting: { if: [false, { nonsense: [] }, "one"] } },
    ),
    "two-operators": flag({ one: 1 }, { defaultVariant: "one", targeting: { cat: ["one"], "!": [true] } }),
    "result-list": flag({ "a,b": 1 }, { defaultVariant: "a,b", targeting: { merge: ["a", "b"] } }),
    "shorthand-boolean": flag(
      { true: "yes", false: "no" },
      { defaultVariant: "false", targeting: { $ref: "isOwner" } },
    ),
    "shorthand-number": flag({ "1": "one", "1.5": "one and a half" }, { defaultVariant: "1", targeting: { var: "n" } }),
    "ref-inside": flag(greeting, {
      defaultVariant: "nobody",
      targeting: { if: [{ $ref: "isOwner" }, "hello", "goodbye"] },
    }),
    "ref-elsewhere": flag(
      { y: "y", n: "n" },
      { defaultVariant: "n", targeting: { if: [{ $ref: "isOwner" }, "y", "n"] } },
    ),
    "ref-nested": flag(
      { y: "y", n: "n" },
      { defaultVariant: "n", targeting: { if: [{ $ref: "isInside" }, "y", "n"] } },
    ),
    "ref-constant": flag(truth, { defaultVariant: "other", targeting: { $ref: "always" } }),
    "ref-missing": flag(
      { y: "y", n: "n" },
      { defaultVariant: "n", targeting: { if: [{ $ref: "nowhere" }, "y", "n"] } },
    ),
    "ref-with-more": flag({ y: "y" }, { defaultVariant: "y", targeting: { $ref: "isOwner", and: [] } }),
    "ref-loop": flag(truth, { defaultVariant: "other", targeting: { $ref: "loopA" } }),
    "with-metadata": flag(
      { on: true, off: false },
      { defaultVariant: "on", metadata: { owner: "flag", version: "2", share: 0.1, internal: true } },
    ),
    "set-metadata-only": flag({ on: true }, { defaultVariant: "on" }),
    // The same people in the same quarters: both name the seed.
    "seeded-a": flag(winds, {
      defaultVariant: "calm",
      targeting: { fractional: [{ cat: ["shared-seed", { var: "user.name" }] }, ...quarters] },
    }),
    "seeded-b": flag(
      { ...winds, north: "n", east: "e", south: "s", west: "w" },
      {
        defaultVariant: "calm",
        targeting: { fractional: [{ cat: ["shared-seed", { var: "user.name" }] }, ...quarters] },
      },
    ),
    "half-and-half": flag(
      { first: "first", second: "second" },
      { defaultVariant: "first", targeting: { fractional: [["first"], ["second", 1]] } },
    ),
    "hash-edges": flag(
      { lower: "lower", upper: "upper" },
      { defaultVariant: "lower", targeting: { fractional: [{ var: "targetingKey" }, ["lower", 50], ["upper", 50]] } },
    ),
    "all-in-one": flag(
      { one: "one", none: "none" },
      { defaultVariant: "none", targeting: { fractional: [{ var: "targetingKey" }, ["one", 1]] } },
    ),
    "share-by-plan": flag(
      { premium: "premium", standard: "standard", none: "none" },
      {
        defaultVariant: "none",
        targeting: {
          fractional: [
            { var: "targetingKey" },
            [{ if: [{ "==": [{ var: "tier" }, "premium"] }, "premium", "standard"] }, 50],
            ["standard", 50],
          ],
        },
      },
    ),
    "share-by-attribute": flag(
      { red: "red", green: "green", blue: "blue" },
      {
        defaultVariant: "blue",
        targeting: { fractional: [{ var: "targetingKey" }, [{ var: "color" }, 50], ["blue", 50]] },
      },
    ),
    "weight-by-plan": flag(
      { red: "red", blue: "blue" },
      {
        defaultVariant: "blue",
        targeting: {
          fractional: [
            { var: "targetingKey" },
            ["red", { if: [{ "==": [{ var: "tier" }, "premium"] }, 100, 0] }],
            ["blue", 10],
          ],
        },
      },
    ),
    "share-as-condition": flag(
      { many: "hundreds", few: "ones" },
      {
        defaultVariant: "few",
        targeting: {
          if: [
            {
              fractional: [
                [false, 0],
                [true, 100],
              ],
            },
            "many",
            "few",
          ],
        },
      },
    ),
    "share-as-false-condition": flag(
      { many: "hundreds", few: "ones" },
      {
        defaultVariant: "many",
        targeting: {
          if: [
            {
              fractional: [
                [false, 100],
                [true, 0],
              ],
            },
            "many",
            "few",
          ],
        },
      },
    ),
    "zero-weights": flag(greeting, {
      defaultVariant: "nobody",
      targeting: {
        fractional: [
          ["hello", 0],
          ["goodbye", 0],
        ],
      },
    }),
    "negative-weight": flag(greeting, {
      defaultVariant: "nobody",
      targeting: {
        fractional: [
          ["hello", -50],
          ["goodbye", 100],
        ],
      },
    }),
    "no-bucketing-value": flag(greeting, {
      defaultVariant: "nobody",
      targeting: { fractional: [{ var: "gone" }, ["hello", 50], ["goodbye", 50]] },
    }),
    ends: flag(
      { front: "front", back: "back", none: "none" },
      {
        defaultVariant: "none",
        targeting: {
          if: [
            { starts_with: [{ var: "id" }, "abc"] },
            "front",
            { if: [{ ends_with: [{ var: "id" }, "xyz"] }, "back", "none"] },
          ],
        },
      },
    ),
    "starts-with": flag(truth, { defaultVariant: "other", targeting: { starts_with: [{ var: "id" }, "abc"] } }),
    "ends-with": flag(truth, { defaultVariant: "other", targeting: { ends_with: [{ var: "id" }, "xyz"] } }),
    "starts-with-one": flag(truth, { defaultVariant: "other", targeting: { starts_with: ["abc"] } }),
    "ends-with-one": flag(truth, { defaultVariant: "other", targeting: { ends_with: ["xyz"] } }),
    versions: flag(
      { equal: "equal", above: "above", below: "below", none: "none" },
      {
        defaultVariant: "none",
        targeting: {
          if: [
            { sem_ver: [{ var: "version" }, "=", "2.0.0"] },
            "equal",
            { sem_ver: [{ var: "version" }, ">", "2.0.0"] },
            "above",
            { sem_ver: [{ var: "version" }, "<", "2.0.0"] },
            "below",
            "none",
          ],
        },
      },
    ),
    "version-ranges": flag(
      { minor: "minor", major: "major", none: "none" },
      {
        defaultVariant: "none",
        targeting: {
          if: [
            { sem_ver: [{ var: "version" }, "~", "3.0.0"] },
            "minor",
            { sem_ver: [{ var: "version" }, "^", "3.0.0"] },
            "major",
            "none",
          ],
        },
      },
    ),
    "version-v": flag(truth, { defaultVariant: "other", targeting: { sem_ver: [{ var: "version" }, "=", "v1.0.0"] } }),
    "version-part": flag(truth, { defaultVariant: "other", targeting: { sem_ver: [{ var: "version" }, "^", "1"] } }),
    "version-build": flag(truth, {
      defaultVariant: "other",
      targeting: { sem_ver: [{ var: "version" }, "=", "1.0.0+build"] },
    }),
    "version-operator": flag(truth, {
      defaultVariant: "other",
      targeting: { sem_ver: [{ var: "version" }, "===", "1.0.0"] },
    }),
    "version-two": flag(truth, { defaultVariant: "other", targeting: { sem_ver: [{ var: "version" }, "="] } }),
    "no-state": { variants: { on: true }, defaultVariant: "on" } as never,
    "no-variants": { state: "ENABLED", defaultVariant: "on" } as never,
    "unknown-default": flag({ on: true }, { defaultVariant: "onn" }),
  },
};
