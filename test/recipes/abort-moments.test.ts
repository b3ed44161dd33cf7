import { expect, it, vi } from "vitest";
import {
  createEtcd,
  doubleBarrier,
  election,
  type Etcd,
  lock,
  mutex,
  registry,
  rwLock,
  semaphore,
} from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { leftovers } from "./lossy-etcd.ts";

/** Each takes something under a session of its own, below `r/`. */
const takes: Record<string, (etcd: Etcd, signal: AbortSignal) => Promise<unknown>> = {
  lock: (etcd, signal) => lock(etcd, "r", { signal }),
  "mutex.tryAcquire": (etcd, signal) => mutex(etcd, "r").tryAcquire({ signal }),
  "rwLock.acquire": (etcd, signal) => rwLock(etcd, "r").write.acquire({ signal }),
  "semaphore.acquire": (etcd, signal) => semaphore(etcd, "r", { permits: 1 }).acquire({ signal }),
  "election.campaign": (etcd, signal) => election(etcd, "r").campaign("me", { signal }),
  "election.run": (etcd, signal) =>
    election(etcd, "r").run("me", async (leadership) => leadership.signal.throwIfAborted(), { signal }),
  "doubleBarrier.enter": (etcd, signal) => doubleBarrier(etcd, "r", { count: 2 }).enter({ signal }),
  "registry.register": (etcd, signal) => registry(etcd, "r").register("a", "1", { signal }),
};

function after(microtasks: number, work: () => void): void {
  if (microtasks === 0) work();
  else queueMicrotask(() => after(microtasks - 1, work));
}

/** The leases that are left, but for the one of `exactlyOnce`, which is known by its TTL. */
async function sessionsLeft(etcd: Etcd): Promise<bigint[]> {
  const ids = await etcd.lease.list();
  const ttls = await Promise.all(ids.map(async (id) => (await etcd.lease.timeToLive(id)).grantedTtl));
  return ids.filter((_, i) => ttls[i] !== 120);
}

it.each(Object.entries(takes))(
  "%s rejects with its signal's own reason at whatever moment that aborts, and leaves neither key nor session",
  async (_, take) => {
    let rejected = 0;
    for (let answer = 1; answer <= 3; answer++) {
      for (let microtasks = 0; microtasks < 66; microtasks += 3) {
        const memory = createMemoryEtcd();
        const outside = createEtcd({ fetch: memory.fetch });
        const enough = new Error("enough");
        const controller = new AbortController();
        let left = answer;
        const etcd = createEtcd({
          async fetch(url, init) {
            const response = await memory.fetch(url, init);
            if (--left === 0) after(microtasks, () => controller.abort(enough));
            return response;
          },
        });
        const when = `${microtasks} microtasks after answer ${answer}`;
        const reason = await take(etcd, controller.signal).then(
          () => "resolved",
          (error: unknown) => error,
        );
        if (reason !== "resolved") {
          rejected++;
          expect(reason, when).toBe(enough);
          expect(await leftovers(outside, "r/"), when).toEqual([]);
          await vi.waitFor(async () => expect(await sessionsLeft(outside), when).toEqual([]));
        }
        await Promise.all([etcd.close(), outside.close()]);
        memory.close();
      }
    }
    expect(rejected).toBeGreaterThan(10);
  },
  60_000,
);
