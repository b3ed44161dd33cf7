import { expect, it } from "vitest";
import { doubleBarrier, type Etcd, session } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { givesUp } from "./tools.ts";

export function doubleBarrierSuite(connect: Connect): void {
  const open = (): Etcd => connect({ namespace: freshPrefix() });
  const waiters = async (etcd: Etcd, count: number): Promise<void> => {
    while (Number(await etcd.count({ prefix: "race/waiters/" })) !== count);
  };

  it("lets nobody in before all have come, nor out before all have left, round by round", async () => {
    const etcd = open();
    for (let round = 0; round < 3; round++) {
      let [entered, left] = [0, 0];
      const runners = Array.from({ length: 4 }, () => doubleBarrier(etcd, "race", { count: 4 }));
      const [last, ...others] = runners;
      const entering = others.map(async (runner) => {
        await runner.enter();
        entered++;
      });
      await waiters(etcd, 3);
      expect(entered).toBe(0);
      await Promise.all([last?.enter(), ...entering]);
      expect(entered).toBe(3);
      const leaving = others.map(async (runner) => {
        await runner.leave();
        left++;
      });
      // Those that wait to leave have deleted their keys, all but the one that the others wait for.
      await waiters(etcd, 2);
      expect(left).toBe(0);
      await last?.leave();
      await Promise.all(leaving);
      expect(left).toBe(3);
      expect(await etcd.keys({ prefix: "race/" })).toEqual([]);
    }
  });

  it("keeps the keys that other implementations keep", async () => {
    const etcd = open();
    const mine = doubleBarrier(etcd, "race", { count: 2 });
    const entering = mine.enter();
    await waiters(etcd, 1);
    const [key] = await etcd.keys({ prefix: "race/" });
    expect(key).toMatch(/^race\/waiters\/\d{19}$/);
    // Another program comes second and opens the gate.
    await etcd.put("race/waiters/1700000000000000000", "");
    await etcd.put("race/ready", "");
    await entering;
    const leaving = mine.leave();
    await etcd.delete("race/waiters/1700000000000000000");
    await leaving;
    expect(await etcd.keys({ prefix: "race/" })).toEqual([]);
  });

  it("refuses one more, and one who counts to another number", async () => {
    const etcd = open();
    const [a, b] = [doubleBarrier(etcd, "race", { count: 2 }), doubleBarrier(etcd, "race", { count: 2 })];
    await Promise.all([a.enter(), b.enter()]);
    const refusal = { reason: "RecipeMismatch", outcome: "not-applied" };
    await expect(doubleBarrier(etcd, "race", { count: 2 }).enter()).rejects.toMatchObject(refusal);
    await expect(doubleBarrier(etcd, "race", { count: 5 }).enter()).rejects.toThrow("count 2, not 5");
    await Promise.all([a.leave(), b.leave()]);
    expect(await etcd.keys({ prefix: "race/" })).toEqual([]);
  });

  it("gives up when its time is up, the signal says so or the session ends, and leaves no key", async () => {
    const etcd = open();
    const empty = async (): Promise<boolean> => (await etcd.count({ prefix: "race/" })) === 0n;
    await givesUp(doubleBarrier(etcd, "race", { count: 2 }).enter({ timeoutMs: 80 }), { reason: "Timeout" }, empty);
    const controller = new AbortController();
    const mine = new RangeError("mine");
    const outcome = expect(doubleBarrier(etcd, "race", { count: 2 }).enter({ signal: controller.signal })).rejects.toBe(
      mine,
    );
    await waiters(etcd, 1);
    controller.abort(mine);
    await outcome;
    expect(await etcd.keys({ prefix: "race/" })).toEqual([]);
    const own = await session(etcd, { ttl: 60 });
    const ended = expect(doubleBarrier(etcd, "race", { count: 2, session: own }).enter()).rejects.toMatchObject({
      reason: "Closed",
    });
    await waiters(etcd, 1);
    await own.close();
    await ended;
  });

  it("goes on when one who is in vanishes", async () => {
    const etcd = open();
    const own = await session(etcd, { ttl: 60 });
    const [a, b] = [doubleBarrier(etcd, "race", { count: 2, session: own }), doubleBarrier(etcd, "race", { count: 2 })];
    await Promise.all([a.enter(), b.enter()]);
    const leaving = b.leave();
    await own.close();
    await leaving;
  });

  it("refuses what it does not know, and what comes in the wrong order", async () => {
    const etcd = open();
    expect(() => doubleBarrier(etcd, "race", { count: 0 })).toThrow("count");
    expect(() => doubleBarrier(etcd, "", { count: 1 })).toThrow("name");
    const alone = doubleBarrier(etcd, "race", { count: 1 });
    await expect(alone.leave()).rejects.toMatchObject({
      reason: "InvalidArgument",
      message: "doubleBarrier.leave: not entered",
    });
    await alone.enter();
    await expect(alone.enter()).rejects.toMatchObject({
      reason: "InvalidArgument",
      message: expect.stringContaining("already entered"),
    });
    await alone.leave();
    expect(await etcd.keys({ prefix: "race/" })).toEqual([]);
  });
}
