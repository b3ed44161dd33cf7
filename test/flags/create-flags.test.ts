import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { createFlags, type Flags, type FlagsEvent, type FlagsOptions } from "../../src/flags/index.ts";
import { createEtcd, type Etcd, EtcdError } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { until } from "../suites/tools.ts";

const defaults = { dark: false, limit: 10, theme: { color: "blue" } };

interface Started {
  readonly memory: MemoryEtcd;
  readonly etcd: Etcd;
  readonly flags: Flags<typeof defaults>;
  /** Moves the clock of the flags on. */
  pass(seconds: number): void;
  /** Requests to etcd since the last call. */
  requests(): number;
}

function start(options: Partial<FlagsOptions<typeof defaults>> = {}): Started {
  const memory = createMemoryEtcd();
  let sent = 0;
  let time = 1_000_000;
  const reader = createEtcd({
    retry: false,
    fetch(input, init) {
      sent++;
      return memory.fetch(input, init);
    },
  });
  return {
    memory,
    etcd: createEtcd({ fetch: memory.fetch }),
    flags: createFlags(reader, { prefix: "flags/", defaults, now: () => time, ...options }),
    pass: (seconds) => void (time += seconds * 1000),
    requests() {
      const count = sent;
      sent = 0;
      return count;
    },
  };
}

describe("flags", () => {
  it("send nothing until they are read, and are their defaults then", async () => {
    const { etcd, flags, requests } = start();
    await etcd.put("flags/limit", "20");
    expect([flags.status, requests()]).toEqual(["empty", 0]);
    expect(flags.get("limit")).toBe(10);
    expect(flags.details("limit")).toEqual({ value: 10, variant: undefined, reason: "DEFAULT", metadata: {} });
    await flags.settled();
    expect([flags.get("limit"), flags.status, requests()]).toEqual([20, "live", 1]);
    expect(flags.details("limit")).toEqual({ value: 20, variant: undefined, reason: "STATIC", metadata: {} });
  });

  it("are read without a request until their time is over; then they are read, and asked for in the background", async () => {
    const { etcd, flags, pass, requests } = start({ ttl: 30 });
    await etcd.put("flags/dark", "true");
    await flags.ready();
    await etcd.put("flags/dark", "false");
    await etcd.put("flags/limit", "5");
    requests();
    pass(29.9);
    expect([flags.get("dark"), flags.get("limit"), requests()]).toEqual([true, 10, 0]);
    pass(0.1);
    expect([flags.get("dark"), flags.get("dark"), flags.all()]).toEqual([true, true, { ...defaults, dark: true }]);
    await flags.settled();
    expect([flags.all(), requests()]).toEqual([{ ...defaults, limit: 5 }, 1]);
  });

  it("cost a request of a few bytes when nothing has changed", async () => {
    const { etcd, flags, memory, pass } = start();
    for (let i = 0; i < 200; i++) await etcd.put(`flags/f${i}`, `"${"x".repeat(100)}"`);
    await flags.ready();
    const bodies: string[] = [];
    memory.faults.delay(0, { match: ({ body }) => (bodies.push(body), false), times: Infinity });
    pass(60);
    flags.get("dark");
    await flags.settled();
    expect(bodies).toEqual([expect.stringMatching(/min_mod_revision|minModRevision/)]);
  });

  it("are the last known ones while etcd is away, which is tried again now and then", async () => {
    const { etcd, flags, memory, pass, requests } = start({ ttl: 30 });
    await etcd.put("flags/limit", "20");
    await flags.ready();
    const fault = memory.faults.drop(Infinity);
    requests();
    pass(30);
    expect(flags.get("limit")).toBe(20);
    await flags.settled();
    expect([flags.status, flags.details("limit").value, flags.details("limit").reason]).toEqual(["stale", 20, "STALE"]);
    expect(flags.error).toMatchObject({ reason: "Unreachable" });
    expect([flags.details("dark").reason, requests()]).toEqual(["DEFAULT", 1]);
    pass(9);
    expect([flags.get("limit"), requests()]).toEqual([20, 0]);
    pass(1);
    expect(flags.get("limit")).toBe(20);
    await flags.settled();
    expect(requests()).toBe(1);
    fault.remove();
    await etcd.put("flags/limit", "30");
    pass(10);
    flags.get("limit");
    await flags.settled();
    expect([flags.get("limit"), flags.status, flags.error]).toEqual([30, "live", undefined]);
  });

  it("are their defaults when etcd has been away for too long", async () => {
    const { etcd, flags, memory, pass } = start({ ttl: 10, staleIfError: 60 });
    await etcd.put("flags/limit", "20");
    await flags.ready();
    const { digest } = flags;
    memory.faults.drop(Infinity);
    pass(70);
    await flags.refresh().catch(() => undefined);
    expect([flags.status, flags.get("limit"), flags.digest]).toEqual(["stale", 20, digest]);
    pass(1);
    expect([flags.status, flags.get("limit")]).toEqual(["expired", 10]);
    expect(flags.digest).not.toBe(digest);
    expect(flags.details("limit")).toMatchObject({ reason: "ERROR", errorCode: "PROVIDER_NOT_READY" });
    memory.faults.clear();
    await flags.refresh();
    expect([flags.status, flags.get("limit"), flags.digest]).toEqual(["live", 20, digest]);
  });

  it("start from data of another run, and need no etcd for that", async () => {
    const first = start();
    await first.etcd.put("flags/limit", " 20 ");
    await first.etcd.put("flags/other", '{"a":[1]}');
    await first.flags.ready();
    const bootstrap: unknown = JSON.parse(JSON.stringify(first.flags));
    expect(bootstrap).toEqual({ flags: { limit: 20, other: { a: [1] } } });
    const second = start({ bootstrap: first.flags.toJSON() });
    second.memory.faults.drop(Infinity);
    expect([second.flags.get("limit"), second.flags.digest === first.flags.digest]).toEqual([20, true]);
    await second.flags.ready();
    expect([second.flags.status, second.flags.get("limit")]).toEqual(["stale", 20]);
    second.memory.faults.clear();
    await second.flags.refresh();
    expect([second.flags.status, second.flags.get("limit"), second.flags.find("other")]).toEqual([
      "live",
      10,
      undefined,
    ]);
  });

  it("are ready when the first answer is there, or is not to be had, and never make that a failure", async () => {
    const { flags, memory, requests, pass } = start();
    const fault = memory.faults.drop(Infinity);
    await flags.ready();
    expect([flags.status, requests()]).toEqual(["stale", 1]);
    await flags.ready();
    expect(requests()).toBe(0);
    fault.remove();
    pass(10);
    await flags.ready();
    expect(flags.status).toBe("live");
    const late = start();
    late.memory.faults.delay(60_000);
    await late.flags.ready({ timeoutMs: 20 });
    expect([late.flags.status, late.flags.get("limit")]).toEqual(["empty", 10]);
    await expect(late.flags.ready({ signal: AbortSignal.abort("mine") })).rejects.toBe("mine");
  });

  it("are not held up by a question that was given up with the request that asked it", async () => {
    let hang = false;
    let hung = 0;
    const memory = createMemoryEtcd();
    let time = 0;
    const etcd = createEtcd({
      fetch: (input, init) => (hang ? new Promise(() => void hung++) : memory.fetch(input, init)),
      timeoutMs: 3_600_000,
      retry: false,
    });
    const flags = createFlags(etcd, { prefix: "flags/", defaults, ttl: 1, now: () => time });
    await flags.ready();
    hang = true;
    time += 2000;
    flags.get("limit");
    await until("the question hangs", () => hung === 1);
    hang = false;
    await createEtcd({ fetch: memory.fetch }).put("flags/limit", "20");
    time += 14_000;
    flags.get("limit");
    expect(flags.get("limit")).toBe(10);
    time += 2000;
    flags.get("limit");
    await until("the flag has its new value", () => flags.get("limit") === 20);
    await etcd.close();
  });

  it("have a digest that follows what is stored, and nothing else", async () => {
    const { etcd, flags } = start();
    await etcd.put("flags/limit", "20");
    await flags.refresh();
    const { digest } = flags;
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
    await etcd.put("other", "1");
    await etcd.put("flags/limit", " 20");
    await flags.refresh();
    expect(flags.digest).toBe(digest);
    await etcd.put("flags/limit", "21");
    await flags.refresh();
    expect(flags.digest).not.toBe(digest);
    await etcd.put("flags/limit", "20");
    await flags.refresh();
    expect(flags.digest).toBe(digest);
  });

  it("keep the last value that fits, or their default, and say what does not", async () => {
    const { etcd, flags } = start();
    await etcd.put("flags/limit", "20");
    await etcd.put("flags/dark", "no JSON");
    await flags.refresh();
    await etcd.put("flags/limit", '"a lot"');
    await flags.refresh();
    expect([flags.get("limit"), flags.get("dark"), flags.status]).toEqual([20, false, "live"]);
    expect(flags.details("dark")).toMatchObject({ value: false, reason: "ERROR", errorCode: "PARSE_ERROR" });
    expect([...flags.invalid]).toEqual([
      ["dark", expect.stringContaining('the flag "dark" is invalid: ')],
      ["limit", 'the flag "limit" is invalid: expected number, got string'],
    ]);
    expect(flags.toJSON()).toEqual({ flags: { limit: 20 } });
    await etcd.put("flags/limit", '{"state":"ENABLED","variants":{"a":1,"b":"2"},"defaultVariant":"a"}');
    await flags.refresh();
    expect([flags.get("limit"), flags.invalid.get("limit")]).toEqual([20, expect.stringContaining("expected number")]);
  });

  it("are typed and checked by one schema for each, or by one for all", async () => {
    const each = {
      dark: v.boolean(),
      limit: v.pipe(v.number(), v.maxValue(100)),
      theme: v.object({ color: v.string() }),
    };
    for (const schema of [each, v.object(each)]) {
      const { etcd, flags } = start({ schema });
      await etcd.put("flags/limit", "101");
      await etcd.put("flags/theme", '{"color":"red","more":1}');
      await flags.refresh();
      expect([flags.get("limit"), flags.get("theme")]).toEqual([10, { color: "red" }]);
      expect(flags.details("limit")).toMatchObject({ reason: "ERROR", errorCode: "TYPE_MISMATCH" });
    }
  });

  it("are evaluated for the context of the caller, by their targeting", async () => {
    const { etcd, flags } = start();
    const targeting = { if: [{ "==": [{ var: "plan" }, "pro"] }, "many"] };
    const stored = { state: "ENABLED", variants: { few: 1, many: 100 }, defaultVariant: "few", targeting };
    await etcd.put("flags/limit", JSON.stringify(stored));
    await flags.refresh();
    expect(flags.details("limit", { plan: "pro" })).toMatchObject({
      value: 100,
      variant: "many",
      reason: "TARGETING_MATCH",
    });
    expect(flags.details("limit")).toMatchObject({ value: 1, variant: "few", reason: "DEFAULT" });
    expect(flags.all({ plan: "pro" }).limit).toBe(100);
    await etcd.put("flags/limit", JSON.stringify({ ...stored, state: "DISABLED" }));
    await flags.refresh();
    expect(flags.details("limit", { plan: "pro" })).toMatchObject({
      value: 10,
      variant: undefined,
      reason: "DISABLED",
    });
    await etcd.put("flags/limit", JSON.stringify({ ...stored, defaultVariant: null }));
    await flags.refresh();
    expect(flags.details("limit")).toMatchObject({ value: 10, variant: undefined, reason: "DEFAULT" });
    expect(flags.find("limit")).toMatchObject({ value: undefined, reason: "DEFAULT" });
  });

  it("share rules and metadata that are stored beside them, as a flagd document has them", async () => {
    const { etcd, flags } = start();
    const inside = { ends_with: [{ var: "email" }, "@example.com"] };
    const targeting = { if: [{ $ref: "inside" }, "on"] };
    await etcd.put("flags/$evaluators", JSON.stringify({ inside }));
    await etcd.put("flags/$metadata", '{"owner":"team"}');
    await etcd.put(
      "flags/dark",
      JSON.stringify({ state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off", targeting }),
    );
    await flags.refresh();
    const who = { email: "a@example.com" };
    expect(flags.details("dark", who)).toMatchObject({
      value: true,
      reason: "TARGETING_MATCH",
      metadata: { owner: "team" },
    });
    expect([flags.metadata, flags.find("$evaluators")]).toEqual([{ owner: "team" }, undefined]);
    const seen: FlagsEvent[] = [];
    flags.subscribe((event) => seen.push(event));
    await etcd.put("flags/$evaluators", JSON.stringify({ inside: false }));
    await flags.refresh();
    expect([flags.get("dark", who), seen]).toEqual([false, [{ type: "changed", flags: ["dark"] }]]);
    await etcd.put("flags/$evaluators", "[]");
    await flags.refresh();
    expect([...flags.invalid.keys()].sort()).toEqual(["$evaluators", "dark"]);
    expect(flags.get("dark", who)).toBe(false);
  });

  it("may stand in one flagd document, of which the last good one is served", async () => {
    const memory = createMemoryEtcd();
    const etcd = createEtcd({ fetch: memory.fetch });
    const document = (limit: unknown) =>
      JSON.stringify({ flags: { limit, dark: { state: "DISABLED", variants: { on: true } } } });
    await etcd.put("flags.json", document({ state: "ENABLED", variants: { a: 20 }, defaultVariant: "a" }));
    await using flags = createFlags(etcd, { source: "file", key: "flags.json", defaults });
    await flags.ready();
    expect([flags.all(), flags.details("dark").reason]).toEqual([{ ...defaults, limit: 20 }, "DISABLED"]);
    await etcd.put("flags.json", "no JSON");
    await flags.refresh();
    expect([flags.get("limit"), [...flags.invalid.keys()]]).toEqual([20, ["flags.json"]]);
    await etcd.put("flags.json", document(30));
    await flags.refresh();
    expect([flags.get("limit"), flags.invalid.get("limit")]).toEqual([
      20,
      expect.stringContaining("state and variants"),
    ]);
    await etcd.put("flags.json", document({ state: "ENABLED", variants: { a: 40 }, defaultVariant: "a" }));
    await flags.refresh();
    expect([flags.get("limit"), flags.invalid.size]).toEqual([40, 0]);
    await etcd.delete("flags.json");
    await flags.refresh();
    expect(flags.all()).toEqual(defaults);
  });

  it.each(["poll", "watch"] as const)(
    "are spoilt by no key that is not UTF-8, in %s mode: it is told of",
    async (mode) => {
      const { etcd, flags } = start({ mode });
      await etcd.put("flags/limit", "20");
      await flags.ready();
      const seen: FlagsEvent[] = [];
      flags.subscribe((event) => seen.push(event));
      await etcd.put(new Uint8Array([...new TextEncoder().encode("flags/"), 0xff, 0x41]), "1");
      await etcd.put("flags/limit", "30");
      if (mode === "poll") await flags.refresh();
      await until("the flag has changed", () => flags.get("limit") === 30);
      expect([...flags.invalid]).toEqual([["\\xffA", expect.stringContaining("the key flags/\\xffA is not UTF-8")]]);
      expect(seen.map(({ type }) => type).sort()).toEqual(["changed", "invalid"]);
      const cold = createFlags(etcd, { prefix: "flags/", defaults, mode });
      await cold.ready();
      expect([cold.get("limit"), cold.status, cold.invalid.size]).toEqual([30, "live", 1]);
      await etcd.delete(new Uint8Array([...new TextEncoder().encode("flags/"), 0xff, 0x41]));
      await cold.refresh();
      expect(cold.invalid.size).toBe(0);
      await Promise.all([flags.close(), cold.close()]);
    },
  );

  it("tell a logger of what is invalid, with its key", async () => {
    const told: FlagsEvent[] = [];
    const { etcd, flags } = start({ logger: (event) => told.push(event) });
    await etcd.put("flags/dark", "no JSON");
    await flags.refresh();
    expect(told).toEqual([
      { type: "invalid", flags: new Map([["dark", expect.stringContaining('the flag "dark" is invalid: ')]]) },
      { type: "status", status: "live" },
    ]);
  });

  it("hand out values that one caller cannot change for the others", async () => {
    const { etcd, flags } = start();
    await etcd.put("flags/theme", '{"color":"red"}');
    await flags.refresh();
    expect(() => (flags.get("theme").color = "pink")).toThrow(TypeError);
    expect(flags.get("theme")).toEqual({ color: "red" });
  });

  it("yield their digest as it changes, in any mode, until the loop is left", async () => {
    const { etcd, flags, memory } = start();
    await etcd.put("flags/limit", "1");
    await flags.ready();
    const stop = new AbortController();
    const seen: string[] = [];
    const done = (async () => {
      for await (const digest of flags.follow({ signal: stop.signal })) seen.push(digest);
    })();
    await until("it watches", () => memory.watchers === 1);
    await etcd.put("flags/limit", "2");
    await until("the change is told", () => seen.length === 1);
    expect([seen[0] === flags.digest, flags.get("limit")]).toEqual([true, 2]);
    await etcd.put("flags/limit", " 2");
    await etcd.put("flags/limit", "3");
    await until("the next change is told", () => seen.length === 2);
    stop.abort();
    await done;
    await until("the watch is gone", () => memory.watchers === 0);
  });

  it("tell which have changed, and how things stand", async () => {
    const { etcd, flags, memory, pass } = start({ staleIfError: 0, ttl: 5 });
    const seen: FlagsEvent[] = [];
    const stop = flags.subscribe((event) => seen.push(event));
    const taken = (): FlagsEvent[] => seen.splice(0);
    await etcd.put("flags/dark", "true");
    await etcd.put("flags/limit", "1");
    await flags.refresh();
    expect(taken()).toEqual([
      { type: "changed", flags: ["dark", "limit"] },
      { type: "status", status: "live" },
    ]);
    await etcd.delete("flags/dark");
    await flags.refresh();
    expect(taken()).toEqual([{ type: "changed", flags: ["dark"] }]);
    await flags.refresh();
    expect(taken()).toEqual([]);
    memory.faults.drop(1);
    await flags.refresh().catch(() => undefined);
    expect(taken()).toEqual([{ type: "status", status: "stale" }]);
    pass(6);
    memory.faults.drop(1);
    flags.get("dark");
    await flags.settled();
    expect(taken()).toEqual([{ type: "status", status: "expired" }]);
    stop();
    await flags.refresh();
    expect(taken()).toEqual([]);
  });

  it("follow a watch where there may be one", async () => {
    const { etcd, flags, memory } = start({ mode: "watch" });
    await flags.ready();
    expect([flags.status, memory.watchers]).toEqual(["live", 1]);
    const seen: FlagsEvent[] = [];
    flags.subscribe((event) => seen.push(event));
    await etcd.put("flags/limit", "20");
    await until("the flag has changed", () => flags.get("limit") === 20);
    expect(seen).toEqual([{ type: "changed", flags: ["limit"] }]);
    await flags.close();
    expect([flags.status, flags.get("limit"), memory.watchers]).toEqual(["closed", 20, 0]);
    await expect(flags.refresh()).rejects.toMatchObject({ reason: "Closed" });
  });

  it.each<[string, object, string]>([
    ["an option that does not exist", { tll: 1 }, 'createFlags: unknown option "tll"; did you mean "ttl"?'],
    ["no prefix", { prefix: "" }, "prefix: expected a string that is not empty"],
    ["no defaults", { defaults: undefined }, "defaults: expected an object, got undefined"],
    ["a time that is not one", { ttl: -1 }, "ttl: expected seconds, 0 or more, got -1"],
    [
      "a schema that is not one",
      { schema: { dark: "boolean" } },
      "schema.dark: expected a Standard Schema, got string",
    ],
    ["other data", { bootstrap: { dark: true } }, "bootstrap: expected the result of flags.toJSON()"],
    ["a key beside a prefix", { key: "flags.json" }, 'key: only with source "file"'],
    ["a document without a key", { source: "file", prefix: undefined }, "key: expected a string"],
  ])("refuse %s", (_, options, message) => {
    expect(() => start(options)).toThrow(message);
  });

  it("refuse a name that the program has no default for", () => {
    const { flags } = start();
    expect(() => flags.get("drak" as "dark")).toThrow('there is no flag "drak" in the defaults');
    expect(() => flags.get("toString" as "dark")).toThrow(EtcdError);
  });
});
