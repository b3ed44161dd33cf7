import fc from "fast-check";
import { expect, it } from "vitest";
import { compare, type Etcd, op, type Selector } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { bytes, take } from "./tools.ts";

// Nothing leaves a namespace: whatever is asked through it, foreign keys next to it are neither shown nor touched, and
// of its own keys exactly those are that a plain filter over a sorted list says.

/** Bytes that carry, end, and begin ranges. */
const edgeByte = fc.constantFrom(0x00, 0x01, 0x2f, 0x61, 0xfe, 0xff);
const edgeKey = fc.array(edgeByte, { minLength: 1, maxLength: 3 });

type AnyRange = { prefix: number[] } | { from: number[] } | { from: number[]; to: number[] } | { all: true };
const anyRange: fc.Arbitrary<AnyRange> = fc.oneof(
  fc.record({ prefix: edgeKey }),
  fc.record({ from: edgeKey }),
  fc.record({ from: edgeKey, to: edgeKey }).filter(({ from, to }) => order(from, to) < 0),
  fc.constant({ all: true as const }),
);

function order(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0);
  return a.length - b.length;
}

function selects(range: AnyRange, key: readonly number[]): boolean {
  if ("all" in range) return true;
  if ("prefix" in range) return range.prefix.every((byte, i) => key[i] === byte);
  return order(range.from, key) <= 0 && (!("to" in range) || order(key, range.to) < 0);
}

function selectorOf(range: AnyRange): Selector {
  if ("all" in range) return range;
  if ("prefix" in range) return { prefix: bytes(...range.prefix) };
  const from = bytes(...range.from);
  return "to" in range ? { from, to: bytes(...range.to) } : { from };
}

/** Keys outside of a namespace, as near to it as keys can be. */
function neighbours(namespace: readonly number[]): number[][] {
  const start = namespace.slice(0, -1);
  const last = namespace.at(-1) ?? 0;
  const near = [
    [...namespace],
    [...start, last - 1, 0xff],
    [...start, last - 1],
    [...start, last + 1],
    [...start, last + 1, 0],
  ];
  const longer = start.length > 0 ? [start, [...start, 0x00]] : [];
  const key = [...near, ...longer].filter((each) => each.every((byte) => byte >= 0 && byte <= 0xff));
  return key.filter((each) => each.length <= namespace.length || !namespace.every((byte, i) => each[i] === byte));
}

const unique = (keys: number[][]): number[][] =>
  [...new Map(keys.map((key) => [key.join(), key])).values()].sort(order);

const scenario = fc.record({
  namespace: edgeKey,
  own: fc.array(edgeKey, { minLength: 1, maxLength: 5 }).map(unique),
  range: anyRange,
});

export function namespaceBoundarySuite(connect: Connect): void {
  it("holds for any namespace, keys and range", async () => {
    const whole = connect();
    await fc.assert(
      fc.asyncProperty(scenario, async ({ namespace, own, range }) => {
        const prefix = freshPrefix();
        const around = whole.namespace(prefix);
        // Comes after everything below the prefix: what has no end where it should have one would take it along.
        const after = `${prefix.slice(0, -1)}0`;
        const { revision } = await whole.put(after, "x");
        const etcd = around.namespace(bytes(...namespace));
        const foreign = unique(neighbours(namespace));
        await plant(around, foreign);
        await plant(etcd, own);
        const selector = selectorOf(range);
        const inside = own.filter((key) => selects(range, key));

        const watch = etcd.watch(selector);
        await watch.ready;
        expect(await keysIn(etcd, selector)).toEqual(inside);
        expect(await etcd.count(selector)).toBe(BigInt(inside.length));
        const conditions = {
          if: [compare.missing(selector)],
          then: [op.get(selector)],
          else: [op.txn({ then: [op.get(selector)] })],
        };
        expect((await etcd.txn(conditions)).succeeded).toBe(inside.length === 0);

        // Writes all around, and then one inside that ends the watch.
        await plant(around, foreign);
        const { deleted } = await etcd.delete(selector);
        expect(deleted).toBe(BigInt(inside.length));
        await plant(etcd, own);
        const through = await etcd.txn({ then: [op.txn({ then: [op.delete(selector, { prev: true })] })] });
        const [inner] = through.succeeded ? through.results : [];
        const [gone] = inner?.succeeded ? inner.results : [];
        expect((gone?.prev ?? []).map(({ keyBytes }) => [...keyBytes])).toEqual(inside);

        const seen = (await take(3 * inside.length, watch)).map(({ entry }) => [...entry.keyBytes]);
        await watch.cancel();
        expect(unique(seen)).toEqual(inside);
        expect((await whole.get(after))?.modRevision).toBe(revision);
        expect(await keysIn(around, { all: true })).toEqual(
          unique([...foreign, ...own.filter((key) => !selects(range, key)).map((key) => [...namespace, ...key])]),
        );
      }),
      { numRuns: 12 },
    );
  });

  it("holds for a namespace of the last bytes there are, which nothing comes after", async () => {
    const whole = connect();
    const unsure = bytes(0xff, 0xff, freshPrefix());
    const etcd = whole.namespace(bytes(0xff, 0xff, 0xff));
    await whole.put(unsure, "foreign");
    await plant(etcd, [[0x00], [0x61], [0xff], [0xff, 0xff]]);
    const watch = etcd.watch({ from: bytes(0xff) });
    await watch.ready;
    expect(await keysIn(etcd, { all: true })).toEqual([[0x00], [0x61], [0xff], [0xff, 0xff]]);
    expect(await keysIn(etcd, { from: bytes(0xff) })).toEqual([[0xff], [0xff, 0xff]]);
    expect(await keysIn(etcd, { prefix: bytes(0xff, 0xff) })).toEqual([[0xff, 0xff]]);
    await whole.put(unsure, "foreign again");
    expect((await etcd.delete({ all: true })).deleted).toBe(4n);
    expect((await take(2, watch)).map(({ type }) => type)).toEqual(["delete", "delete"]);
    expect((await whole.get(unsure))?.text()).toBe("foreign again");
    await whole.delete(unsure);
  });
}

async function plant(etcd: Etcd, keys: readonly number[][]): Promise<void> {
  await etcd.txn({ then: keys.map((key) => op.put(bytes(...key), "x")) });
}

async function keysIn(etcd: Etcd, selector: Selector): Promise<number[][]> {
  return (await etcd.range(selector)).entries.map(({ keyBytes }) => [...keyBytes]);
}
