import { describe, expect, it } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { checkLeases } from "./check-leases.ts";
import { checkLinearizable } from "./check-linearizable.ts";
import { checkRevisions } from "./check-revisions.ts";
import { checkWatch } from "./check-watch.ts";
import type { Action, Change, Lease, Operation, SeenEntry, Watched } from "./client-history.ts";
import { readLeases } from "./read-leases.ts";
import { seededBugs } from "./seeded-bugs.ts";
import { judgement, type Violations } from "./judgement.ts";
import { randomOf, recordWatch, runWorkload } from "./workload.ts";
import { lostAnswer } from "../../test/transport/network-failures.ts";

interface Run {
  readonly violations: Violations;
  readonly operations: readonly Operation[];
  readonly log: readonly Change[];
  readonly watched: readonly Watched[];
  readonly leases: readonly Lease[];
}

/** A run on an etcd in memory whose answers come late and get lost, by clients that may be wrong. */
async function run(seed: number, bug?: string): Promise<Run> {
  const memory = createMemoryEtcd({ seed });
  const random = randomOf(seed);
  const line: typeof memory.fetch = async (input, init) => {
    const late = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, random() * 4));
    const doomed = random() < 0.06 && /\/v3\/(kv|lease)\//.test(String(input));
    await late();
    const lost = lostAnswer();
    if (doomed && random() < 0.3) throw lost;
    const response = await memory.fetch(input, init);
    await late();
    if (!doomed) return response;
    await response.arrayBuffer();
    throw lost;
  };
  const make = (): Etcd => {
    const etcd = createEtcd({ fetch: line, retry: { baseMs: 1, capMs: 3 } });
    return bug === undefined ? etcd : (seededBugs[bug]?.(etcd, random) ?? etcd);
  };
  const truth = createEtcd({ fetch: memory.fetch });
  const clients = Array.from({ length: 6 }, make);
  const watcher = make();
  const log: Change[] = [];
  const all = truth.watch({ prefix: "w/" }, { from: 1n });
  await all.ready;
  const watching = recordWatch(watcher, "w/", 1n, 500);
  const stop = new AbortController();
  let count = 0;
  const done = (): void => {
    if (++count === 700) stop.abort();
  };
  const operations = await runWorkload({ clients, seed, prefix: "w/", stop: stop.signal, done });
  // What was sent late has to arrive, and the last change is one that nobody is confused about.
  await new Promise((resolve) => setTimeout(resolve, 30));
  const { revision } = await truth.put("w/end", "end");
  operations.push({
    client: -1,
    key: "w/end",
    call: performance.now(),
    end: performance.now(),
    outcome: "ok",
    action: { type: "put", value: "end", revision },
  });
  for await (const event of all) {
    const { entry, type } = event;
    log.push({ revision: event.revision, type, key: entry.key, value: type === "put" ? entry.text() : "" });
    if (event.revision >= revision) break;
  }
  const watched = await watching.end(revision);
  const leases = await readLeases(async (path, body) => {
    const answer = await memory.fetch(`http://127.0.0.1:2379${path}`, { method: "POST", body: JSON.stringify(body) });
    return { status: answer.status, text: await answer.text() };
  });
  for (const etcd of [...clients, watcher, truth]) await etcd.close();
  memory.close();
  return { violations: judgement(operations, log, [watched], leases), operations, log, watched: [watched], leases };
}

describe("a run over a lossy network", () => {
  it.each([1, 2, 3])("has no violations where the client is right (seed %i)", async (seed) => {
    const { operations, violations } = await run(seed);
    expect(violations).toEqual({ byRevision: [], linearizable: [], leases: [], watch: [] });
    for (const outcome of ["ok", "unknown"]) expect(operations.some((one) => one.outcome === outcome)).toBe(true);
    for (const type of ["get", "put", "swap", "delete", "grant"]) {
      expect(operations.some(({ action }) => action.type === type)).toBe(true);
    }
  });

  it.each(Object.keys(seededBugs))("finds a client that is wrong: %s", async (bug) => {
    const found: string[] = [];
    for (let seed = 1; seed <= 5 && found.length === 0; seed++) {
      const { byRevision, linearizable, leases, watch } = (await run(seed, bug)).violations;
      found.push(...[...byRevision, ...linearizable, ...leases, ...watch].map(({ rule }) => rule));
      const about = bug.startsWith("a watch") ? watch : [...byRevision, ...linearizable, ...leases];
      if (found.length > 0) expect(about).not.toEqual([]);
    }
    expect(found).not.toEqual([]);
  });
});

/** A good history, with one lie put into it. */
describe("a history that was right", () => {
  const good = run(1);
  const methods = ["put", "txn of two keys", "txn", "update", "put with guard", "delete", "delete with guard"];

  /**
   * A write of a method that took place, and its change: of a key that nobody may have deleted without being told, for
   * such a delete would explain any other.
   */
  async function written(method: string): Promise<Run & { write: Operation; change: Change }> {
    for (const history of [good, run(2), run(3)]) {
      const record = await history;
      const uncertain = new Set(
        record.operations.flatMap(({ action, outcome, key }) =>
          action.type === "delete" && outcome !== "ok" && outcome !== "not-applied" ? [key] : [],
        ),
      );
      for (const write of record.operations) {
        const { action } = write;
        if (write.method !== method || write.outcome !== "ok" || !("revision" in action)) continue;
        if (uncertain.has(write.key)) continue;
        const own = ({ key, revision }: Change): boolean => key === write.key && revision === action.revision;
        const change = record.log.find(own);
        if (change !== undefined) return { ...record, write, change };
      }
    }
    throw new Error(`no ${method} took place`);
  }
  const assess = ({ operations, log }: Pick<Run, "operations" | "log">): string[] =>
    rules(checkRevisions(operations, log));
  const instead = <T>(all: readonly T[], one: T, ...others: T[]): T[] => all.flatMap((x) => (x === one ? others : [x]));

  describe.each(methods)("%s", (method) => {
    const isDelete = method.startsWith("delete");

    it("said not to be applied", async () => {
      const { operations, log, write } = await written(method);
      const { revision: _, ...action } = { ...write.action, revision: undefined };
      const lie: Operation = { ...write, outcome: "not-applied", action: action as Action };
      expect(assess({ operations: instead(operations, write, lie), log })).toContain(isDelete ? "once" : "not applied");
    });

    it("that is not in the store", async () => {
      const { operations, log, change } = await written(method);
      expect(assess({ operations, log: instead(log, change) })).toContain("acknowledged");
    });

    it.each([-1n, 1n])("said to be at another revision (%s)", async (by) => {
      const { operations, log, write, change } = await written(method);
      const lie = { ...write, action: { ...write.action, revision: change.revision + by } as Action };
      expect(assess({ operations: instead(operations, write, lie), log })).toContain("acknowledged");
    });

    it("applied twice", async () => {
      const { operations, log, change } = await written(method);
      const again = { ...change, revision: (log.at(-1)?.revision ?? 0n) + 1n };
      expect(assess({ operations, log: [...log, again] })).toContain("once");
    });
  });

  it("a lease said not to be made, one that is not there, one of another id, one made twice", async () => {
    const { operations, leases } = await good;
    const grant = operations.find(({ action, outcome }) => action.type === "grant" && outcome === "ok");
    const { action } = grant ?? {};
    if (grant === undefined || action?.type !== "grant") throw new Error("no lease was made");
    const lease = leases.find(({ ttl }) => ttl === action.ttl);
    if (lease === undefined) throw new Error("the lease is not there");
    const lie: Operation = { ...grant, outcome: "not-applied", action: { type: "grant", ttl: action.ttl } };
    const other = { ...lease, id: lease.id + 1n };
    expect(rules(checkLeases(operations, leases))).toEqual([]);
    expect(rules(checkLeases(instead(operations, grant, lie), leases))).toEqual(["not applied"]);
    expect(rules(checkLeases(operations, instead(leases, lease)))).toEqual(["acknowledged"]);
    expect(rules(checkLeases(operations, instead(leases, lease, other)))).toEqual(["acknowledged"]);
    expect(rules(checkLeases(operations, [...leases, other]))).toEqual(["once"]);
    expect(rules(checkLeases(instead(operations, grant), leases))).toEqual(["known"]);
  });

  it("an applied write without an answer that is not in the store", async () => {
    const { operations, log, write, change } = await written("update");
    const lie: Operation = { ...write, outcome: "applied" };
    expect(assess({ operations: instead(operations, write, lie), log: instead(log, change) })).toContain(
      "acknowledged",
    );
  });
});

const entry = (value: string, modRevision: bigint, version = 1n, createRevision = modRevision): SeenEntry => ({
  value,
  modRevision,
  createRevision,
  version,
});
const put = (key: string, value: string, revision: bigint): Change => ({ revision, type: "put", key, value });
const at = (call: number, end: number, action: Action, more: Partial<Operation> = {}): Operation => ({
  client: 0,
  key: "k",
  call,
  end,
  outcome: "ok",
  action,
  ...more,
});
const read = (call: number, end: number, revision: bigint, found: SeenEntry | null): Operation =>
  at(call, end, { type: "get", serializable: false, seen: { revision, entry: found } });
const rules = (violations: readonly { rule: string }[]): string[] => [...new Set(violations.map(({ rule }) => rule))];

describe("the checker by revision", () => {
  const log = [put("k", "a", 5n), put("k", "b", 7n)];
  const writes = [
    at(0, 1, { type: "put", value: "a", revision: 5n }),
    at(2, 3, { type: "put", value: "b", revision: 7n, prev: entry("a", 5n) }),
  ];

  it.each<[string, readonly Operation[], readonly Change[], string[]]>([
    ["nothing against what is right", [read(4, 5, 7n, entry("b", 7n, 2n, 5n))], log, []],
    ["a read of another value", [read(4, 5, 7n, entry("a", 7n, 2n, 5n))], log, ["read"]],
    ["a read that is late in the past", [read(4, 5, 6n, entry("a", 5n))], log, ["real time"]],
    [
      "a serializable read in the past is not a violation",
      [at(4, 5, { type: "get", serializable: true, seen: { revision: 6n, entry: entry("a", 5n) } })],
      log,
      [],
    ],
    ["a write that is not in the log", [], log.slice(0, 1), ["acknowledged"]],
    ["a write that is there twice", [], [...log, put("k", "b", 9n)], ["once"]],
    ["a write that nobody made", [], [...log, put("k", "c", 9n)], ["known"]],
    [
      "a write that was not to be",
      [at(4, 5, { type: "put", value: "c" }, { outcome: "not-applied" })],
      [...log, put("k", "c", 9n)],
      ["not applied"],
    ],
    [
      "an uncertain write that came is not a violation",
      [at(4, 5, { type: "put", value: "c" }, { outcome: "unknown" })],
      [...log, put("k", "c", 9n)],
      [],
    ],
    [
      "an uncertain write that came before its call",
      [at(4, 5, { type: "put", value: "c" }, { outcome: "unknown" })],
      [...log.slice(0, 1), put("k", "c", 6n), ...log.slice(1)],
      ["real time", "read"],
    ],
    [
      "a swap that was let through",
      [at(4, 5, { type: "swap", expected: entry("a", 5n), value: "c", revision: 9n })],
      [...log, put("k", "c", 9n)],
      ["verdict"],
    ],
    [
      "a swap that was refused for nothing",
      [
        at(4, 5, {
          type: "swap",
          expected: entry("b", 7n, 2n, 5n),
          value: "c",
          refusedBy: { revision: 7n, entry: entry("b", 7n, 2n, 5n) },
        }),
      ],
      log,
      ["verdict"],
    ],
    [
      "a write refused by a guard that held",
      [
        at(
          4,
          5,
          { type: "swap", expected: entry("b", 7n, 2n, 5n), value: "c" },
          { outcome: "not-applied", guardFailed: true },
        ),
      ],
      log,
      ["verdict"],
    ],
    [
      "a write refused by a guard that no longer held is not a violation",
      [at(4, 5, { type: "swap", expected: entry("a", 5n), value: "c" }, { outcome: "not-applied", guardFailed: true })],
      log,
      [],
    ],
    [
      "a guarded delete of unknown outcome that came is not a violation",
      [at(4, 5, { type: "delete", expected: entry("b", 7n, 2n, 5n) }, { outcome: "unknown" })],
      [...log, { revision: 9n, type: "delete", key: "k", value: "" }],
      [],
    ],
    [
      "a delete that the guarded one of unknown outcome cannot have made",
      [at(4, 5, { type: "delete", expected: entry("a", 5n) }, { outcome: "unknown" })],
      [...log, { revision: 9n, type: "delete", key: "k", value: "" }],
      ["once"],
    ],
    ["a delete that nobody made", [], [...log, { revision: 9n, type: "delete", key: "k", value: "" }], ["once"]],
  ])("says %s", (_, more, changes, expected) => {
    expect(rules(checkRevisions([...writes, ...more], changes)).sort()).toEqual(expected.sort());
  });
});

describe("the checker of orders", () => {
  const w = (call: number, end: number, value: string, outcome: Operation["outcome"] = "ok"): Operation =>
    at(call, end, { type: "put", value }, { outcome });
  const r = (call: number, end: number, value: string | null): Operation =>
    read(call, end, 0n, value === null ? null : entry(value, 0n));
  const swap = (call: number, end: number, from: string | null, value: string): Operation =>
    at(call, end, { type: "swap", expected: from === null ? null : entry(from, 0n), value });

  it.each<[string, readonly Operation[], boolean]>([
    ["reads that follow writes", [w(0, 1, "a"), r(2, 3, "a"), w(4, 5, "b"), r(6, 7, "b")], true],
    ["a read that is behind", [w(0, 1, "a"), w(2, 3, "b"), r(4, 5, "a")], false],
    ["writes at the same time, in either order", [w(0, 9, "a"), w(0, 9, "b"), r(10, 11, "a")], true],
    ["two reads that disagree about it", [w(0, 9, "a"), w(0, 9, "b"), r(10, 11, "a"), r(12, 13, "b")], false],
    ["a read that sees a write under way, then not", [w(0, 1, "a"), w(2, 9, "b"), r(3, 4, "b"), r(5, 6, "a")], false],
    [
      "a write of unknown outcome that is seen late",
      [w(0, 1, "a"), w(2, 3, "b", "unknown"), r(4, 5, "a"), r(6, 7, "b")],
      true,
    ],
    [
      "an uncertain write that is seen, then not",
      [w(0, 1, "a"), w(2, 3, "b", "unknown"), r(4, 5, "b"), r(6, 7, "a")],
      false,
    ],
    ["a write of unknown outcome that is seen before its call", [r(0, 1, "b"), w(2, 3, "b", "unknown")], false],
    ["two swaps of which one has to fail", [w(0, 1, "a"), swap(2, 9, "a", "b"), swap(2, 9, "a", "c")], false],
    [
      "swaps one after the other",
      [swap(0, 9, null, "a"), swap(0, 9, "a", "b"), swap(0, 9, "b", "c"), r(10, 11, "c")],
      true,
    ],
    [
      "a delete, and a read of nothing",
      [w(0, 1, "a"), at(2, 3, { type: "delete", deleted: true }), r(4, 5, null)],
      true,
    ],
    [
      "a delete that found nothing where something was",
      [w(0, 1, "a"), at(2, 3, { type: "delete", deleted: false })],
      false,
    ],
    [
      "a delete that found an uncertain write that nobody else saw",
      [w(0, 1, "a", "unknown"), at(2, 3, { type: "delete", deleted: true }), r(4, 5, null)],
      true,
    ],
    [
      "two deletes of one uncertain write",
      [
        w(0, 1, "a", "unknown"),
        at(2, 3, { type: "delete", deleted: true }),
        at(4, 5, { type: "delete", deleted: true }),
      ],
      false,
    ],
    ["a value out of nowhere", [r(0, 1, "a")], false],
  ])("judges %s", (_, operations, fine) => {
    expect(checkLinearizable(operations).length === 0).toBe(fine);
  });

  it("gives up a search that takes too long, and counts that as a failure", () => {
    const many = Array.from({ length: 14 }, (_, i) => w(0, 100, `v${i}`));
    const endless = [...many, r(200, 201, "nowhere")];
    expect(checkLinearizable(endless, { maxSteps: 100 })).toMatchObject([
      { what: expect.stringContaining("too long") },
    ]);
  });

  it("does not search which of many unseen writes or deletes of unknown outcome it was", () => {
    const del = (call: number, end: number, outcome: Operation["outcome"] = "ok"): Operation =>
      at(call, end, outcome === "ok" ? { type: "delete", deleted: true } : { type: "delete" }, { outcome });
    const operations: Operation[] = [];
    for (let i = 0; i < 300; i++) {
      const now = 10 * i;
      operations.push(w(now, now + 1, `lost${i}`, "unknown"), del(now, now + 1, "unknown"));
      operations.push(w(now + 2, now + 3, `v${i}`), r(now + 4, now + 5, `v${i}`), del(now + 6, now + 7));
    }
    expect(checkLinearizable(operations, { maxSteps: 5000 })).toEqual([]);
    const found = checkLinearizable([...operations, r(4000, 4001, "v7")], { maxSteps: 200_000 });
    expect(found).toMatchObject([{ what: expect.stringContaining("no order") }]);
  });

  it("takes thousands of operations of many clients", () => {
    const random = randomOf(7);
    const operations: Operation[] = [];
    let [now, value] = [0, ""];
    for (let i = 0; i < 4000; i++) {
      // Each takes place at `now`, somewhere between its call and its end, which reach over others'.
      now++;
      const [call, end] = [now - random() * 6, now + random() * 6];
      if (random() < 0.5) operations.push(r(call, end, value === "" ? null : value));
      else operations.push(w(call, end, (value = `v${i}`)));
    }
    expect(checkLinearizable(operations)).toEqual([]);
    const [some] = operations.slice(2000).filter(({ action }) => action.type === "get");
    const broken = operations.map((one) => (one === some ? r(one.call, one.end, "v1") : one));
    expect(checkLinearizable(broken)).toHaveLength(1);
  });
});

describe("the checker of watches", () => {
  const log = [put("k", "a", 5n), put("k", "b", 7n), put("j", "c", 7n), put("k", "d", 8n)];
  const batch = (revision: bigint, ...changes: Change[]): Watched["batches"][number] => ({ revision, changes });
  const [five, seven, eight] = [
    batch(5n, put("k", "a", 5n)),
    batch(7n, put("j", "c", 7n), put("k", "b", 7n)),
    batch(8n, put("k", "d", 8n)),
  ];

  it.each<[string, Watched["batches"], string[]]>([
    ["nothing against what is right", [five, seven, eight], []],
    ["what never came", [five, eight], ["watch: reliable"]],
    ["what came twice", [five, seven, seven, eight], ["watch: unique"]],
    ["what came out of order", [five, eight, seven], ["watch: ordered"]],
    [
      "what was split",
      [five, batch(7n, put("k", "b", 7n)), batch(7n, put("j", "c", 7n)), eight],
      ["watch: atomic", "watch: unique"],
    ],
    ["what was not asked for", [batch(4n, put("k", "z", 4n)), five, seven, eight], ["watch: atomic", "watch: filter"]],
    ["what says something else", [five, seven, batch(8n, put("k", "x", 8n))], ["watch: atomic"]],
  ])("says %s", (_, batches, expected) => {
    expect(rules(checkWatch({ from: 5n, batches }, log, 8n)).sort()).toEqual(expected);
  });
});
