import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEtcd, type Role } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { carryOut, commonFolder, planFor } from "../../ui/src/keys/batch.ts";
import { diffOf } from "../../ui/src/keys/diff.ts";
import { formatJson, minifyJson } from "../../ui/src/keys/json-text.ts";
import { merged } from "../../ui/src/keys/merge.ts";
import { compared, importAll, ndjsonOf, readTransfer, treeOf } from "../../ui/src/keys/transfer.ts";
import { formOf, hexOf, kubernetesName, readValue, show } from "../../ui/src/keys/value-form.ts";
import { draftOf, draftDefinition, preview } from "../../ui/src/flags/draft.ts";
import { findFractional, movedShare, rulesOf, sharesOf, withShares } from "../../ui/src/flags/rules.ts";
import { duration } from "../../ui/src/ui/size.ts";
import { accessOf } from "../../ui/src/users/key-access.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the text of a value", () => {
  it("is the value again, however it is shown", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes), fc.string().map(bytes)), (value) => {
        const form = formOf(value);
        expect(readValue(show(value, "hex"), "hex", value)).toEqual(value);
        if (form === "json")
          expect(JSON.parse(new TextDecoder().decode(readValue(show(value, form), form, value)))).toEqual(
            JSON.parse(new TextDecoder().decode(value)),
          );
        else expect(readValue(show(value, form), form, value)).toEqual(value);
      }),
    );
  });

  it("keeps numbers, doubled names and strings of JSON as they are written", () => {
    const text = String.raw`{"a":12345678901234567890,"a":1.50,"b":"x, y: {\"z\"}","c":[],"d":[1e400,{}]}`;
    const spread = formatJson(text) ?? "";
    expect(spread).toContain('"a": 12345678901234567890,\n  "a": 1.50,');
    expect(minifyJson(spread)).toBe(text);
    expect(formatJson("[".repeat(5_000) + "]".repeat(5_000))).toBeUndefined();
  });

  it.each([
    ['{"a":1}', "json"],
    ["level: info\nsinks:\n  - stdout\n", "yaml"],
    ["[a]\nb = 1\n", "toml"],
    ["<a><b/></a>", "xml"],
    ["Hello: world", "text"],
    ["true", "text"],
  ])("is known by its looks: %j", (text, form) => {
    expect(formOf(bytes(text))).toBe(form);
  });

  it("tells objects of Kubernetes, stored as protobuf or JSON", () => {
    const head = [0x6b, 0x38, 0x73, 0, 0x0a, 9, 0x0a, 2, ...bytes("v1"), 0x12, 3, ...bytes("Pod")];
    expect(kubernetesName(new Uint8Array(head))).toBe("v1 Pod");
    expect(kubernetesName(bytes('{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"a","name":"b"}}'))).toBe(
      "v1 Pod a/b",
    );
    expect(kubernetesName(bytes('{"apiVersion":1,"kind":2}'))).toBeUndefined();
  });
});

it.each([
  [0, "0 s"],
  [45, "45 s"],
  [200, "3 min 20 s"],
  [3_605, "1 h"],
  [7_187, "1 h 59 min"],
  [90_000, "1 d 1 h"],
])("tells a time to live of %d seconds as %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

describe("the difference of two values", () => {
  it("is shown by lines, and refused where it would take too long or be too much", () => {
    const lines = (letter: string): Uint8Array => bytes(Array.from({ length: 6_000 }, (_, i) => letter + i).join("\n"));
    expect(diffOf(bytes("a\nb"), bytes("a\nc"))).toMatchObject({
      lines: [{ text: "a" }, { kind: "removed", text: "b" }, { kind: "added", text: "c" }],
    });
    for (const [a, b] of [
      [lines("a"), lines("b")],
      [new Uint8Array(1_500_000), new Uint8Array(1)],
    ] as const) {
      const began = performance.now();
      expect(diffOf(a, b).kind).toBe("too-much");
      expect(performance.now() - began).toBeLessThan(500);
    }
  });

  it("is merged where both changed other lines, and refused where not", () => {
    const base = bytes("1\n2\n3\n4\n5");
    expect(merged(base, bytes("1\n2\n3\n4\nV"), bytes("I\n2\n3\n4\n5"))).toEqual(bytes("I\n2\n3\n4\nV"));
    expect(merged(base, bytes("1\n2\nmine\n4\n5"), bytes("1\n2\ntheirs\n4\n5"))).toBeUndefined();
    expect(merged(base, new Uint8Array([255]), base)).toBeUndefined();
  });
});

describe("many keys at once", () => {
  it("are moved by their names below what they have in common, and left alone where the name is taken", async () => {
    const memory = createMemoryEtcd();
    await using etcd = createEtcd({ fetch: (url, init) => memory.fetch(new Request(url, init)) });
    for (let i = 0; i < 120; i++) await etcd.put(`a/b/${i}`, `${i}`);
    await etcd.put("z/b/7", "taken");
    const { signal } = new AbortController();
    const plan = await planFor(etcd, ["a/b/"], signal);
    expect(commonFolder(["a/b/"])).toBe("a/");
    expect(plan.keys).toHaveLength(120);
    let last;
    for await (last of carryOut(etcd, plan, { kind: "move", from: "a/", to: "z/" }, signal));
    expect(last).toEqual({ done: 119, total: 120, skipped: ["a/b/7"] });
    expect(await etcd.keys({ prefix: "a/" })).toEqual(["a/b/7"]);
    expect((await etcd.get("z/b/7"))?.text()).toBe("taken");
    memory.close();
  }, 60_000);

  it("are the same after an export and an import, and others' changes are not written over", async () => {
    const memory = createMemoryEtcd();
    await using etcd = createEtcd({ fetch: (url, init) => memory.fetch(new Request(url, init)) });
    await etcd.put("a/text", "line\nline");
    await etcd.put(new Uint8Array([0x61, 0x2f, 0xff]), new Uint8Array([0, 255]));
    const { entries } = await etcd.range({ prefix: "a/" });
    const given = readTransfer(ndjsonOf(entries));
    const { signal } = new AbortController();
    expect((await compared(etcd, given, signal)).map(({ kind }) => kind)).toEqual(["same", "same"]);
    await etcd.delete({ prefix: "a/" });
    const plan = await compared(etcd, given, signal);
    await etcd.put("a/text", "theirs");
    expect(await importAll(etcd, plan, signal)).toEqual(["a/text"]);
    expect((await etcd.get("a/text"))?.text()).toBe("theirs");
    expect(readTransfer(treeOf([{ keyBytes: bytes("x/y"), value: bytes("1") }])).map(({ id }) => id)).toEqual(["x/y"]);
    expect(() => readTransfer('{"key":"a"}\n')).toThrow("Line 1: expected one of value");
    memory.close();
  });
});

describe("the rules of a flag", () => {
  const targeting = {
    if: [
      { and: [{ ends_with: [{ var: "email" }, "@example.com"] }, { ">": [{ var: "age" }, 17] }] },
      "on",
      { fractional: [{ var: "targetingKey" }, ["on", 1], ["off", 3]] },
    ],
  };
  it("are told in words, with their shares", () => {
    expect(rulesOf(targeting)).toEqual([
      { when: "email ends with @example.com and age is more than 17", then: "on" },
      { when: undefined, then: "by share: on 25 %, off 75 %" },
    ]);
  });
  it("have shares that a slider moves, and nothing else", () => {
    const moved = withShares(targeting, movedShare([25, 75], 0, 40));
    expect(sharesOf(findFractional(moved) ?? [])).toEqual([
      { variant: "on", percent: 40 },
      { variant: "off", percent: 60 },
    ]);
    expect(JSON.stringify(moved).replace('["on",40],["off",60]', '["on",1],["off",3]')).toBe(JSON.stringify(targeting));
  });
});

describe("a flag that is edited", () => {
  const definition = {
    variants: { on: true, off: false },
    defaultVariant: "off",
    targeting: {
      fractional: [
        ["on", 25],
        ["off", 75],
      ],
    },
  };
  it("is the same definition if nothing was typed", () => {
    expect(draftDefinition(draftOf(definition))).toEqual(definition);
    expect(draftDefinition({ ...draftOf(definition), defaultVariant: "" })["defaultVariant"]).toBeNull();
  });
  it("tells who would get what, and what is wrong with it", () => {
    const counts = new Map(preview(definition));
    expect((counts.get("on") ?? 0) + (counts.get("off") ?? 0)).toBe(1_000);
    expect(counts.get("on")).toBeGreaterThan(200);
    expect(counts.get("on")).toBeLessThan(300);
    expect(() => preview({ ...definition, defaultVariant: "none" })).toThrow(/there is no variant "none"/);
    expect(() => preview({ ...definition, variants: {} })).toThrow(/variants/);
    expect(() => draftDefinition({ ...draftOf(definition), targeting: "{" })).toThrow(/The targeting is not JSON/);
    const twice = [
      { name: "a", text: "1" },
      { name: "a", text: "2" },
    ];
    expect(() => draftDefinition({ ...draftOf(definition), variants: twice })).toThrow(/two variants a/);
  });
  it("has shares of everybody, however its sliders are moved", () => {
    const three = fc
      .tuple(fc.nat(100), fc.nat(100))
      .map(([a, b]) => [Math.min(a, b), Math.abs(a - b), 100 - Math.max(a, b)]);
    fc.assert(
      fc.property(three, fc.nat(2), fc.nat(200), (percents, at, half) => {
        const moved = movedShare(percents, at, half / 2);
        expect(moved[at]).toBe(half / 2);
        expect(moved.reduce((sum, each) => sum + Math.round(each * 10), 0)).toBe(1_000);
        expect(Math.min(...moved)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("what a user may do with a key", () => {
  it("follows from the permissions of its roles", () => {
    const roles: Role[] = [
      {
        name: "app",
        permissions: [
          { permission: "read", selector: { prefix: "app/" }, key: bytes("app/"), rangeEnd: bytes("app0") },
        ],
      },
      {
        name: "one",
        permissions: [{ permission: "write", selector: "app/x", key: bytes("app/x"), rangeEnd: bytes("") }],
      },
    ];
    const may = (own: string[], key: string) => accessOf({ name: "u", roles: own }, roles, bytes(key));
    expect(may(["app", "one"], "app/x")).toEqual({ read: true, write: true, by: ["app", "one"] });
    expect(may(["app"], "app/x")).toEqual({ read: true, write: false, by: ["app"] });
    expect(may(["app"], "apq")).toEqual({ read: false, write: false, by: [] });
    expect(may(["root"], "any")).toMatchObject({ read: true, write: true });
  });
});

it("hex is written sixteen bytes a line", () => {
  expect(hexOf(new Uint8Array(17))).toBe(`${Array(16).fill("00").join(" ")}\n00`);
});
