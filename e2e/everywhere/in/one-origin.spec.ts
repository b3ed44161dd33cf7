import { describe, expect, inject, it, onTestFinished, vi } from "vitest";
import { createEtcd, session, type WatchEvent } from "../../../src/index.ts";
import { freshPrefix } from "../../../test/suites/connect.ts";
import "../provided.ts";

describe("one origin", () => {
  describe("one origin", () => {
    it("D23, E28: 20 watches, a session and puts go on together, where an engine opens six connections to it", async () => {
      const etcd = createEtcd({ endpoints: inject("etcds").at(-1)?.endpoint ?? "" });
      onTestFinished(() => etcd.close());
      const prefix = freshPrefix();
      const keys = Array.from({ length: 20 }, (_, i) => `${prefix}${i}`);
      const watches = keys.map((key) => etcd.watch(key));
      await Promise.all(watches.map((watch) => watch.ready));
      await using held = await session(etcd, { ttl: 6 });
      for (const key of keys) await etcd.put(key, `of ${key}`, { lease: held.leaseId });
      const later = performance.now() + 1.5 * held.ttl * 1000;
      await vi.waitFor(() => expect(performance.now()).toBeGreaterThan(later), { timeout: 60_000, interval: 50 });
      expect(held.signal.aborted).toBe(false);
      expect(await held.keys()).toHaveLength(20);
      const texts = await Promise.all(
        watches.map(async (watch) => {
          const { value } = (await watch[Symbol.asyncIterator]().next()) as IteratorYieldResult<WatchEvent>;
          return value.entry.text();
        }),
      );
      expect(texts).toEqual(keys.map((key) => `of ${key}`));
    });
  });
});
