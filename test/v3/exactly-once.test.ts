import { expect, it, onTestFinished } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

it("B1: exactlyOnce: a line that loses every second answer for long leaves no write in doubt", async () => {
  const memory = createMemoryEtcd();
  let requests = 0;
  const etcd = createEtcd({
    // Paced by milliseconds, so that many writes fit into the test.
    retry: { baseMs: 1, capMs: 2 },
    async fetch(url, init) {
      const response = await memory.fetch(url, init);
      if (!url.endsWith("/v3/kv/txn") || ++requests % 2 === 0) return response;
      throw new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });
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
