import { expect, it } from "vitest";
import { type Etcd, type Held, semaphore } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { givesUp, times, value } from "./tools.ts";

export function semaphoreSuite(connect: Connect): void {
  const open = (): Etcd => connect({ namespace: freshPrefix() });
  const waiters = async (etcd: Etcd, count: number): Promise<void> => {
    while (Number(await etcd.count({ prefix: "slots/" })) !== count);
  };

  it("lets so many hold, and others when those let go, in the order of asking", async () => {
    const etcd = open();
    const slots = semaphore(etcd, "slots", { permits: 2 });
    const [a, b] = [await slots.acquire(), value(await slots.tryAcquire())];
    expect(await slots.tryAcquire()).toBeNull();
    expect(await slots.holders()).toBe(2);
    const order: string[] = [];
    const waiting: Promise<Held>[] = [];
    for (const [i, name] of ["c", "d", "e"].entries()) {
      waiting.push(
        slots.acquire().then((held) => {
          order.push(name);
          return held;
        }),
      );
      await waiters(etcd, i + 3);
    }
    await b.release();
    const c = await waiting[0];
    expect(order).toEqual(["c"]);
    await a.release();
    // Two that are let in at a time may hear of it in any order.
    await waiting[1];
    await value(c).release();
    for (const held of await Promise.all(waiting)) await held.release();
    expect(order).toEqual(["c", "d", "e"]);
    expect(await slots.holders()).toBe(0);
    expect(await etcd.keys({ prefix: "slots/" })).toEqual([]);
  });

  it("refuses another number of permits while it is in use", async () => {
    const etcd = open();
    const held = await semaphore(etcd, "slots", { permits: 2 }).acquire();
    const other = semaphore(etcd, "slots", { permits: 3 });
    const refusal = { reason: "RecipeMismatch", outcome: "not-applied" };
    await expect(other.acquire()).rejects.toMatchObject(refusal);
    await expect(other.tryAcquire()).rejects.toMatchObject(refusal);
    await expect(semaphore(etcd, "slots", { permits: 1 }).tryAcquire()).rejects.toThrow("2 permits, not 1");
    await held.release();
    await (await other.acquire()).release();
  });

  it("gives up when its time is up or the signal says so, and leaves no key", async () => {
    const etcd = open();
    const slots = semaphore(etcd, "slots", { permits: 1 });
    const held = await slots.acquire();
    const alone = async (): Promise<boolean> => (await etcd.count({ prefix: "slots/" })) === 1n;
    await givesUp(slots.acquire({ timeoutMs: 80 }), { reason: "LockTimeout" }, alone);
    const controller = new AbortController();
    const mine = new RangeError("mine");
    const outcome = expect(slots.acquire({ signal: controller.signal })).rejects.toBe(mine);
    await waiters(etcd, 2);
    controller.abort(mine);
    await outcome;
    expect(await etcd.keys({ prefix: "slots/" })).toEqual([held.key]);
    await held.release();
  });

  it("goes on waiting over a compaction", async () => {
    const etcd = open();
    const slots = semaphore(etcd, "slots", { permits: 1 });
    const held = await slots.acquire();
    const waiting = slots.acquire();
    await waiters(etcd, 2);
    const { revision } = await etcd.put("else", "");
    await etcd.compact(revision);
    await held.release();
    await (await waiting).release();
  });

  it("never has more holders than permits, and uses them all", async () => {
    const etcd = open();
    let [holding, most] = [0, 0];
    let allTaken: () => void = () => undefined;
    const full = new Promise<void>((resolve) => (allTaken = resolve));
    await times(
      30,
      async () => {
        const held = await semaphore(etcd, "slots", { permits: 3 }).acquire();
        most = Math.max(most, ++holding);
        if (holding === 3) allTaken();
        // The first ones hold until all permits are taken: if one is never given this does not end.
        await full;
        holding--;
        await held.release();
      },
      10,
    );
    expect(most).toBe(3);
  });

  it("refuses what it does not know", async () => {
    const etcd = open();
    expect(() => semaphore(etcd, "slots", {} as never)).toThrow("permits");
    expect(() => semaphore(etcd, "slots", { permits: 0 })).toThrow("permits");
    expect(() => semaphore(etcd, "", { permits: 1 })).toThrow("name");
    expect(() => semaphore(etcd, "slots", { permit: 1 } as never)).toThrow('did you mean "permits"');
  });
}
