import { createMemoryEtcd } from "../src/memory/index.ts";
import type * as Fetcd from "../src/index.ts";
import type * as FetcdFlags from "../src/flags/index.ts";
import { root } from "../test/package/project.ts";

const many = 10_000;

/** What flags cost: an evaluation with three rules and a split, and 10,000 flags, to load and to refresh. */
export async function flagRows(): Promise<string[]> {
  const { createEtcd } = (await import(`${root}/dist/index.js`)) as typeof Fetcd;
  const { createFlags } = (await import(`${root}/dist/flags/index.js`)) as typeof FetcdFlags;
  const memory = createMemoryEtcd();
  let requests = 0;
  const etcd = createEtcd({
    fetch: (input, init) => (requests++, memory.fetch(input, init)),
    maxResponseBytes: 64 * 2 ** 20,
  });
  const targeting = {
    if: [
      { in: [{ var: "country" }, ["NO", "SE", "DK"]] },
      "b",
      { ends_with: [{ var: "email" }, "@example.com"] },
      "c",
      { ">=": [{ var: "age" }, 65] },
      "a",
      {
        fractional: [
          ["a", 50],
          ["b", 50],
        ],
      },
    ],
  };
  const flag = JSON.stringify({ state: "ENABLED", variants: { a: 1, b: 2, c: 3 }, defaultVariant: "a", targeting });
  for (let i = 0; i < many; i++) await etcd.put(`flags/flag-${i}`, flag);

  const flags = createFlags(etcd, { prefix: "flags/", defaults: { "flag-0": 0 }, ttl: 3600 });
  const timed = async (work: () => Promise<void>): Promise<string> => {
    requests = 0;
    const started = process.cpuUsage();
    await work();
    return `${(process.cpuUsage(started).user / 1000).toFixed(0)} ms of CPU, ${requests} requests`;
  };
  const load = await timed(() => flags.ready({ timeoutMs: 60_000 }));
  await etcd.put("flags/flag-7", "1");
  const refresh = await timed(() => flags.refresh());
  const context = { targetingKey: "user-7", country: "DE", email: "x@example.org", age: 30 };
  let best = Infinity;
  for (let round = 0; round < 7; round++) {
    const started = process.cpuUsage();
    for (let i = 0; i < 50_000; i++) flags.get("flag-0", context);
    best = Math.min(best, process.cpuUsage(started).user / 50_000);
  }
  await etcd.close();
  return [
    `an evaluation with three rules and a split: ${best.toFixed(2)} µs`,
    `${many} flags, first load (client and memory server): ${load}`,
    `${many} flags, refresh after one has changed: ${refresh}`,
  ];
}
