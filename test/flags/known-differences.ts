import type { FlagContext, Json } from "../../src/flags/index.ts";

/** A rule that `@openfeature/flagd-core` evaluates another way, and why ours is right. */
export interface Difference {
  readonly why: string;
  readonly targeting: Json;
  readonly context?: FlagContext;
  /** The variant, or the error code. */
  readonly ours: string;
  readonly core: string;
}

export const differences: readonly Difference[] = [
  {
    why: "an attribute is of another kind than it is compared with: flagd's operators never fail",
    targeting: { "==": [{ var: "n" }, "text"] },
    context: { n: 5 },
    ours: "false",
    core: "GENERAL",
  },
  {
    why: "an order of text and number is asked for: neither is less, as in flagd",
    targeting: { "<": [{ var: "x" }, 5] },
    context: { x: "abc" },
    ours: "false",
    core: "GENERAL",
  },
  {
    why: "a missing attribute is compared with zero: null equals itself alone, as in flagd",
    targeting: { "==": [{ var: "gone" }, 0] },
    ours: "false",
    core: "true",
  },
  {
    why: "a part of a text is looked for in a number: it is not in there, as in flagd",
    targeting: { in: ["1", { var: "n" }] },
    context: { n: 123 },
    ours: "false",
    core: "GENERAL",
  },
  {
    why: "a missing attribute is a part of a text: nothing, as in flagd and in the core's own interpreter",
    targeting: { "==": [{ cat: ["a", { var: "gone" }] }, "a"] },
    ours: "true",
    core: "false",
  },
  {
    why: "arithmetic has no result: null, so that the default variant is served",
    targeting: { "/": [6, { var: "n" }] },
    context: { n: 0 },
    ours: "a",
    core: "GENERAL",
  },
  {
    why: "something is counted that is not a list: no element is in there, as in flagd",
    targeting: { all: [{ var: "gone" }, true] },
    ours: "false",
    core: "true",
  },
  {
    why: "what to bucket by is missing: by flag and user then, as in flagd",
    targeting: { fractional: [{ var: "gone" }, ["b", 1]] },
    context: { targetingKey: "u" },
    ours: "b",
    core: "a",
  },
  {
    why: "a user's key is a number: it is not a key, as in flagd",
    targeting: { fractional: [["b", 1]] },
    context: { targetingKey: 5 as unknown as string },
    ours: "a",
    core: "b",
  },
  {
    why: "a bucket has a third element: it is left alone, as in flagd",
    targeting: { fractional: [["b", 1, "more"]] },
    context: { targetingKey: "u" },
    ours: "b",
    core: "a",
  },
  {
    why: "a key has letters beyond ASCII: the hash is of UTF-8, as in flagd",
    targeting: { fractional: [{ var: "targetingKey" }, ["a", 13], ["b", 87]] },
    context: { targetingKey: "é" },
    ours: "a",
    core: "b",
  },
  {
    why: "nothing is looked for in an empty text: it is in every text, as in flagd",
    targeting: { in: ["", ""] },
    ours: "true",
    core: "false",
  },
  {
    why: "spaces stand around a version: flagd refuses it too",
    targeting: { sem_ver: [" 1.0.0", "=", "1.0.0"] },
    ours: "a",
    core: "true",
  },
  {
    why: "a number of a version is beyond 2^53: it is compared all the same, as in flagd",
    targeting: { sem_ver: ["99999999999999999999.0.0", ">", "1.0.0"] },
    ours: "true",
    core: "a",
  },
  {
    why: "a rule is the argument of `??`, which flagd does not know",
    targeting: { "??": [null, "b"] },
    ours: "PARSE_ERROR",
    core: "b",
  },
  {
    why: "a name is one of JavaScript's own: it is not an attribute",
    targeting: { "==": [{ var: ["__proto__", "x"] }, "x"] },
    ours: "true",
    core: "GENERAL",
  },
];
