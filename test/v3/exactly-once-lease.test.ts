import { expect, it } from "vitest";
import { createEtcd } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { refused } from "../transport/network-failures.ts";

it.each([
  [
    "is not answered",
    (signal: AbortSignal) => new Promise<never>((_, reject) => signal.addEventListener("abort", reject)),
  ],
  ["is refused a connection", () => Promise.reject(refused())],
])("exactlyOnce waits for its lease as long as the write may take, where the first grant %s", async (_, fail) => {
  const memory = createMemoryEtcd({});
  let grants = 0;
  await using etcd = createEtcd({
    timeoutMs: 50,
    fetch: (input, init) => {
      if (!String(input).endsWith("/v3/lease/grant") || ++grants > 2) return memory.fetch(input, init);
      return fail(init?.signal ?? new AbortController().signal);
    },
  });
  await etcd.put("k", "v", { exactlyOnce: true, timeoutMs: 60_000 });
  expect((await etcd.get("k"))?.text()).toBe("v");
  memory.close();
});
