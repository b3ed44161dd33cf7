import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Etcd } from "../../src/v3/client.ts";
import { compare } from "../../src/v3/kv/compare.ts";
import { prefixEnd, type Selector } from "../../src/v3/keys.ts";
import { op } from "../../src/v3/kv/op.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { each, clientOf, failure, itTellsNoSecret, names, proxyOf } from "./subject.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const hex = (array: Uint8Array): string => Buffer.from(array).toString("hex");

/** Keys with a liking for the bytes that matter to ranges. */
const key = fc.uint8Array({ minLength: 1, maxLength: 12 }).chain((random) =>
  fc.oneof(
    fc.constant(random),
    fc
      .array(fc.constantFrom(0, 1, 0x2f, 0x7f, 0x80, 0xc3, 0xfe, 0xff), { minLength: 1, maxLength: 6 })
      .map((some) => bytes(...some)),
  ),
);

describe.each(["3.4", "3.5"] as const)("inputs, to etcd %s", (version) => {
  let server: Server;
  let etcd: Etcd;
  beforeAll(async () => {
    server = await startEtcd({ version });
  });
  afterAll(() => server.close());
  const connect = (): Etcd => (etcd = clientOf(server, server.endpoints));

  it("G1: 10,000 keys and values of any bytes come back as they went", async () => {
    connect();
    const pairs = fc.sample(fc.tuple(key, fc.uint8Array({ maxLength: 40 })), { numRuns: 10_000, seed: 1 });
    const expected = new Map<string, Uint8Array>();
    for (const [name, value] of pairs) expected.set(hex(name), value);
    const all = [...expected].map(([name, value]) => [new Uint8Array(Buffer.from(name, "hex")), value] as const);
    const batches = Array.from({ length: Math.ceil(all.length / 128) }, (_, i) => all.slice(i * 128, (i + 1) * 128));
    await each(batches, 4, (batch) => etcd.txn({ then: batch.map(([name, value]) => op.put(name, value)) }));
    let found = 0;
    for await (const entry of etcd.scan({ all: true })) {
      const value = expected.get(hex(entry.keyBytes));
      if (value === undefined || hex(value) !== hex(entry.value))
        expect.fail(`${hex(entry.keyBytes)}: ${hex(entry.value)}`);
      found++;
    }
    expect(found).toBe(expected.size);
    expect(found).toBeGreaterThan(5000);
    await etcd.delete({ all: true });
  });

  it("G1: a key of 1.4 MiB, and text beyond the basic plane", async () => {
    connect();
    const long = new Uint8Array(1_400_000).fill(0xff);
    await etcd.put(long, "1");
    expect((await etcd.get(long))?.version).toBe(1n);
    expect((await etcd.delete(long)).deleted).toBe(1n);
    for (const text of ["🎈", "\u0000", "\ufeffx", "é\u0301", "\ud83c\udf88"]) {
      await etcd.put(`G1/${text}`, text);
      const entry = await etcd.get(`G1/${text}`);
      expect([entry?.key, entry?.text()]).toEqual([`G1/${text}`, text]);
    }
  });

  it("G1, G4: what etcd cannot mean is refused before anything is sent", async () => {
    const proxy = await proxyOf(server);
    const client = clientOf(server, proxy.url);
    const wrong: readonly (readonly [string, ...unknown[]])[] = [
      ["get", ""],
      ["get", new Uint8Array()],
      ["get", undefined],
      ["get", null],
      ["get", 7],
      ["get", { prefix: "a" }],
      ["put", "", "v"],
      ["put", "k"],
      ["put", "k", 1],
      ["put", "k", {}],
      ["put", "\ud800", "v"],
      ["put", "k", "\udfff"],
      ["put", "k", "a\ud83c"],
      ["put", "k", "v", { lease: 1 }],
      ["put", "k", "v", { lease: 2n ** 63n }],
      ["put", "k", "v", { lease: "1" }],
      ["put", "k", "v", { guard: { modRevision: 0n } }],
      ["put", "k", "v", { guard: { modRevision: -1n } }],
      ["put", "k", "v", { guard: { modRevision: 5 } }],
      ["range", { prefix: "" }],
      ["range", { from: "b", to: "a" }],
      ["range", { from: "a", to: "a" }],
      ["range", {}],
      ["range", { all: false }],
      ["range", { prefix: "a", all: true }],
      ["range", { all: true }, { limit: 1.5 }],
      ["range", { all: true }, { limit: NaN }],
      ["range", { all: true }, { limit: -1 }],
      ["range", { all: true }, { limit: 2 ** 53 }],
      ["get", "k", { revision: 0n }],
      ["get", "k", { revision: -1n }],
      ["get", "k", { revision: 2n ** 63n }],
      ["get", "k", { revision: 5 }],
      ["compact", 0n],
      ["compact", -1n],
      ["compact", 1],
      ["compact", 2n ** 63n],
      ["delete", ""],
      ["delete", undefined],
      ["pop", ""],
      ["pop", { all: true }],
      ["create", "", "v"],
      ["replace", "k", 1, "v"],
      ["get", "k", { timeoutMs: 0 }],
      ["get", "k", { timeoutMs: NaN }],
      ["get", "k", { timeoutMs: -1 }],
      ["txn", { then: "x" }],
      ["txn", { then: [{ type: "nothing" }] }],
      ["txn", { then: [null] }],
    ];
    for (const [method, ...args] of wrong) {
      // As code without types calls it.
      const call = async (): Promise<unknown> =>
        (Reflect.get(client, method) as (...given: unknown[]) => Promise<unknown>)(...args);
      const error: unknown = await call().then(
        () => "no error",
        (thrown: unknown) => thrown,
      );
      const what = `${method}(${args.map((arg) => (typeof arg === "object" ? JSON.stringify(arg, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)) : String(arg))).join(", ")})`;
      expect(error, what).toBeInstanceOf(Error);
      if (error instanceof TypeError) continue;
      expect(await failure(call()), what).toMatchObject({
        reason: "InvalidArgument",
        code: 3,
        outcome: "not-applied",
        attempts: [],
      });
    }
    for (const from of [0n, -1n, 2n ** 63n])
      expect(await failure(() => client.watch("k", { from }))).toMatchObject({ reason: "InvalidArgument" });
    expect(proxy.counts.connections).toBe(0);
  });

  it("G2: the end of a prefix follows the last byte that can grow; 0xff alone has no end", async () => {
    connect();
    expect(
      [bytes(97), bytes(97, 0xff), bytes(0xff), bytes(0xff, 0xff), bytes(0, 0xff, 0xff)].map((prefix) =>
        hex(prefixEnd(prefix)),
      ),
    ).toEqual(["62", "62", "00", "00", "01"]);
    const all = [bytes(0xfe, 0xff), bytes(0xff), bytes(0xff, 0), bytes(0xff, 0xff), bytes(0xff, 0xff, 1)];
    await each(all, 2, (name) => etcd.put(name, "1"));
    const under = async (...prefix: number[]): Promise<string[]> =>
      (await etcd.range({ prefix: bytes(...prefix) })).entries.map((entry) => hex(entry.keyBytes));
    expect(await under(0xff)).toEqual(["ff", "ff00", "ffff", "ffff01"]);
    expect(await under(0xff, 0xff)).toEqual(["ffff", "ffff01"]);
    expect(await under(0xfe)).toEqual(["feff"]);
    await etcd.delete({ prefix: bytes(0xff) });
    expect((await etcd.range({ from: bytes(0xfe) })).entries.map((entry) => hex(entry.keyBytes))).toEqual(["feff"]);
  });

  it("G3: 10,000 ranges of a namespace, with deletes and conditions, stay inside of it", async () => {
    connect();
    const selector: fc.Arbitrary<Selector> = fc.oneof(
      key,
      key.map((prefix) => ({ prefix })),
      key.map((from) => ({ from })),
      fc
        .tuple(key, key)
        .filter(([a, b]) => Buffer.compare(a, b) < 0)
        .map(([from, to]) => ({ from, to })),
      fc.constant({ all: true as const }),
    );
    await etcd.delete({ all: true });
    const prefixes = ["ns/", bytes(0xff), bytes(0xff, 0xff), bytes(0), bytes(97, 0xff)];
    for (const [i, prefix] of prefixes.entries()) {
      const prefixBytes = typeof prefix === "string" ? new Uint8Array(Buffer.from(prefix)) : prefix;
      // Neighbours just before and just after, and shorter than the prefix.
      const outside = ["n", "ns", "ns0", "ns.", "a", "b", "zz"].map((name) => new Uint8Array(Buffer.from(name)));
      const candidates = [
        ...outside,
        bytes(1),
        bytes(0xfe),
        bytes(0xfe, 0xff),
        bytes(0x60, 0xff),
        prefixBytes.slice(0, -1),
      ];
      const distinct = new Set(candidates.map(hex).filter((name) => name !== "" && !name.startsWith(hex(prefixBytes))));
      const foreign = [...distinct].map((name) => new Uint8Array(Buffer.from(name, "hex")));
      await etcd.txn({ then: foreign.map((name) => op.put(name, "foreign")) });
      const within = etcd.namespace(prefix);
      await each(names("own", 20), 4, (name) => within.put(name, "own"));
      const { revision: start } = await within.put("own", "own");
      const watched: string[] = [];
      const watcher = within.watch({ all: true }, { from: start });
      await watcher.ready;
      const selectors = fc.sample(selector, { numRuns: 2000, seed: i + 1 });
      const batches = Array.from({ length: 20 }, (_, n) => selectors.slice(n * 100, (n + 1) * 100));
      await each(batches, 4, async (batch) => {
        const { results } = await within.txn({ then: batch.map((selected) => op.get(selected)) });
        for (const result of results) {
          for (const entry of result.entries)
            if (entry.text() !== "own") expect.fail(`${hex(prefixBytes)}: ${hex(entry.keyBytes)}`);
        }
      });
      for (const [n, selected] of selectors.slice(0, 60).entries()) {
        if (n % 3 === 0) await within.put(`own-${n}`, "own");
        // A condition on any key there is outside never holds: it is looked for inside.
        const name = foreign[n % foreign.length] ?? bytes(1);
        const { succeeded } = await within.txn({
          if: [compare.value(name, "=", "foreign")],
          then: [op.delete({ all: true })],
          else: [op.delete(selected)],
        });
        expect(succeeded).toBe(false);
      }
      const { revision: end } = await within.put("end", "own");
      await etcd.put("outside-the-namespace", "foreign");
      for await (const { entry } of watcher) {
        watched.push(hex(entry.keyBytes));
        if (entry.modRevision === end) break;
      }
      expect(watched.length).toBeGreaterThan(20);
      await within.delete({ all: true });
      const left = await etcd.range({ all: true });
      const gone = foreign.filter((name) => !left.entries.some((entry) => hex(entry.keyBytes) === hex(name)));
      expect(gone.map(hex)).toEqual([]);
      expect(left.entries.every((entry) => entry.text() === "foreign" && entry.version >= 1n)).toBe(true);
      await etcd.delete({ all: true });
    }
  });
});

itTellsNoSecret();
