import { expect, it } from "vitest";
import { barrier, session } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";

export function barrierSuite(connect: Connect): void {
  it("makes nobody wait while it is open", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    const gate = barrier(etcd, "gate");
    await gate.wait();
    expect(await gate.isHeld()).toBe(false);
    expect(await gate.release()).toBe(false);
  });

  it("holds all who wait until it is released", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    const gate = barrier(etcd, "gate");
    expect(await gate.hold()).toBe(true);
    expect(await barrier(etcd, "gate").hold()).toBe(false);
    expect(await gate.isHeld()).toBe(true);
    let through = 0;
    const waiting = Array.from({ length: 5 }, () =>
      barrier(etcd, "gate")
        .wait()
        .then(() => through++),
    );
    // A neighbour's change does not concern them.
    await etcd.put("gate2", "");
    await etcd.delete("gate2");
    await expect(gate.wait({ timeoutMs: 60 })).rejects.toMatchObject({ reason: "Timeout", outcome: "not-applied" });
    expect(through).toBe(0);
    expect(await gate.release()).toBe(true);
    await Promise.all(waiting);
    expect(through).toBe(5);
  });

  it("opens when the session of its holder ends", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    const holder = await session(etcd, { ttl: 60 });
    const gate = barrier(etcd, "gate");
    expect(await gate.hold({ session: holder })).toBe(true);
    expect(await holder.keys()).toEqual(["gate"]);
    const waiting = gate.wait();
    await holder.close();
    await waiting;
    await expect(gate.hold({ session: holder })).rejects.toMatchObject({ reason: "Closed" });
    expect(await gate.isHeld()).toBe(false);
  });

  it("stops waiting when its signal says so, and goes on over a compaction", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    const gate = barrier(etcd, "gate");
    await gate.hold();
    const controller = new AbortController();
    const aborted = gate.wait({ signal: controller.signal });
    const waiting = gate.wait();
    const { revision } = await etcd.put("else", "");
    await etcd.compact(revision);
    const mine = new RangeError("mine");
    controller.abort(mine);
    await expect(aborted).rejects.toBe(mine);
    await gate.release();
    await waiting;
  });

  it("refuses what it does not know", async () => {
    const etcd = connect({ namespace: freshPrefix() });
    expect(() => barrier(etcd, "")).toThrow("name");
    await expect(barrier(etcd, "b").hold({ lease: 1n } as never)).rejects.toThrow(
      expect.objectContaining({ reason: "InvalidArgument" }),
    );
    await expect(barrier(etcd, "b").wait({ timeoutMs: -5 })).rejects.toMatchObject({ reason: "InvalidArgument" });
  });
}
