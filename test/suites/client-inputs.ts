import { expect, it } from "vitest";
import { cache, compare, type Etcd, lock, op, session, transact } from "../../src/index.ts";
import type { Connect } from "./connect.ts";
import { recorder } from "./tools.ts";

// What types cannot keep out, or do not in JavaScript. Whatever it is, it is refused before anything is sent.

type Call = (etcd: Etcd) => unknown;
const wrong = (value: unknown): never => value as never;

/** What programs without types write: `"false"` would mean the opposite, and a signal that is not one would never abort. */
const wrongKinds: Record<string, Call> = {
  "a get with serializable 1": (etcd) => etcd.get("a", { serializable: wrong(1) }),
  "a range with keysOnly 1": (etcd) => etcd.range("a", { keysOnly: wrong(1) }),
  "a count with serializable as text": (etcd) => etcd.count("a", { serializable: wrong("false") }),
  "has with serializable {}": (etcd) => etcd.has("a", { serializable: wrong({}) }),
  "keys with serializable null": (etcd) => etcd.keys("a", { serializable: wrong(null) }),
  "a scan with keysOnly as text": (etcd) => etcd.scan("a", { keysOnly: wrong("false") }).next(),
  "ls with serializable 0": (etcd) => etcd.ls("a", { serializable: wrong(0) }).next(),
  "a put with prev 1": (etcd) => etcd.put("a", "1", { prev: wrong(1) }),
  "a put with ignoreValue as text": (etcd) => etcd.put("a", "", { ignoreValue: wrong("false") }),
  "a put with ignoreLease as text": (etcd) => etcd.put("a", "1", { ignoreLease: wrong("false") }),
  "a put with exactlyOnce 1": (etcd) => etcd.put("a", "1", { exactlyOnce: wrong(1) }),
  "a create with exactlyOnce as text": (etcd) => etcd.create("a", "1", { exactlyOnce: wrong("false") }),
  "a replace with ignoreLease {}": (etcd) => etcd.replace("a", "1", "2", { ignoreLease: wrong({}) }),
  "a delete with prev {}": (etcd) => etcd.delete("a", { prev: wrong({}) }),
  "a guard that is not one": (etcd) => etcd.delete("a", { guard: wrong(true) }),
  "pop with exactlyOnce null": (etcd) => etcd.pop("a", { exactlyOnce: wrong(null) }),
  "a compaction with physical as text": (etcd) => etcd.compact(1n, { physical: wrong("false") }),
  "a step with keysOnly as text": (etcd) => etcd.txn({ then: [op.get("a", { keysOnly: wrong("false") })] }),
  "a step by hand with keysOnly as text": (etcd) =>
    etcd.txn({ then: [{ type: "get", selector: "a", query: { keysOnly: wrong("false") } }] }),
  "a step by hand with prev 1": (etcd) =>
    etcd.txn({ then: [{ type: "delete", selector: "a", query: { prev: wrong(1) } }] }),
  "a step by hand with ignoreLease as text": (etcd) =>
    etcd.txn({ then: [{ type: "put", key: "a", value: "1", query: { ignoreLease: wrong("false") } }] }),
  "a watch with prev 1": (etcd) => etcd.watch("a", { prev: wrong(1) }),
  "a watch with progress as text": (etcd) => etcd.watch("a", { progress: wrong("false") }),
  "watchOnce with prev as text": (etcd) => etcd.watchOnce("a", { prev: wrong("false") }),
  "keys of a lease as text": (etcd) => etcd.lease.timeToLive(5n, { keys: wrong("false") }),
  "members with linearizable as text": (etcd) => etcd.cluster.members({ linearizable: wrong("false") }),
  "a learner 1": (etcd) => etcd.cluster.addMember("http://127.0.0.1:1", { learner: wrong(1) }),
  "a snapshot with verify as text": (etcd) => etcd.maintenance.snapshot({ verify: wrong("false") }),
  "a snapshot with onProgress that is not a function": (etcd) => etcd.maintenance.snapshot({ onProgress: wrong({}) }),
  "a signal {} for a read": (etcd) => etcd.get("a", { signal: wrong({}) }),
  "a signal as text for a write": (etcd) => etcd.put("a", "1", { signal: wrong("abort") }),
  "a controller for a signal": (etcd) => etcd.txn({}, { signal: wrong(new AbortController()) }),
  "a signal null for a lease": (etcd) => etcd.lease.list({ signal: wrong(null) }),
  "a signal true for users": (etcd) => etcd.auth.users.list({ signal: wrong(true) }),
  "a signal {} for a watch": (etcd) => etcd.watch("a", { signal: wrong({}) }),
  "a signal {} for an event": (etcd) => etcd.watchOnce("a", { signal: wrong({}) }),
  "a signal {} for a lock": (etcd) => lock(etcd, "a", { signal: wrong({}) }),
  "a session that is not one": (etcd) => lock(etcd, "a", { session: wrong({}) }),
  "a signal {} for a transaction": (etcd) => transact(etcd, () => 1, { signal: wrong({}) }),
  "an isolation that is not one": (etcd) => transact(etcd, () => 1, { isolation: wrong("none") }),
  "a signal {} for a cache": (etcd) => cache(etcd, "a", { signal: wrong({}) }),
  "a signal {} for a session": (etcd) => session(etcd, { signal: wrong({}) }),
};

const invalid: Record<string, Call> = {
  "an empty key": (etcd) => etcd.get(""),
  "an empty binary key": (etcd) => etcd.put(new Uint8Array(0), "1"),
  "an empty prefix": (etcd) => etcd.range({ prefix: "" }),
  "an empty from": (etcd) => etcd.delete({ from: "" }),
  "an empty to": (etcd) => etcd.count({ from: "a", to: "" }),
  "a range that ends where it starts": (etcd) => etcd.range({ from: "a", to: "a" }),
  "a range that ends before it starts": (etcd) => etcd.delete({ from: "b", to: "a" }),
  "no selector": (etcd) => etcd.range(wrong(undefined)),
  "null for a selector": (etcd) => etcd.delete(wrong(null)),
  "an empty selector": (etcd) => etcd.delete(wrong({})),
  "two selectors in one": (etcd) => etcd.delete(wrong({ prefix: "a", from: "b" })),
  "a selector with a name too many": (etcd) => etcd.range(wrong({ prefix: "a", limit: 1 })),
  "all: false": (etcd) => etcd.delete(wrong({ all: false })),
  "a prefix that is not set": (etcd) => etcd.delete(wrong({ prefix: undefined })),
  "a number for a key": (etcd) => etcd.get(wrong(5)),
  "a plain array for a key": (etcd) => etcd.get(wrong([1, 2])),
  "an ArrayBuffer for a value": (etcd) => etcd.put("a", wrong(new ArrayBuffer(2))),
  "a value that is missing": (etcd) => etcd.put("a", wrong(undefined)),
  "an object for a value": (etcd) => etcd.put("a", wrong({ a: 1 })),
  "half of a character in a key": (etcd) => etcd.get("a\ud800"),
  "half of a character in a value": (etcd) => etcd.put("a", "\udc00"),
  "a range for a key": (etcd) => etcd.get(wrong({ prefix: "a" })),
  "a range to pop": (etcd) => etcd.pop(wrong({ prefix: "a" })),
  "a range to look for": (etcd) => etcd.has(wrong({ prefix: "a" })),
  "limit 0": (etcd) => etcd.range("a", { limit: 0 }),
  "limit NaN": (etcd) => etcd.range("a", { limit: NaN }),
  "limit 1.5": (etcd) => etcd.range("a", { limit: 1.5 }),
  "a limit as text": (etcd) => etcd.range("a", { limit: wrong("5") }),
  "a limit as bigint": (etcd) => etcd.range("a", { limit: wrong(5n) }),
  "pageSize 0": (etcd) => etcd.scan("a", { pageSize: 0 }).next(),
  "revision 0": (etcd) => etcd.get("a", { revision: 0n }),
  "a negative revision": (etcd) => etcd.range("a", { revision: -1n }),
  "a revision as number": (etcd) => etcd.count("a", { revision: wrong(1) }),
  "a revision of 64 bits": (etcd) => etcd.keys("a", { revision: 2n ** 63n }),
  "a negative bound": (etcd) => etcd.range("a", { minModRevision: -1n }),
  "a bound as number": (etcd) => etcd.range("a", { maxCreateRevision: wrong(5) }),
  "an unknown order": (etcd) => etcd.range("a", { sortBy: wrong("size") }),
  "an order by another name": (etcd) => etcd.range("a", { sortOrder: wrong("desc") }),
  "an empty delimiter": (etcd) => etcd.ls("a", { delimiter: "" }).next(),
  "a range for a folder": (etcd) => etcd.ls(wrong({ from: "a", to: "b" })).next(),
  "an empty folder": (etcd) => etcd.ls("").next(),
  "a lease as number": (etcd) => etcd.put("a", "1", { lease: wrong(7) }),
  "a lease of 65 bits": (etcd) => etcd.put("a", "1", { lease: 2n ** 64n }),
  "a lease and ignoreLease": (etcd) => etcd.put("a", "1", wrong({ lease: 7n, ignoreLease: true })),
  "a value and ignoreValue": (etcd) => etcd.put("a", "1", { ignoreValue: true }),
  "timeoutMs 0": (etcd) => etcd.get("a", { timeoutMs: 0 }),
  "timeoutMs NaN": (etcd) => etcd.put("a", "1", { timeoutMs: NaN }),
  "timeoutMs as text": (etcd) => etcd.get("a", { timeoutMs: wrong("5") }),
  "timeoutMs as bigint": (etcd) => etcd.put("a", "1", { timeoutMs: wrong(5n) }),
  "timeoutMs as text for a renewal": (etcd) => etcd.lease.keepAliveOnce(5n, { timeoutMs: wrong("5") }),
  "a negative timeoutMs": (etcd) => etcd.txn({}, { timeoutMs: -5 }),
  "timeoutMs 0 for an event": (etcd) => etcd.watchOnce("a", { timeoutMs: 0 }),
  "timeoutMs 0 for a guarded write": (etcd) => etcd.put("a", "1", { timeoutMs: 0, guard: { modRevision: 1n } }),
  "timeoutMs NaN for an exactly-once write": (etcd) => etcd.put("a", "1", { timeoutMs: NaN, exactlyOnce: true }),
  "a guard of revision 0": (etcd) => etcd.put("a", "1", { guard: { modRevision: 0n } }),
  "a guard for a range": (etcd) => etcd.delete({ prefix: "a" }, { guard: { modRevision: 1n } }),
  "an expected value that is missing": (etcd) => etcd.replace("a", wrong(undefined), "1"),
  "a revision to compact as number": (etcd) => etcd.compact(wrong(5)),
  "a revision to compact of 0": (etcd) => etcd.compact(0n),
  "steps that are not list": (etcd) => etcd.txn({ then: wrong(op.get("a")) }),
  "a step that is not one": (etcd) => etcd.txn({ then: [wrong({})] }),
  "a condition that is not one": (etcd) => etcd.txn({ if: [wrong({ selector: "a", operator: "=" })] }),
  "nothing for a step": (etcd) => etcd.txn({ then: [op.get("a"), wrong(null)] }),
  "nothing for a condition": (etcd) => etcd.txn({ if: [wrong(undefined)] }),
  "nothing for a nested step": (etcd) => etcd.txn({ else: [op.txn({ then: [wrong(undefined)] })] }),
  "a condition by hand with an operator that etcd lacks": (etcd) =>
    etcd.txn({ if: [{ ...compare.version("a", "=", 1n), operator: wrong(">=") }] }),
  "nothing to update": (etcd) => etcd.update(wrong(null), "1"),
  "a step with an empty key": (etcd) => etcd.txn({ then: [op.put("", "1")] }),
  "a step with a bad limit": (etcd) => etcd.txn({ then: [op.get("a", { limit: -1 })] }),
  "a nested step with an empty prefix": (etcd) => etcd.txn({ then: [op.txn({ else: [op.delete({ prefix: "" })] })] }),
  "a condition on an empty key": (etcd) => etcd.txn({ if: [compare.exists("")] }),
  "an unknown operator": () => compare.version("a", wrong(">="), 1n),
  "a version as number": () => compare.version("a", "=", wrong(1)),
  "a negative version": () => compare.modRevision("a", "=", -1n),
  "a lease to compare as number": () => compare.lease("a", "=", wrong(1)),
  "a value to compare as number": () => compare.value("a", "=", wrong(1)),
  "a watch from 0": (etcd) => etcd.watch("a", { from: 0n }),
  "a watch from a number": (etcd) => etcd.watch("a", { from: wrong(5) }),
  "a watch for neither puts nor deletes": (etcd) => etcd.watch("a", { only: wrong("PUT") }),
  "a watch with no room": (etcd) => etcd.watch("a", { maxQueue: 0 }),
  ...wrongKinds,
  "a watch of nothing": (etcd) => etcd.watch(""),
};

const unknownName: Record<string, [string, Call]> = {
  'get: unknown option "rev"': ["revision", (etcd) => etcd.get("a", wrong({ rev: 1n }))],
  'range: unknown option "keyOnly"': ["keysOnly", (etcd) => etcd.range("a", wrong({ keyOnly: true }))],
  'count: unknown option "limit"': ["", (etcd) => etcd.count("a", wrong({ limit: 1 }))],
  'has: unknown option "singal"': ["signal", (etcd) => etcd.has("a", wrong({ singal: 1 }))],
  'keys: unknown option "timeout"': ["timeoutMs", (etcd) => etcd.keys("a", wrong({ timeout: 1 }))],
  'scan: unknown option "limit"': ["", (etcd) => etcd.scan("a", wrong({ limit: 1 })).next()],
  'ls: unknown option "delimeter"': ["delimiter", (etcd) => etcd.ls("a", wrong({ delimeter: "/" })).next()],
  'put: unknown option "leaseId"': ["lease", (etcd) => etcd.put("a", "1", wrong({ leaseId: 1n }))],
  'put: unknown option "ttl"; a time to live is a lease': ["", (etcd) => etcd.put("a", "1", wrong({ ttl: 1 }))],
  'guard: unknown option "version"': ["", (etcd) => etcd.put("a", "1", { guard: wrong({ version: 1n }) })],
  'create: unknown option "prev"': ["", (etcd) => etcd.create("a", "1", wrong({ prev: true }))],
  'replace: unknown option "guard"': ["", (etcd) => etcd.replace("a", "1", "2", wrong({ guard: {} }))],
  'update: unknown option "prev"': ["", (etcd) => etcd.update(wrong({}), "2", wrong({ prev: true }))],
  'delete: unknown option "prevKv"': ["prev", (etcd) => etcd.delete("a", wrong({ prevKv: true }))],
  'pop: unknown option "prev"': ["", (etcd) => etcd.pop("a", wrong({ prev: true }))],
  'compact: unknown option "phisical"': ["physical", (etcd) => etcd.compact(1n, wrong({ phisical: true }))],
  'txn: unknown option "when"': ["then", (etcd) => etcd.txn(wrong({ when: [] }))],
  'txn: unknown option "exactly"': ["exactlyOnce", (etcd) => etcd.txn({}, wrong({ exactly: true }))],
  'op.get: unknown option "limits"': ["limit", () => op.get("a", wrong({ limits: 1 }))],
  'op.put: unknown option "leaseID"': ["lease", () => op.put("a", "1", wrong({ leaseID: 1n }))],
  'op.delete: unknown option "prevs"': ["prev", () => op.delete("a", wrong({ prevs: true }))],
  'op.txn: unknown option "elze"': ["else", () => op.txn(wrong({ elze: [] }))],
  'watch: unknown option "startRevision"': ["from", (etcd) => etcd.watch("a", wrong({ startRevision: 1n }))],
  'watch: unknown option "prevs"': ["prev", (etcd) => etcd.watch("a", wrong({ prevs: true }))],
  'watchOnce: unknown option "form"': ["from", (etcd) => etcd.watchOnce("a", wrong({ form: 1n }))],
};

/** Calls that throw and calls that reject are refused alike. */
async function refusalOf(call: Call, etcd: Etcd): Promise<unknown> {
  try {
    await call(etcd);
    return undefined;
  } catch (error) {
    return error;
  }
}

export function inputSuite(connect: Connect): void {
  it.each(Object.keys(invalid))("refuses %s, and sends nothing", async (what) => {
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const refusal = await refusalOf(invalid[what] as Call, etcd);
    expect(refusal).toMatchObject({
      reason: "InvalidArgument",
      outcome: "not-applied",
      retryable: false,
      attempts: [],
    });
    expect(calls).toEqual([]);
  });

  it.each(Object.keys(unknownName))("throws for %s, and sends nothing", async (what) => {
    const [nearest, call] = unknownName[what] as [string, Call];
    const { interceptor, calls } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const refusal = await refusalOf(call, etcd);
    expect(refusal).toMatchObject({ reason: "InvalidArgument", outcome: "not-applied" });
    expect(String(refusal)).toContain(nearest === "" ? what : `${what}; did you mean "${nearest}"?`);
    expect(calls).toEqual([]);
  });
}
