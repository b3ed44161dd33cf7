import { expect, it, onTestFinished } from "vitest";
import { createEtcd, type Etcd, queue, transact } from "../../src/index.ts";
import {
  createMemoryEtcd,
  type FaultRequest,
  type MemoryEtcd,
  type MemoryEtcdOptions,
} from "../../src/memory/index.ts";

function open(options: MemoryEtcdOptions = {}): { memory: MemoryEtcd; etcd: Etcd } {
  const memory = createMemoryEtcd(options);
  const etcd = createEtcd({ fetch: memory.fetch, retry: { baseMs: 1 } });
  onTestFinished(async () => {
    await etcd.close();
    memory.close();
  });
  return { memory, etcd };
}

/** Requests that write under the record of an `exactlyOnce`. */
const commits = ({ path, body }: FaultRequest): boolean => path === "/v3/kv/txn" && /"lease"/.test(body);

it("a lost answer to the commit neither runs the function nor writes a second time", async () => {
  const { memory, etcd } = open();
  const fault = memory.faults.dropResponse({ times: 2, match: commits });
  let runs = 0;
  const answer = await transact(etcd, async (tx) => {
    runs++;
    const n = Number((await tx.get("n"))?.text() ?? "0") + 1;
    tx.put("n", String(n));
    return n;
  });
  expect([runs, answer, fault.hits]).toEqual([1, 1, 2]);
  expect(await etcd.get("n")).toMatchObject({ version: 1n });
});

it("a lost answer whose history is gone as well is known to have been a yes", async () => {
  const { memory, etcd } = open();
  await etcd.put("n", "0");
  memory.faults.dropResponse({ match: commits });
  let runs = 0;
  let compacted = false;
  const compacting = createEtcd({
    retry: { baseMs: 1 },
    fetch: async (input, init) => {
      const commit = commits({
        method: "POST",
        path: new URL(String(input)).pathname,
        headers: new Headers(),
        body: String(init?.body),
      });
      try {
        return await memory.fetch(input, init);
      } finally {
        if (commit && !compacted) memory.compact();
        compacted ||= commit;
      }
    },
  });
  onTestFinished(() => compacting.close());
  await transact(compacting, async (tx) => {
    runs++;
    await tx.get("n");
    tx.put("n", "1");
  });
  expect(runs).toBe(1);
  expect((await etcd.get("n"))?.text()).toBe("1");
});

it("the outcome of a commit that is not answered in time is unknown, that of a function that does not end in time is not", async () => {
  const { memory, etcd } = open();
  const fault = memory.faults.stall(0, { times: Infinity, match: commits });
  const late = transact(etcd, (tx) => tx.put("n", "1"), { timeoutMs: 60 });
  await expect(late).rejects.toMatchObject({ reason: "Timeout", outcome: "unknown" });
  expect(fault.hits).toBeGreaterThan(0);
  const slow = transact(etcd, () => new Promise(() => undefined), { timeoutMs: 20 });
  await expect(slow).rejects.toMatchObject({ reason: "Timeout", outcome: "not-applied" });
});

it("what the caller does to the bytes of a key after reading it does not matter", async () => {
  const { etcd } = open();
  let runs = 0;
  await transact(etcd, async (tx) => {
    const key = new TextEncoder().encode("a");
    const reading = tx.get(key);
    key.set(new TextEncoder().encode("b"));
    const n = Number((await reading)?.text() ?? "0");
    if (++runs === 1) await etcd.put("a", "5");
    tx.put("sum", String(n + 1));
  });
  expect([runs, (await etcd.get("sum"))?.text()]).toEqual([2, "6"]);
});

it("keeps to the limit of another server", async () => {
  const { etcd } = open({ maxTxnOps: 10 });
  const write = (n: number) =>
    transact(etcd, (tx) => Array.from({ length: n }, (_, i) => tx.put(`k${i}`, "1")).length, { maxTxnOps: 10 });
  expect(await write(8)).toBe(8);
  await expect(write(9)).rejects.toMatchObject({ reason: "TooManyOps", outcome: "not-applied" });
  const keys = Array.from({ length: 25 }, (_, i) => `k${i}`);
  const read = await transact(etcd, (tx) => tx.get(keys), { maxTxnOps: 10 });
  expect(read.filter((entry) => entry !== null)).toHaveLength(8);
});

it("an item whose removal is under way is given out though its consumer has given up", async () => {
  const { memory, etcd } = open();
  await queue(etcd, "jobs").enqueue("1");
  const controller = new AbortController();
  memory.faults.delay(30, {
    match: (request) => {
      if (!commits(request)) return false;
      controller.abort();
      return true;
    },
  });
  const item = await queue(etcd, "jobs").dequeue({ signal: controller.signal });
  expect([item.text(), controller.signal.aborted]).toEqual(["1", true]);
  expect(await queue(etcd, "jobs").size()).toBe(0n);
});
