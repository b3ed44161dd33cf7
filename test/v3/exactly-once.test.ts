import { expect, it, onTestFinished } from "vitest";
import { createEtcd, Entry, op, type WriteOptions } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { lostAnswer } from "../transport/network-failures.ts";

it("B1: exactlyOnce: a line that loses every second answer for long leaves no write with an unknown outcome", async () => {
  const memory = createMemoryEtcd();
  let requests = 0;
  const etcd = createEtcd({
    // Paced by milliseconds, so that many writes fit into the test.
    retry: { baseMs: 1, capMs: 2 },
    async fetch(url, init) {
      const response = await memory.fetch(url, init);
      if (!url.endsWith("/v3/kv/txn") || ++requests % 2 === 0) return response;
      throw lostAnswer();
    },
  });
  const outside = createEtcd({ fetch: memory.fetch });
  onTestFinished(async () => {
    await Promise.all([etcd.close(), outside.close()]);
    memory.close();
  });
  // Each costs more than it gives back: the budget for retries is empty after a few.
  for (let i = 0; i < 100; i++) await etcd.put("k", String(i), { exactlyOnce: true });
  expect(await outside.get("k")).toMatchObject({ version: 100n });
  expect(requests).toBeGreaterThanOrEqual(200);
});

it("G4: exactlyOnce that is not a boolean is refused by every write before anything is sent", async () => {
  let requests = 0;
  const etcd = createEtcd({
    fetch: () => {
      requests++;
      return Promise.reject(lostAnswer());
    },
  });
  onTestFinished(() => etcd.close());
  // As a program without types may have it, of its environment.
  const options = { exactlyOnce: "false" } as unknown as WriteOptions;
  const guarded = { ...options, guard: { modRevision: 1n } };
  const entry = { keyBytes: new Uint8Array([1]), createRevision: 1n, modRevision: 1n, version: 1n, lease: 0n };
  const writes: readonly (() => Promise<unknown>)[] = [
    () => etcd.put("k", "v", options),
    () => etcd.put("k", "v", guarded),
    () => etcd.create("k", "v", options),
    () => etcd.replace("k", "v", "w", options),
    () => etcd.update(new Entry({ ...entry, value: new Uint8Array([2]) }), "v", options),
    () => etcd.delete("k", options),
    () => etcd.pop("k", options),
    () => etcd.txn({ then: [op.put("k", "v")] }, options),
  ];
  for (const write of writes)
    await expect(write()).rejects.toMatchObject({
      reason: "InvalidArgument",
      outcome: "not-applied",
      message: "exactlyOnce: expected true or false, got string",
    });
  expect(requests).toBe(0);
});
