import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseVariant } from "../../src/flags/evaluate-flag.ts";
import type { Condition, FlagContext, FlagRules, Json } from "../../src/flags/flag-format.ts";
import { parseFlag } from "../../src/flags/parse-flag.ts";

const variants = { on: true, off: false };

function flag(more: Partial<FlagRules>): FlagRules {
  const stored = { $flag: 1, variants, ...(more.split === undefined && { default: "off" }), ...more };
  const { rules } = parseFlag(JSON.parse(JSON.stringify(stored)) as Json);
  if (rules === undefined) throw new Error("expected rules");
  return rules;
}

const chosen = (more: Partial<FlagRules>, context: FlagContext = {}): string => {
  const { variant, reason } = chooseVariant(flag(more), "name", context);
  return variant === undefined ? reason : `${variant} ${reason}`;
};

describe("a flag", () => {
  it("is its default for everybody, if it has no rules, and nothing if it is off", () => {
    expect([chosen({}), chosen({ enabled: true }), chosen({ enabled: false })]).toEqual([
      "off STATIC",
      "off STATIC",
      "DISABLED",
    ]);
  });

  it("goes by the first rule that fits, and else by its default", () => {
    const rules = [
      {
        if: [
          { attribute: "plan", op: "=", value: "pro" },
          { attribute: "age", op: ">=", value: 18 },
        ],
        variant: "on",
      },
      { if: [{ attribute: "plan", op: "exists" }], variant: "off" },
    ] as const;
    expect(chosen({ rules }, { plan: "pro", age: 18 })).toBe("on TARGETING_MATCH");
    expect(chosen({ rules }, { plan: "pro", age: 17 })).toBe("off TARGETING_MATCH");
    expect(chosen({ rules }, { age: 18 })).toBe("off DEFAULT");
    expect(chosen({ rules: [{ if: [], variant: "on" }] })).toBe("on TARGETING_MATCH");
  });

  it.each<[Condition["op"], Json | undefined, unknown[], unknown[]]>([
    ["=", "a", ["a"], ["b", "A", ["a"], 1]],
    ["!=", "a", ["b", 1, true], ["a"]],
    ["=", 1, [1], ["1", true]],
    ["in", ["a", 2], ["a", 2], ["b", "2"]],
    ["not in", ["a", 2], ["b", "2"], ["a", 2]],
    ["<", 10, [9, -1], [10, "9", 11]],
    ["<=", 10, [10, 9], [10.5, "10"]],
    [">", "b", ["c", "bb"], ["b", "a", 3]],
    [">=", 10, [10, 11], [9, "11"]],
    ["starts with", "ab", ["ab", "abc"], ["a", "xab", 1]],
    ["ends with", ".org", ["x.org"], [".orgs", 1]],
    ["contains", "b", ["abc", ["a", "b"]], ["xyz", ["bb"], { b: 1 }]],
    ["exists", undefined, ["", 0, false], []],
  ])("has conditions: %s %j", (op, value, fits, others) => {
    const condition = { attribute: "x", op, ...(value !== undefined && { value }) };
    const rules = [{ if: [condition], variant: "on" }];
    for (const x of fits) expect([x, chosen({ rules }, { x })]).toEqual([x, "on TARGETING_MATCH"]);
    for (const x of [...others, undefined, null]) expect([x, chosen({ rules }, { x })]).toEqual([x, "off DEFAULT"]);
  });

  it("knows what a context does not have, and only what is its own", () => {
    const missing = [{ if: [{ attribute: "x", op: "missing" as const }], variant: "on" }];
    expect([chosen({ rules: missing }), chosen({ rules: missing }, { x: 0 })]).toEqual([
      "on TARGETING_MATCH",
      "off DEFAULT",
    ]);
    const inherited = [{ if: [{ attribute: "toString", op: "exists" as const }], variant: "on" }];
    expect(chosen({ rules: inherited })).toBe("off DEFAULT");
  });

  it("splits by the targeting key, and cannot without", () => {
    const split = [
      { variant: "on", percent: 30 },
      { variant: "off", percent: 70 },
    ];
    const on = Array.from({ length: 2000 }, (_, i) => chosen({ split }, { targetingKey: `u${i}` }));
    expect(Math.abs(on.filter((each) => each === "on SPLIT").length - 600)).toBeLessThan(80);
    expect([chosen({ split }), chosen({ split }, { targetingKey: "" })]).toEqual([
      "ERROR",
      expect.stringMatching(/SPLIT$/),
    ]);
    expect(chosen({ split, by: "company" }, { targetingKey: "u" })).toBe("ERROR");
    expect(chosen({ split, by: "company" }, { company: 7 })).toMatch(/SPLIT$/);
  });

  it("keeps whom a part has when the part grows, and nobody is in two parts", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), (id, a, b) => {
        const at = (percent: number): string =>
          chosen(
            {
              split: [
                { variant: "on", percent },
                { variant: "off", percent: 100 - percent },
              ],
            },
            { targetingKey: id },
          );
        const [small, large] = [at(Math.min(a, b)), at(Math.max(a, b))];
        if (small === "on SPLIT") expect(large).toBe("on SPLIT");
        expect([at(0), at(100)]).toEqual(["off SPLIT", "on SPLIT"]);
      }),
    );
  });

  it("splits alike with the same seed, whatever the name", () => {
    const split = [
      { variant: "on", percent: 50 },
      { variant: "off", percent: 50 },
    ];
    const of = (name: string, seed?: string): string =>
      Array.from({ length: 100 }, (_, i) => {
        const choice = chooseVariant(flag({ split, ...(seed !== undefined && { seed }) }), name, {
          targetingKey: `${i}`,
        });
        return choice.variant;
      }).join();
    expect(of("a", "s")).toBe(of("b", "s"));
    expect(of("a")).not.toBe(of("b"));
  });
});

describe("what is stored for a flag", () => {
  it.each([true, 0, "text", null, [1], { a: 1 }])("is its value: %j", (json) => {
    expect(parseFlag(json)).toEqual({ value: json });
  });

  it.each<[string, object, string]>([
    ["a format to come", { $flag: 2 }, "$flag: only format 1 is known"],
    ["no variants", { variants: {} }, "variants: expected at least one"],
    ["a default that is none", { default: "of" }, "default: expected one of the variants on, off"],
    ["neither default nor split", { default: undefined }, "expected either default or split"],
    ["default and split", { split: [{ variant: "on", percent: 100 }] }, "expected either default or split"],
    ["a misspelt name", { rule: [] }, 'the flag: unknown name "rule"'],
    ["rules that are no list", { rules: {} }, "rules: expected a list"],
    ["a rule for nothing", { rules: [{ if: [] }] }, "rules.0: expected either variant or split"],
    [
      "an unknown op",
      { rules: [{ if: [{ attribute: "a", op: "==", value: 1 }], variant: "on" }] },
      "rules.0.if.0.op: expected one of",
    ],
    [
      "a condition without a value",
      { rules: [{ if: [{ attribute: "a", op: "=" }], variant: "on" }] },
      "rules.0.if.0.value: expected a value",
    ],
    [
      "a list of one",
      { rules: [{ if: [{ attribute: "a", op: "in", value: "b" }], variant: "on" }] },
      "rules.0.if.0.value: expected a list",
    ],
    [
      "parts that do not add up",
      { default: undefined, split: [{ variant: "on", percent: 99 }] },
      "split: expected parts that make 100 percent, got 99",
    ],
    [
      "a part of nothing",
      { default: undefined, split: [{ variant: "on", percent: -1 }] },
      "split.0.percent: expected 0 to 100",
    ],
    ["a switch that is neither", { enabled: "no" }, "enabled: expected true or false"],
  ])("is refused with %s", (_, more, message) => {
    const json = JSON.parse(JSON.stringify({ $flag: 1, variants, default: "off", ...more })) as Json;
    expect(() => parseFlag(json)).toThrow(message);
  });
});
