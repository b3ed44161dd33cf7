import type { FlagContext } from "../../../src/flags/index.ts";

/** A request for a flag, and what has to come of it. What is left out may be anything. */
export interface FlagCase {
  readonly flag: string;
  readonly fallback: unknown;
  readonly context?: FlagContext;
  readonly value: unknown;
  readonly variant?: string | undefined;
  readonly reason?: string;
  readonly errorCode?: string;
  readonly metadata?: object;
}

const owner = { email: "owner@example.com" };
const guest = { email: "guest@example.org" };

function missing(flag: string, fallback: unknown, errorCode: string): FlagCase {
  return { flag, fallback, value: fallback, variant: undefined, reason: "ERROR", errorCode };
}

/** By what is documented of flagd: https://flagd.dev/reference/flag-definitions/ and the pages on its operations. */
export const cases: Readonly<Record<string, readonly FlagCase[]>> = {
  "values of each type": [
    { flag: "a-boolean", fallback: false, value: true, variant: "on", reason: "STATIC" },
    { flag: "a-text", fallback: "", value: "hi", variant: "short", reason: "STATIC" },
    { flag: "a-number", fallback: 1, value: 10, variant: "ten", reason: "STATIC" },
    { flag: "a-fraction", fallback: 0.1, value: 0.5, variant: "half", reason: "STATIC" },
    { flag: "an-object", fallback: {}, value: { size: 3, tags: ["a", "b"] }, variant: "some", reason: "STATIC" },
    { flag: "a-list", fallback: {}, value: ["a", "b"], variant: "some", reason: "STATIC" },
    { flag: "a-large-number", fallback: 1, value: 9007199254740991, variant: "most", reason: "STATIC" },
  ],
  "zero values, which are values": [
    { flag: "no-boolean", fallback: true, value: false, variant: "zero", reason: "STATIC" },
    { flag: "no-text", fallback: "x", value: "", variant: "zero", reason: "STATIC" },
    { flag: "no-number", fallback: 1, value: 0, variant: "zero", reason: "STATIC" },
    { flag: "no-object", fallback: { b: 1 }, value: {}, variant: "zero", reason: "STATIC" },
    { flag: "targeted-no-boolean", fallback: true, context: owner, value: false, reason: "TARGETING_MATCH" },
    { flag: "targeted-no-text", fallback: "x", context: owner, value: "", reason: "TARGETING_MATCH" },
    { flag: "targeted-no-number", fallback: 1, context: owner, value: 0, reason: "TARGETING_MATCH" },
    { flag: "targeted-no-object", fallback: { b: 1 }, context: owner, value: {}, reason: "TARGETING_MATCH" },
    { flag: "targeted-no-number", fallback: 7, context: guest, value: 1, variant: "some", reason: "DEFAULT" },
  ],
  "flags that are disabled": [
    { flag: "off-boolean", fallback: false, value: false, variant: undefined, reason: "DISABLED" },
    { flag: "off-text", fallback: "mine", value: "mine", variant: undefined, reason: "DISABLED" },
    { flag: "off-number", fallback: 7, value: 7, variant: undefined, reason: "DISABLED" },
    { flag: "off-object", fallback: { b: 1 }, value: { b: 1 }, variant: undefined, reason: "DISABLED" },
    // Before the type is looked at.
    { flag: "off-number", fallback: "text", value: "text", reason: "DISABLED" },
  ],
  "flags without a default variant": [
    { flag: "default-null", fallback: true, value: true, variant: undefined, reason: "DEFAULT" },
    { flag: "default-null", fallback: false, value: false, variant: undefined, reason: "DEFAULT" },
    { flag: "default-absent", fallback: 100, value: 100, variant: undefined, reason: "DEFAULT" },
    { flag: "default-empty", fallback: 100, value: 100, variant: undefined, reason: "DEFAULT" },
    { flag: "default-null-targeted", fallback: "x", context: guest, value: "x", variant: undefined, reason: "DEFAULT" },
    {
      flag: "default-null-targeted",
      fallback: "x",
      context: owner,
      value: "CEO",
      variant: "head",
      reason: "TARGETING_MATCH",
    },
    {
      flag: "default-absent-targeted",
      fallback: "x",
      context: guest,
      value: "x",
      variant: undefined,
      reason: "DEFAULT",
    },
    { flag: "default-absent-targeted", fallback: "x", context: owner, value: "CEO", reason: "TARGETING_MATCH" },
  ],
  targeting: [
    { flag: "by-key", fallback: "", context: { targetingKey: "user-7" }, value: "hit", reason: "TARGETING_MATCH" },
    { flag: "by-key", fallback: "", context: { targetingKey: "user-8" }, value: "miss", reason: "DEFAULT" },
    { flag: "by-key", fallback: "", value: "miss", reason: "DEFAULT" },
    { flag: "by-time", fallback: 7, context: { time: 1 }, value: -1, reason: "TARGETING_MATCH" },
    { flag: "by-time", fallback: 7, context: { time: 4133980802 }, value: 1, reason: "TARGETING_MATCH" },
    {
      flag: "by-name",
      fallback: "",
      context: { $flagd: { flagKey: "forged" } },
      value: "own",
      reason: "TARGETING_MATCH",
    },
    { flag: "empty-targeting", fallback: 3, value: 1, variant: "one", reason: "STATIC" },
    { flag: "null-targeting-result", fallback: 3, value: 2, variant: "two", reason: "DEFAULT" },
    {
      flag: "shorthand-boolean",
      fallback: "",
      context: owner,
      value: "yes",
      variant: "true",
      reason: "TARGETING_MATCH",
    },
    {
      flag: "shorthand-boolean",
      fallback: "",
      context: guest,
      value: "no",
      variant: "false",
      reason: "TARGETING_MATCH",
    },
    { flag: "shorthand-number", fallback: "", context: { n: 1.5 }, value: "one and a half", variant: "1.5" },
  ],
  "shared rules": [
    { flag: "ref-inside", fallback: "", context: owner, value: "hello", reason: "TARGETING_MATCH" },
    { flag: "ref-inside", fallback: "", context: guest, value: "goodbye", reason: "TARGETING_MATCH" },
    { flag: "ref-elsewhere", fallback: "", context: owner, value: "y", reason: "TARGETING_MATCH" },
    { flag: "ref-nested", fallback: "", context: { email: "x@example.com" }, value: "y", reason: "TARGETING_MATCH" },
    { flag: "ref-nested", fallback: "", context: guest, value: "n", reason: "TARGETING_MATCH" },
    { flag: "ref-constant", fallback: "", value: "yes", variant: "true", reason: "TARGETING_MATCH" },
    missing("ref-missing", "mine", "PARSE_ERROR"),
    missing("ref-with-more", "mine", "PARSE_ERROR"),
    missing("ref-loop", "mine", "PARSE_ERROR"),
  ],
  errors: [
    missing("nowhere", "mine", "FLAG_NOT_FOUND"),
    missing("toString", "mine", "FLAG_NOT_FOUND"),
    missing("__proto__", "mine", "FLAG_NOT_FOUND"),
    ...["text", 1, {}].map((fallback) => missing("a-boolean", fallback, "TYPE_MISMATCH")),
    ...[false, 1, {}].map((fallback) => missing("a-text", fallback, "TYPE_MISMATCH")),
    ...[false, "text", {}].map((fallback) => missing("a-number", fallback, "TYPE_MISMATCH")),
    ...[false, "text", {}].map((fallback) => missing("a-fraction", fallback, "TYPE_MISMATCH")),
    ...[false, "text", 1].map((fallback) => missing("an-object", fallback, "TYPE_MISMATCH")),
    missing("unknown-variant", 3, "GENERAL"),
    missing("result-list", 3, "GENERAL"),
    missing("unknown-operator", 3, "PARSE_ERROR"),
    missing("unknown-operator-not-reached", 3, "PARSE_ERROR"),
    missing("two-operators", 3, "PARSE_ERROR"),
    missing("no-state", true, "PARSE_ERROR"),
    missing("no-variants", true, "PARSE_ERROR"),
    missing("unknown-default", true, "PARSE_ERROR"),
  ],
  metadata: [
    {
      flag: "with-metadata",
      fallback: false,
      value: true,
      metadata: { flagSetId: "cases", version: "2", owner: "flag", level: 1, share: 0.1, internal: true },
    },
    {
      flag: "set-metadata-only",
      fallback: false,
      value: true,
      metadata: { flagSetId: "cases", version: "1", owner: "set", level: 1 },
    },
    { flag: "nowhere", fallback: 1, value: 1, metadata: { flagSetId: "cases", version: "1", owner: "set", level: 1 } },
    {
      flag: "off-number",
      fallback: 1,
      value: 1,
      metadata: { flagSetId: "cases", version: "1", owner: "set", level: 1 },
    },
  ],
  fractional: [
    // Hash of a seed and a name, in quarters: the places of flagd's published vectors.
    ...Object.entries({ seven: "south", eight: "east", nine: "north", two: "west" }).flatMap(([name, value]) => [
      { flag: "seeded-a", fallback: "", context: { user: { name } }, value, reason: "TARGETING_MATCH" },
      { flag: "seeded-b", fallback: "", context: { user: { name } }, value: value.slice(0, 1), variant: value },
    ]),
    ...Object.entries({ ejOoVL: "lower", "bY9fO-": "lower", "SI7p-": "lower", "6LvT0": "upper", ceQdGm: "upper" }).map(
      ([targetingKey, value]) => ({ flag: "hash-edges", fallback: "", context: { targetingKey }, value }),
    ),
    { flag: "half-and-half", fallback: "", value: "first", reason: "DEFAULT" },
    { flag: "half-and-half", fallback: "", context: { targetingKey: "" }, value: "first", reason: "DEFAULT" },
    { flag: "all-in-one", fallback: "", context: { targetingKey: "anybody" }, value: "one" },
    ...[
      ["jon@company.com", "premium", "premium"],
      ["jon@company.com", "basic", "standard"],
      ["user1", "premium", "standard"],
      ["user1", "basic", "standard"],
    ].map(([targetingKey, tier, value]) => ({
      flag: "share-by-plan",
      fallback: "",
      context: { targetingKey, tier },
      value,
    })),
    ...[
      ["jon@company.com", "red", "red"],
      ["jon@company.com", "green", "green"],
      ["user1", "red", "blue"],
    ].map(([targetingKey, color, value]) => ({
      flag: "share-by-attribute",
      fallback: "",
      context: { targetingKey, color },
      value,
    })),
    {
      flag: "share-by-attribute",
      fallback: "mine",
      context: { targetingKey: "jon@company.com", color: "yellow" },
      value: "mine",
      reason: "ERROR",
      errorCode: "GENERAL",
    },
    {
      flag: "share-by-attribute",
      fallback: "mine",
      context: { targetingKey: "jon@company.com" },
      value: "blue",
      reason: "DEFAULT",
    },
    { flag: "weight-by-plan", fallback: "", context: { targetingKey: "user1", tier: "premium" }, value: "red" },
    { flag: "weight-by-plan", fallback: "", context: { targetingKey: "user1", tier: "basic" }, value: "blue" },
    { flag: "share-as-condition", fallback: "", context: { targetingKey: "anybody" }, value: "hundreds" },
    { flag: "share-as-false-condition", fallback: "", context: { targetingKey: "anybody" }, value: "ones" },
    { flag: "zero-weights", fallback: "", context: { targetingKey: "u" }, value: "nobody", reason: "DEFAULT" },
    { flag: "negative-weight", fallback: "", context: { targetingKey: "u" }, value: "goodbye" },
    { flag: "no-bucketing-value", fallback: "", value: "nobody", reason: "DEFAULT" },
  ],
  "starts_with and ends_with": [
    ...Object.entries({ abcdef: "front", uvwxyz: "back", abcxyz: "front", lmnopq: "none", "3": "none" }).map(
      ([id, value]) => ({ flag: "ends", fallback: "", context: { id }, value, reason: "TARGETING_MATCH" }),
    ),
    { flag: "starts-with", fallback: "", context: { id: 123 }, value: "other", reason: "DEFAULT" },
    { flag: "ends-with", fallback: "", context: { id: 123 }, value: "other", reason: "DEFAULT" },
    { flag: "starts-with", fallback: "", value: "other", reason: "DEFAULT" },
    { flag: "starts-with-one", fallback: "", value: "other", reason: "DEFAULT" },
    { flag: "ends-with-one", fallback: "", value: "other", reason: "DEFAULT" },
  ],
  sem_ver: [
    ...Object.entries({
      "2.0.0": "equal",
      "2.1.0": "above",
      "1.9.0": "below",
      "2.0.0-alpha": "below",
      "2.0.0.0": "none",
    }).map(([version, value]) => ({ flag: "versions", fallback: "", context: { version }, value })),
    ...Object.entries({ "3.0.1": "minor", "3.1.0": "major", "4.0.0": "none" }).map(([version, value]) => ({
      flag: "version-ranges",
      fallback: "",
      context: { version },
      value,
    })),
    ...["1.0.0", "v1.0.0", "V1.0.0"].map((version) => ({
      flag: "version-v",
      fallback: "",
      context: { version },
      value: "yes",
    })),
    { flag: "version-v", fallback: "", context: { version: "2.0.0" }, value: "no" },
    ...["1.5.0", "1.0.0", "1.0", "1", 1].map((version) => ({
      flag: "version-part",
      fallback: "",
      context: { version },
      value: "yes",
    })),
    { flag: "version-part", fallback: "", context: { version: "2.0.0" }, value: "no" },
    ...["1.0.0", "1.0.0+other"].map((version) => ({
      flag: "version-build",
      fallback: "",
      context: { version },
      value: "yes",
    })),
    { flag: "version-build", fallback: "", context: { version: "2.0.0" }, value: "no" },
    { flag: "version-v", fallback: "", context: { version: "none" }, value: "other", reason: "DEFAULT" },
    { flag: "version-operator", fallback: "", context: { version: "1.0.0" }, value: "other", reason: "DEFAULT" },
    { flag: "version-two", fallback: "", context: { version: "1.0.0" }, value: "other", reason: "DEFAULT" },
  ],
};
