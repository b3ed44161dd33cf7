import { expect, it, vi } from "vitest";
import { cache } from "../../src/index.ts";
import { createVirtualEtcd } from "./virtual-etcd.ts";

it.each(["watch", "poll"] as const)(
  "a cache in mode %s ends with its client at once, and leaves no timer",
  async (mode) => {
    const virtual = createVirtualEtcd();
    const etcd = virtual.client();
    const kept = await virtual.during(
      cache(etcd, { prefix: "a/" }, mode === "watch" ? { mode } : { mode, pollMs: 3_600_000 }),
    );
    let told = 0;
    kept.subscribe(() => told++);
    await etcd.close();
    await virtual.pass(100);
    expect(kept.status).toBe("closed");
    expect(kept.error).toMatchObject({ reason: "Closed" });
    expect(told).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  },
);
