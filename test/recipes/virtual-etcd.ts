import { onTestFinished, vi } from "vitest";
import { createEtcd, type Etcd, type EtcdOptions } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";

/** How often a test that takes its times by chance is run. */
export const runs: number = Number(process.env["FETCD_LOCK_RUNS"] ?? 50);

/** An etcd in memory and its clients, by clocks that the test moves. */
export interface VirtualEtcd {
  readonly memory: MemoryEtcd;
  /** A client; `options` may give it another fetch. */
  client(options?: Partial<EtcdOptions>): Etcd;
  close(): Promise<void>;
  /** Time passes for everybody, in steps of so many milliseconds. */
  pass(ms: number, step?: number): Promise<void>;
  /** Time passes until work is done that nothing holds up. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Time passes for the server, and for the clocks of the clients as far as named; no timer of theirs runs. */
  freeze(ms: number, clocks: { readonly wall?: boolean; readonly monotonic?: boolean }): void;
}

export function createVirtualEtcd(): VirtualEtcd {
  // setImmediate stays as it is: streams need it.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  const memory = createMemoryEtcd({ clock: "virtual", seed: 1 });
  const open: Etcd[] = [];
  async function close(): Promise<void> {
    // In this order: the mocks are on the fake clocks.
    vi.restoreAllMocks();
    vi.useRealTimers();
    memory.faults.clear();
    await Promise.all(open.splice(0).map((etcd) => etcd.close()));
    memory.close();
  }
  onTestFinished(close);
  return {
    memory,
    close,
    client(options = {}) {
      const etcd = createEtcd({ fetch: memory.fetch, retry: { baseMs: 1, capMs: 1 }, ...options } as EtcdOptions);
      open.push(etcd);
      return etcd;
    },
    async pass(ms, step = 50) {
      for (let passed = 0; passed < ms; passed += step) {
        memory.advance(step);
        await vi.advanceTimersByTimeAsync(step);
        await settled();
      }
    },
    async during(work) {
      let done = false;
      const ended = work.finally(() => (done = true));
      ended.catch(() => undefined);
      while (!done) await this.pass(1, 1);
      return ended;
    },
    freeze(ms, { wall = false, monotonic = false }) {
      memory.advance(ms);
      if (wall) vi.setSystemTime(Date.now() + ms);
      if (!monotonic) return;
      const real = performance.now.bind(performance);
      vi.spyOn(performance, "now").mockImplementation(() => real() + ms);
    },
  };
}

/** Lets what is under way in memory come to its end. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
