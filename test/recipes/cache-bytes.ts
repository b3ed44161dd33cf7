import { describe, expect, it } from "vitest";
import { cache, createEtcd, type EtcdOptions, op } from "../../src/index.ts";
import { times } from "../suites/tools.ts";
import { countingFetch } from "./byte-counting-fetch.ts";

const size = 10_000;
const valueBytes = 100;

/** Declares what a refresh of a cache of 10,000 keys may cost. `connect`: how the cache gets at a server of its own. */
export function cacheBytes(connect: () => Pick<EtcdOptions, "endpoints" | "fetch">): void {
  describe("a refresh of a cache of 10,000 keys", () => {
    it("costs what has changed, whatever the size", async () => {
      const { endpoints, fetch: inner = globalThis.fetch } = connect();
      const writer = createEtcd({ endpoints, fetch: inner });
      const counter = countingFetch(inner);
      const reader = createEtcd({ endpoints, fetch: counter.fetch });
      const key = (i: number): string => `size/${String(i).padStart(5, "0")}`;
      await times(size / 100, (i) =>
        writer.txn({
          then: Array.from({ length: 100 }, (_, j) => op.put(key(100 * i + j), "v".repeat(valueBytes))),
        }),
      );
      const cached = await cache(reader, { prefix: "size/" }, { mode: "poll", pollMs: false });
      const { bytes: whole, requests } = counter.taken();
      expect([cached.size, whole > size * valueBytes, requests]).toEqual([size, true, 1]);
      const costs: Record<string, number> = {};
      const cost = async (name: string, change: () => Promise<unknown>): Promise<void> => {
        await change();
        await cached.refresh();
        costs[name] = counter.taken().bytes;
        const { entries } = await writer.range({ prefix: "size/" }, { keysOnly: true });
        const cachedNames = Array.from(
          cached.getSnapshot().values(),
          ({ key: name, modRevision }) => name + modRevision,
        );
        expect(cachedNames.join()).toBe(entries.map(({ key: name, modRevision }) => name + modRevision).join());
      };

      await cost("nothing", async () => undefined);
      await cost("others", () => times(1000, (i) => writer.put(`other/${i}`, "x".repeat(valueBytes))));
      await cost("1 change", () => writer.put(key(7), "w".repeat(valueBytes)));
      await cost("100 changes", () => times(100, (i) => writer.put(key(i * 97), "y".repeat(valueBytes))));
      await cost("1 deletion", () => writer.delete(key(5000)));
      await cost("100 in a row", () => writer.delete({ from: key(2000), to: key(2100) }));
      await cost("100 deletions", () => times(100, (i) => writer.delete(key(i * 71 + 1))));
      await cost("the rest", () => writer.delete({ prefix: "size/" }));

      // An entry in JSON is its key and value in base64, and four numbers.
      const entry = 300 + 2 * valueBytes;
      expect(costs["nothing"]).toBeLessThan(500);
      expect(costs["others"]).toBeLessThan(500);
      expect(costs["1 change"]).toBeLessThan(500 + entry);
      expect(costs["100 changes"]).toBeLessThan(500 + 100 * entry);
      expect(costs["the rest"]).toBeLessThan(500);
      // Where keys were deleted is found by counting: never more than some names and counts around each.
      expect(costs["1 deletion"]).toBeLessThan(10_000);
      expect(costs["100 in a row"]).toBeLessThan(20_000);
      expect(costs["100 deletions"]).toBeLessThan(400_000);
      await cached.close();
      await Promise.all([reader.close(), writer.close()]);
    }, 120_000);
  });
}
