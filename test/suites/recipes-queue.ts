import { describe, expect, it } from "vitest";
import { type Consumer, type Etcd, priorityQueue, queue } from "../../src/index.ts";
import { type Connect, freshPrefix } from "./connect.ts";
import { times } from "./tools.ts";

interface AnyQueue extends Consumer {
  enqueue(value: string): Promise<string>;
}

const kinds: readonly [string, (etcd: Etcd, name: string) => AnyQueue][] = [
  ["queue", queue],
  [
    "priorityQueue",
    (etcd, name) => {
      const lanes = priorityQueue(etcd, name);
      return { ...lanes, enqueue: (value) => lanes.enqueue(value, 7) };
    },
  ],
];

export function queueSuite(connect: Connect): void {
  const open = (): Etcd => connect({ namespace: freshPrefix() });

  describe.each(kinds)("%s", (_, create) => {
    it("gives out the items in their order, each once", async () => {
      const jobs = create(open(), "jobs");
      expect(await jobs.tryDequeue()).toBeNull();
      expect([await jobs.peek(), await jobs.size()]).toEqual([null, 0n]);
      for (const item of ["1", "2", "", "4"]) await jobs.enqueue(item);
      expect((await jobs.peek())?.text()).toBe("1");
      expect(await jobs.size()).toBe(4n);
      expect((await jobs.dequeue()).text()).toBe("1");
      expect((await jobs.tryDequeue())?.text()).toBe("2");
      expect((await jobs.dequeue()).text()).toBe("");
      await jobs.enqueue("5");
      expect([(await jobs.dequeue()).text(), (await jobs.dequeue()).text()]).toEqual(["4", "5"]);
      expect(await jobs.tryDequeue()).toBeNull();
    });

    it("waits for an item", async () => {
      const etcd = open();
      const waiting = create(etcd, "jobs").dequeue();
      await create(etcd, "jobs-of-others").enqueue("not mine");
      const key = await create(etcd, "jobs").enqueue("come");
      const item = await waiting;
      expect([item.key, item.text()]).toEqual([key, "come"]);
      expect(await etcd.has(key)).toBe(false);
    });

    it("stops waiting when its signal says so or its time is up, and takes nothing then", async () => {
      const jobs = create(open(), "jobs");
      const controller = new AbortController();
      const waiting = jobs.dequeue({ signal: controller.signal });
      const mine = new RangeError("mine");
      setTimeout(() => controller.abort(mine), 20);
      await expect(waiting).rejects.toBe(mine);
      const late = jobs.dequeue({ timeoutMs: 60 });
      await expect(late).rejects.toMatchObject({ reason: "Timeout", outcome: "not-applied" });
      await expect(late).rejects.toThrow("no item within 60 ms");
      await expect(jobs.dequeue({ signal: AbortSignal.abort(mine) })).rejects.toBe(mine);
      await jobs.enqueue("1");
      expect(await jobs.size()).toBe(1n);
    });

    it("goes on waiting over a compaction", async () => {
      const etcd = open();
      const jobs = create(etcd, "jobs");
      const waiting = jobs.dequeue();
      const { revision } = await etcd.put("else", "");
      await etcd.compact(revision);
      await jobs.enqueue("1");
      expect((await waiting).text()).toBe("1");
    });

    it("loses and doubles nothing with many on both sides, and each producer's items stay in order", async () => {
      const etcd = open();
      const taken: string[] = [];
      const consumers = Array.from({ length: 4 }, async () => {
        for (;;) {
          const item = (await create(etcd, "jobs").dequeue()).text();
          if (item === "end") return;
          taken.push(item);
        }
      });
      await times(5, async (p) => times(8, (i) => create(etcd, "jobs").enqueue(`${p}-${i}`), 1), 5);
      for (let i = 0; i < 4; i++) await create(etcd, "jobs").enqueue("end");
      await Promise.all(consumers);
      const expected = Array.from({ length: 40 }, (_, i) => `${Math.floor(i / 8)}-${i % 8}`);
      expect([...taken].sort()).toEqual(expected);
      expect(await create(etcd, "jobs").size()).toBe(0n);
    });

    it("gives a single consumer each producer's items in order", async () => {
      const etcd = open();
      const filling = times(4, async (p) => times(6, (i) => create(etcd, "jobs").enqueue(`${p}-${i}`), 1), 4);
      const taken: string[] = [];
      while (taken.length < 24) taken.push((await create(etcd, "jobs").dequeue()).text());
      await filling;
      for (let p = 0; p < 4; p++) {
        expect(taken.filter((item) => item.startsWith(`${p}-`))).toEqual(
          Array.from({ length: 6 }, (_, i) => `${p}-${i}`),
        );
      }
    });

    it("refuses what it does not know", async () => {
      const etcd = open();
      expect(() => create(etcd, "")).toThrow("name");
      await expect(create(etcd, "q").dequeue({ timeout: 1 } as never)).rejects.toThrow(
        expect.objectContaining({ reason: "InvalidArgument" }),
      );
      await expect(create(etcd, "q").tryDequeue({ timeoutMs: 0 })).rejects.toMatchObject({ reason: "InvalidArgument" });
      await expect(create(etcd, "q").enqueue(1 as never)).rejects.toMatchObject({ reason: "InvalidArgument" });
    });
  });

  it("priorityQueue gives out what is most urgent first, then what came first", async () => {
    const jobs = priorityQueue(open(), "jobs");
    for (const [item, priority] of [
      ["c", 10],
      ["d", 10],
      ["a", 0],
      ["e", 65_535],
      ["b", 9],
    ] as const)
      await jobs.enqueue(item, priority);
    const taken: string[] = [];
    for (let item = await jobs.tryDequeue(); item !== null; item = await jobs.tryDequeue()) taken.push(item.text());
    expect(taken.join("")).toBe("abcde");
    for (const wrong of [-1, 65_536, 1.5, "1"]) {
      await expect(jobs.enqueue("x", wrong as number)).rejects.toThrow("priority: expected");
    }
  });

  it("keeps the keys that other implementations keep", async () => {
    const etcd = open();
    const key = await queue(etcd, "q").enqueue("1");
    expect(key).toMatch(/^q\/\d{19}$/);
    await etcd.put("q/1700000000000000000", "of another program");
    expect((await queue(etcd, "q").dequeue()).text()).toBe("1");
    expect((await queue(etcd, "q").dequeue()).text()).toBe("of another program");

    const lanes = priorityQueue(etcd, "p");
    expect(await lanes.enqueue("1", 3)).toBe("p/00003/0000000000000000");
    await etcd.put("p/00003/0000000000000041", "of another program");
    expect(await lanes.enqueue("2", 3)).toBe("p/00003/0000000000000042");
    expect(await etcd.has("__p/00003")).toBe(true);
    // What is not an item is passed over, wherever it stands.
    await etcd.put("p/00003/zebra", "");
    expect(await lanes.enqueue("3", 3)).toBe("p/00003/0000000000000043");
  });
}
