import { describe, expect, it } from "vitest";
import { createFlags } from "../../src/flags/index.ts";
import { createEtcd } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

const definition = (targeting: unknown, variants: object = { a: 1, b: 2 }): string =>
  JSON.stringify({ state: "ENABLED", variants, defaultVariant: "a", targeting });

/** What becomes of a value that somebody stores, beside a flag that is good. */
async function load(stored: Readonly<Record<string, string>>, context: object = { targetingKey: "u" }) {
  const memory = createMemoryEtcd();
  const etcd = createEtcd({ fetch: memory.fetch });
  for (const [name, value] of Object.entries({ good: "1", ...stored })) await etcd.put(`flags/${name}`, value);
  const flags = createFlags(etcd, { prefix: "flags/", defaults: { f: 0 } });
  await flags.ready({ timeoutMs: 60_000 });
  expect([flags.status, flags.find("good")?.value]).toEqual(["live", 1]);
  const details = flags.details("f", { ...context });
  await etcd.close();
  return { details, fault: flags.invalid.get("f"), flags };
}

describe("a flag that is switched off", () => {
  it.each([
    ["has targeting that is not valid", { variants: { a: 1 }, targeting: { if: [{ $ref: "nobody" }, "a"] } }],
    ["has values of another kind", { variants: { a: "text" } }],
  ])("is off also where it %s", async (_, broken) => {
    const flags = createFlags.fake({ f: 7 });
    flags.set({ f: { state: "ENABLED", variants: { a: 1 }, defaultVariant: "a" } });
    expect(flags.get("f")).toBe(1);
    flags.set({ f: { state: "DISABLED", defaultVariant: "a", ...broken } });
    expect(flags.details("f")).toMatchObject({ value: 7, reason: "DISABLED" });
    expect(flags.invalid.size).toBe(0);
  });
});

it("a clock that gives bigint, as a program without types may have, ends no read", async () => {
  const etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
  const targeting = { if: [{ ">": [{ var: "$flagd.timestamp" }, 0] }, "b"] };
  const f = { state: "ENABLED", variants: { a: 1, b: 2 }, defaultVariant: "a", targeting } as const;
  const now = (() => BigInt(Date.now())) as never;
  const flags = createFlags(etcd, { prefix: "flags/", defaults: { f: 0 }, bootstrap: { flags: { f } }, now });
  expect(flags.get("f")).toBe(2);
  await etcd.close();
});

describe("a hostile flag", { timeout: 60_000 }, () => {
  it.each<[string, string, string]>([
    [
      "with a rule too deep",
      definition("RULE").replace('"RULE"', `${'{"!":['.repeat(5000)}true${"]}".repeat(5000)}`),
      "nested deeper than 200 levels",
    ],
    ["with a value too deep", `${"[".repeat(5000)}${"]".repeat(5000)}`, "nested deeper than 200 levels"],
    [
      "with a variant too deep",
      definition(undefined, { a: JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`) }),
      "nested deeper",
    ],
    ["with an operator that is not one", definition({ constructor: [1] }), 'there is no operator "constructor"'],
    [
      "with `__proto__` for an operator",
      definition(JSON.parse('{"__proto__":[1]}')),
      'there is no operator "__proto__"',
    ],
    ["with `log`", definition({ log: ["x"] }), 'there is no operator "log"'],
    ["with `method`", definition({ method: [{ var: "x" }, "toString"] }), 'there is no operator "method"'],
    ["with a name of a megabyte", definition({ ["x".repeat(1_000_000)]: [] }), "there is no operator"],
    [
      "with a default of a megabyte",
      JSON.stringify({ state: "ENABLED", variants: { a: 1 }, defaultVariant: "x".repeat(1_000_000) }),
      "there is no variant",
    ],
  ])("%s is refused, in few words that name the place", async (_, value, fault) => {
    const loaded = await load({ f: value });
    expect(loaded.details).toMatchObject({ value: 0, reason: "ERROR", errorCode: "PARSE_ERROR" });
    expect(loaded.fault).toContain(fault);
    expect(loaded.fault?.length).toBeLessThan(1000);
    expect(loaded.details.errorMessage?.length).toBeLessThan(1000);
  });

  it("with shared rules that refer to each other in a circle is refused", async () => {
    const $evaluators = JSON.stringify({ one: { "!": { $ref: "two" } }, two: { "!": { $ref: "one" } } });
    const { fault } = await load({ $evaluators, f: definition({ $ref: "one" }) });
    expect(fault).toContain('the shared rule "one" refers to itself');
  });

  it("with shared rules that multiply is refused", async () => {
    const rules: Record<string, unknown> = { r0: { var: "x" } };
    for (let i = 1; i < 60; i++) rules[`r${i}`] = { or: [{ $ref: `r${i - 1}` }, { $ref: `r${i - 1}` }] };
    const { fault } = await load({ $evaluators: JSON.stringify(rules), f: definition({ $ref: "r59" }) });
    expect(fault).toMatch(/made of more than 250000 parts/);
  });

  it("with shared rules that are a long chain is refused", async () => {
    const rules: Record<string, unknown> = { r0: true };
    for (let i = 1; i < 5000; i++) rules[`r${i}`] = { "!": { $ref: `r${i - 1}` } };
    const { fault } = await load({ $evaluators: JSON.stringify(rules), f: definition({ $ref: "r4999" }) });
    expect(fault).toMatch(/nested deeper than 200 levels/);
  });

  it.each<[string, unknown, object]>([
    [
      "loops in loops",
      { map: [{ var: "l" }, { map: [{ var: "" }, { map: [{ var: "" }, 1] }] }] },
      { l: list(300, list(300, list(300, 1))) },
    ],
    [
      "a text that doubles",
      { reduce: [{ var: "l" }, { cat: [{ var: "accumulator" }, { var: "accumulator" }] }, "xx"] },
      { l: list(100, 1) },
    ],
    [
      "a list that doubles",
      { reduce: [{ var: "l" }, { merge: [{ var: "accumulator" }, { var: "accumulator" }] }, [1, 2]] },
      { l: list(100, 1) },
    ],
    ["a getter that throws", { var: "o.x" }, { o: Object.defineProperty({}, "x", { get: fail }) }],
    ["a list without end", { cat: [{ var: "l" }] }, { l: endless() }],
  ])("whose evaluation meets %s ends, with the default", async (_, targeting, context) => {
    const started = performance.now();
    const memory = createMemoryEtcd();
    await using etcd = createEtcd({ fetch: memory.fetch });
    await etcd.put("flags/f", definition(targeting));
    const flags = createFlags(etcd, { prefix: "flags/", defaults: { f: 0 } });
    await flags.ready();
    expect(flags.details("f", { ...context })).toMatchObject({ value: 0, reason: "ERROR", errorCode: "GENERAL" });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("costs what its size does: with many variants and many conditions, to read and to evaluate", async () => {
    const cost = async (size: number): Promise<number> => {
      const variants = Object.fromEntries(Array.from({ length: size }, (_, i) => [`v${i}`, i]));
      const rules = Array.from({ length: size }, (_, i) => [{ "==": [{ var: "plan" }, "none"] }, `v${i}`]);
      const value = JSON.stringify({
        state: "ENABLED",
        variants,
        defaultVariant: "v0",
        targeting: { if: rules.flat() },
      });
      const started = process.cpuUsage();
      const { details } = await load({ f: value });
      expect(details).toMatchObject({ value: 0, reason: "DEFAULT" });
      return process.cpuUsage(started).user;
    };
    await cost(500);
    const [small, large] = [await cost(1000), await cost(8000)];
    // Eight times the size: a quadratic cost would be 64 times as much.
    expect(large).toBeLessThan(30 * small);
  });

  it("looks an attribute up in a long list at once", async () => {
    const { flags } = await load({
      f: definition({ if: [{ in: [{ var: "id" }, Array.from({ length: 100_000 }, (_, i) => i)] }, "b"] }),
    });
    const started = performance.now();
    for (let i = 0; i < 2000; i++) flags.get("f", { id: 99_999 });
    expect(flags.get("f", { id: 99_999 })).toBe(2);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("of a name of JavaScript's own is a flag like others", async () => {
    const { flags } = await load({ __proto__x: "1", constructor: "5", toString: "6" });
    const names = ["constructor", "toString", "__proto__", "hasOwnProperty"];
    expect(names.map((name) => flags.find(name)?.value)).toEqual([5, 6, undefined, undefined]);
    expect(Object.keys(flags.toJSON().flags).sort()).toEqual(["__proto__x", "constructor", "good", "toString"]);
  });
});

function list(length: number, element: unknown): unknown[] {
  return Array.from({ length }, () => element);
}

function fail(): never {
  throw new Error("theirs");
}

function endless(): unknown[] {
  const own: unknown[] = [];
  own.push(own);
  return own;
}
