import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Compare, Entry } from "../../src/index.ts";
import { selects } from "../../src/recipes/key-ids.ts";
import { createReadSet, type ReadSet } from "../../src/recipes/transaction/read-set.ts";

/** A state of a store: the revision of each key that there is. */
type Store = ReadonlyMap<string, bigint>;

const bytes = (key: string): Uint8Array => new TextEncoder().encode(key);

function entry(key: string, modRevision: bigint): Entry {
  const rest = { value: bytes("v"), createRevision: modRevision, version: 1n, lease: 0n };
  return new Entry({ keyBytes: bytes(key), modRevision, ...rest });
}

function entriesOf(store: Store, selector: Compare["selector"]): Entry[] {
  const within = selects(selector);
  return [...store].flatMap(([key, revision]) => (within(key) ? [entry(key, revision)] : []));
}

/** As etcd judges a condition on modification revisions: over a range it holds if it holds for each key there is. */
function holds(store: Store, { selector, operator, operand }: Compare): boolean {
  if (typeof operand !== "bigint") throw new TypeError("a condition on something else than a revision");
  const single = typeof selector === "string" || selector instanceof Uint8Array;
  const revisions = entriesOf(store, selector).map(({ modRevision }) => modRevision);
  if (single && revisions.length === 0) revisions.push(0n);
  return revisions.every((revision) => (operator === "=" ? revision === operand : revision < operand));
}

const allHold = (reads: ReadSet, store: Store): boolean => reads.conditions().every((each) => holds(store, each));

describe("what a transaction has read", () => {
  it("holds while nobody has written it", () => {
    const reads = createReadSet({ checked: true });
    reads.addKey("a", entry("a", 5n));
    reads.addKey("b", null);
    expect(allHold(reads, new Map([["a", 5n]]))).toBe(true);
    expect(allHold(reads, new Map([["a", 6n]]))).toBe(false);
    expect(allHold(reads, new Map())).toBe(false);
    expect(
      allHold(
        reads,
        new Map([
          ["a", 5n],
          ["b", 6n],
        ]),
      ),
    ).toBe(false);
  });

  it.each<[string, (reads: ReadSet) => void]>([
    ["twice by itself", (reads) => reads.addKey("p/a", entry("p/a", 7n))],
    ["then in a range", (reads) => addRange(reads, 8n, ["p/a", 7n])],
    ["then not at all", (reads) => reads.addKey("p/a", null)],
    ["then not in a range", (reads) => addRange(reads, 8n)],
  ])("never holds where a key was read in two states: %s", (_, readAgain) => {
    const single = createReadSet({ checked: true });
    single.addKey("p/a", entry("p/a", 5n));
    const range = createReadSet({ checked: true });
    addRange(range, 6n, ["p/a", 5n]);
    // What was at revision 5 and is gone at 8 cannot be there again without a revision beyond that.
    const later = [undefined, 7n, 9n].map((each): Store => (each === undefined ? new Map() : new Map([["p/a", each]])));
    for (const reads of [single, range]) {
      readAgain(reads);
      expect(later.filter((store) => allHold(reads, store))).toEqual([]);
    }
  });

  it("tells a key of a range that was written, that came, and that is gone", () => {
    const reads = createReadSet({ checked: true });
    addRange(reads, 9n, ["p/a", 5n], ["p/b", 6n]);
    const still: [string, bigint][] = [
      ["p/a", 5n],
      ["p/b", 6n],
      ["q", 12n],
    ];
    expect(allHold(reads, new Map(still))).toBe(true);
    expect(allHold(reads, new Map([...still, ["p/b", 11n]]))).toBe(false);
    expect(allHold(reads, new Map([...still, ["p/c", 11n]]))).toBe(false);
    expect(allHold(reads, new Map(still.slice(1)))).toBe(false);
  });

  it("finds each key as it was read last, and a range as it was read first", () => {
    const reads = createReadSet({ checked: true });
    expect([reads.found("p/a"), reads.range({ prefix: "p/" })]).toEqual([undefined, undefined]);
    addRange(reads, 9n, ["p/a", 5n]);
    addRange(reads, 12n, ["p/a", 11n]);
    expect(reads.found("p/a")?.modRevision).toBe(11n);
    reads.addKey(bytes("p/a"), null);
    expect(reads.found("p/a")).toBe(null);
    expect(reads.range({ prefix: bytes("p/") })?.revision).toBe(9n);
    expect(reads.range({ from: "p/" })).toBe(undefined);
    expect([...reads.keys.keys()]).toEqual(["p/a"]);
  });

  it("has no conditions and keeps no range where changes by others do not count", () => {
    const reads = createReadSet({ checked: false });
    addRange(reads, 9n, ["p/a", 5n]);
    reads.addKey("b", entry("b", 6n));
    expect([reads.conditions(), reads.range({ prefix: "p/" })]).toEqual([[], undefined]);
    expect([reads.found("p/a")?.modRevision, reads.found("b")?.modRevision]).toEqual([5n, 6n]);
  });

  it("holds in exactly the states of the store in which each read would be answered alike", () => {
    const key = fc.constantFrom("a", "p/a", "p/b", "p/c");
    const range = fc.constantFrom<Compare["selector"]>({ prefix: "p/" }, { from: "b" }, { from: "a", to: "p/b" });
    const read = fc.oneof(key, range);
    const write = fc.tuple(key, fc.boolean());
    const history = fc.array(fc.record({ write, reads: fc.array(read, { maxLength: 2 }) }), { maxLength: 12 });
    fc.assert(
      fc.property(history, (steps) => {
        const reads = createReadSet({ checked: true });
        const asked: { readonly selector: Compare["selector"]; readonly answer: string }[] = [];
        let store: Store = new Map();
        let revision = 1n;
        const check = (): void => {
          const unchanged = asked.every(({ selector, answer }) => answerOf(store, selector) === answer);
          expect(allHold(reads, store)).toBe(unchanged);
        };
        for (const step of steps) {
          const [name, puts] = step.write;
          const next = new Map(store);
          if (puts) next.set(name, ++revision);
          else if (next.delete(name)) revision++;
          store = next;
          check();
          for (const selector of step.reads) {
            const entries = entriesOf(store, selector);
            if (typeof selector === "string") reads.addKey(selector, entries[0] ?? null);
            else reads.addRange({ selector, revision, entries });
            asked.push({ selector, answer: answerOf(store, selector) });
          }
          check();
        }
      }),
    );
  });
});

function addRange(reads: ReadSet, revision: bigint, ...stored: [string, bigint][]): void {
  const entries = stored.map(([key, modRevision]) => entry(key, modRevision));
  reads.addRange({ selector: { prefix: "p/" }, revision, entries });
}

function answerOf(store: Store, selector: Compare["selector"]): string {
  return entriesOf(store, selector)
    .map(({ keyBytes, modRevision }) => `${String(keyBytes)} ${modRevision}`)
    .sort()
    .join();
}
