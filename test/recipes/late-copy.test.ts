import { expect, it, onTestFinished, vi } from "vitest";
import { createEtcd, election, lock, session } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

it.each(["lock", "election"] as const)(
  "a late copy of a request that was given up leaves no place in the line of a %s",
  async (what) => {
    const memory = createMemoryEtcd();
    let late: (() => Promise<Response>) | undefined;
    let lose = false;
    const etcd = createEtcd({
      async fetch(url, init) {
        if (lose && late === undefined && url.endsWith("/v3/kv/txn")) {
          // It is under way somewhere; nobody knows.
          late = () => memory.fetch(url, { ...init, signal: null });
          throw new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });
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
