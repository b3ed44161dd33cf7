import { expect, it, onTestFinished, vi } from "vitest";
import { createEtcd, lock, type Held } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

const waiters = 500;

it(`E20: ${waiters} waiters get a lock in the order of their asking, and each hand-over costs the same`, async () => {
  const memory = createMemoryEtcd();
  const requests: { path: string; body: string }[] = [];
  let openWatches = 0;
  const etcd = createEtcd({
    timeoutMs: 60_000,
    async fetch(url, init) {
      const { pathname } = new URL(url);
      requests.push({ path: pathname, body: String(init.body) });
      if (pathname === "/v3/watch") {
        openWatches++;
        init.signal?.addEventListener("abort", () => openWatches--);
      }
      return memory.fetch(url, init);
    },
  });
  onTestFinished(async () => {
    await etcd.close();
    memory.close();
  });

  const first = await lock(etcd, "door");
  const order: bigint[] = [];
  const costs: number[] = [];
  let held: Held | undefined = first;
  let got: (next: Held) => void = () => undefined;
  const waits: Promise<void>[] = [];
  for (let i = 0; i < waiters; i++) waits.push(lock(etcd, "door").then((next) => got(next)));
  while ((await etcd.count({ prefix: "door/" })) !== BigInt(waiters + 1))
    await new Promise((done) => setTimeout(done, 20));
  // Each waiter watches its own key and that of the one before it, and nothing else.
  const keys = (await etcd.range({ prefix: "door/" }, { sortBy: "createRevision", keysOnly: true })).entries;
  await vi.waitUntil(() => watchedIn(requests).size >= keys.length, { timeout: 30_000 });
  expect(watchedIn(requests)).toEqual(new Set(keys.map(({ key }) => key)));
  // At rest all of them share a few requests.
  await vi.waitUntil(() => openWatches <= 4, { timeout: 30_000 });

  while (held !== undefined) {
    order.push(held.token);
    const before = requests.length;
    const next: Promise<Held> | undefined =
      order.length <= waiters ? new Promise<Held>((resolve) => (got = resolve)) : undefined;
    await held.release();
    held = await next;
    costs.push(requests.length - before);
  }
  await Promise.all(waits);
  expect(order).toEqual(keys.map(({ createRevision }) => createRevision));
  // A release, and one look of the next; the watches that end cost nothing.
  expect(Math.max(...costs)).toBeLessThanOrEqual(3);
  expect(await etcd.count({ all: true })).toBe(0n);
}, 120_000);

/** The keys that requests have asked to watch. */
function watchedIn(requests: readonly { readonly path: string; readonly body: string }[]): Set<string> {
  const watched = new Set<string>();
  for (const { path, body } of requests) {
    if (path !== "/v3/watch") continue;
    for (const line of body.trim().split("\n")) {
      const { create_request: create } = JSON.parse(line) as { create_request: { key: string; range_end?: string } };
      if (create.range_end !== undefined && create.range_end !== "") throw new Error("a watch of more than one key");
      watched.add(atob(create.key));
    }
  }
  return watched;
}
