import { expect, it, onTestFinished, vi } from "vitest";
import { createEtcd, election, type Etcd, lock, mutex, session } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { lostAnswer, refused } from "../transport/network-failures.ts";

it.each(["lock", "election"] as const)(
  "a late copy of a request that was given up leaves no key in the queue of a %s",
  async (what) => {
    const memory = createMemoryEtcd();
    let late: (() => Promise<Response>) | undefined;
    let lose = false;
    const etcd = createEtcd({
      async fetch(url, init) {
        if (lose && late === undefined && url.endsWith("/v3/kv/txn")) {
          // It is under way somewhere; nobody knows.
          late = () => memory.fetch(url, { ...init, signal: null });
          throw lostAnswer();
        }
        return memory.fetch(url, init);
      },
    });
    onTestFinished(async () => {
      await etcd.close();
      memory.close();
    });
    await using own = await session(etcd);
    const other = await lock(etcd, "door");
    lose = true;
    const controller = new AbortController();
    const wait =
      what === "lock"
        ? lock(etcd, "door", { session: own, signal: controller.signal })
        : election(etcd, "door", { session: own }).campaign("me", { signal: controller.signal });
    const ended = expect(wait).rejects.toThrow("enough");
    await vi.waitFor(async () => expect(await etcd.count({ prefix: "door/" })).toBe(2n));
    controller.abort(new Error("enough"));
    await ended;
    await vi.waitFor(async () => expect(await etcd.count({ prefix: "door/" })).toBe(1n));
    expect(late).toBeDefined();
    await late?.();
    expect(await etcd.count({ prefix: "door/" })).toBe(2n);
    await vi.waitFor(async () => expect(await etcd.count({ prefix: "door/" })).toBe(1n), { timeout: 10_000 });
    // What is taken later in the same session is left alone.
    await other.release();
    const held = await lock(etcd, "door", { session: own });
    await new Promise((done) => setTimeout(done, 1500));
    expect(held.isHeld()).toBe(true);
    await held.release();
  },
  60_000,
);

it("a late copy of a try that somebody else was before leaves no key in the queue", async () => {
  const memory = createMemoryEtcd();
  const outside = createEtcd({ fetch: memory.fetch });
  let late: (() => Promise<Response>) | undefined;
  let lose = false;
  let held: Awaited<ReturnType<typeof lock>> | undefined;
  const etcd = createEtcd({
    async fetch(url, init) {
      if (!lose || late !== undefined || !url.endsWith("/v3/kv/txn")) return memory.fetch(url, init);
      late = () => memory.fetch(url, { ...init, signal: null });
      held = await lock(outside, "door");
      throw lostAnswer();
    },
  });
  onTestFinished(async () => {
    await Promise.all([etcd.close(), outside.close()]);
    memory.close();
  });
  await using own = await session(etcd);
  lose = true;
  expect(await mutex(etcd, "door", { session: own }).tryAcquire()).toBeNull();
  await held?.release();
  await late?.();
  expect(await outside.count({ prefix: "door/" })).toBe(1n);
  await (await lock(outside, "door", { timeoutMs: 20_000 })).release();
  expect(own.signal.aborted).toBe(false);
}, 60_000);

it.each(["when it is asked what became of it", "later"])(
  "a key that etcd created without an answer, before it was out of reach, is deleted when it can be reached again: %s",
  async (healed) => {
    const { etcd, outside, network } = breakable((url) => {
      if (healed !== "later" && url.endsWith("/v3/kv/range")) network.state = "good";
    });
    await using own = await session(etcd);
    network.state = "loses an answer";
    await expect(lock(etcd, "door", { session: own })).rejects.toMatchObject({ reason: "Unreachable" });
    network.state = "good";
    expect(await outside.count({ prefix: "door/" })).toBe(1n);
    await vi.waitFor(async () => expect(await outside.count({ prefix: "door/" })).toBe(0n), { timeout: 10_000 });
    expect(own.signal.aborted).toBe(false);
    await (await lock(etcd, "door", { session: own })).release();
  },
  60_000,
);

it("a lock that could not be released is released when etcd is in reach again, though its session lives on", async () => {
  const { etcd, outside, network } = breakable();
  await using own = await session(etcd);
  const held = await lock(etcd, "door", { session: own });
  const next = lock(outside, "door");
  network.state = "down";
  await expect(held.release()).rejects.toMatchObject({ reason: "Unreachable" });
  network.state = "good";
  await (await next).release();
  expect(own.signal.aborted).toBe(false);
}, 60_000);

/** A client whose network breaks, after an answer got lost or at once, and another one beside it. */
function breakable(asked?: (url: string) => void): {
  etcd: Etcd;
  outside: Etcd;
  network: { state: "good" | "loses an answer" | "down" };
} {
  const memory = createMemoryEtcd();
  const network: ReturnType<typeof breakable>["network"] = { state: "good" };
  const etcd = createEtcd({
    timeoutMs: 200,
    async fetch(url, init) {
      asked?.(url);
      if (network.state === "down") throw refused();
      const response = await memory.fetch(url, init);
      if (network.state === "good" || !url.endsWith("/v3/kv/txn")) return response;
      network.state = "down";
      throw lostAnswer();
    },
  });
  const outside = createEtcd({ fetch: memory.fetch });
  onTestFinished(async () => {
    await Promise.all([etcd.close(), outside.close()]);
    memory.close();
  });
  return { etcd, outside, network };
}
