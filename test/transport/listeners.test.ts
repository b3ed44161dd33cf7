import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { createFlags } from "../../src/flags/index.ts";
import { cache, createEtcd } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

describe("a listener that throws is reported on the console, nothing is uncaught, and the others are told:", () => {
  const failure = new Error("of a listener");
  const failing: readonly (() => unknown)[] = [
    () => {
      throw failure;
    },
    () => Promise.reject(failure),
  ];
  const uncaught = vi.fn();
  let reported: MockInstance;

  beforeEach(() => {
    process.on("uncaughtExceptionMonitor", uncaught).on("unhandledRejection", uncaught);
    reported = vi.spyOn(console, "error").mockImplementation(() => undefined);
  });

  afterEach(async () => {
    // An unhandled rejection is one after the microtasks are done.
    await new Promise(setImmediate);
    process.off("uncaughtExceptionMonitor", uncaught).off("unhandledRejection", uncaught);
    expect(uncaught).not.toHaveBeenCalled();
    expect(reported.mock.calls).toEqual(failing.map(() => ["fetcd: a listener failed:", failure]));
    reported.mockRestore();
  });

  it("of a cache", async () => {
    const { fetch } = createMemoryEtcd();
    await using etcd = createEtcd({ fetch });
    const cached = await cache(etcd, { prefix: "a" }, { mode: "poll", pollMs: false });
    const told = vi.fn();
    const stops = [...failing, told].map((listener) => cached.subscribe(listener));
    await etcd.put("a", "1");
    await cached.refresh();
    for (const stop of stops) stop();
    expect([told.mock.calls.length, cached.get("a")?.text(), cached.status]).toEqual([1, "1", "live"]);
    await cached.close();
  });

  it("of flags", async () => {
    const flags = createFlags.fake({ dark: false });
    const told = vi.fn();
    const stops = [...failing, told].map((listener) => flags.subscribe(listener));
    flags.set({ dark: true });
    for (const stop of stops) stop();
    expect([told.mock.calls, flags.get("dark")]).toEqual([[[{ type: "changed", flags: ["dark"] }]], true]);
  });

  it("of a change of the cluster", async () => {
    let memory = createMemoryEtcd();
    await using etcd = createEtcd({ fetch: (url, init) => memory.fetch(url, init), onClusterChange: "accept" });
    await etcd.put("a", "1");
    await etcd.put("a", "2");
    const told = vi.fn();
    for (const listener of [...failing, told]) etcd.onClusterChange(listener);
    memory = createMemoryEtcd();
    expect(await etcd.get("a")).toBeNull();
    expect(told.mock.calls).toMatchObject([[{ reason: "ClusterChanged" }]]);
  });
});
