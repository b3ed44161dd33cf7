import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEtcd, lock, session } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { createAborter, onAbort } from "../../src/transport/on-abort.ts";

describe("waiting for a signal", () => {
  it("takes one listener however many wait, and removes it when the last one leaves", () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const forgets = Array.from({ length: 20 }, () => onAbort(signal, () => undefined));
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 0]);
    for (const forget of [...forgets, ...forgets]) forget();
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);
    onAbort(signal, () => undefined);
    expect(added.mock.calls.length).toBe(2);
  });

  it("calls each once, in order, but for those that were taken back, even by one that was called before", () => {
    const controller = new AbortController();
    const { signal } = controller;
    const called: string[] = [];
    onAbort(signal, () => {
      called.push("first");
      third();
    });
    onAbort(signal, () => called.push("second"));
    const third = onAbort(signal, () => called.push("third"));
    onAbort(signal, () => called.push("fourth"));
    controller.abort();
    expect(called).toEqual(["first", "second", "fourth"]);
    onAbort(signal, () => called.push("late"))();
    expect(called.at(-1)).toBe("late");
  });
});

describe("a signal of the client's own", () => {
  it("calls those that wait without a listener, when it has aborted, and once only", () => {
    const { signal, abort } = createAborter();
    const added = vi.spyOn(signal, "addEventListener");
    const called: unknown[] = [];
    onAbort(signal, () => called.push(signal.reason));
    onAbort(signal, () => called.push("taken back"))();
    abort("enough");
    abort("again");
    onAbort(signal, () => called.push("late"));
    expect(called).toEqual(["enough", "late"]);
    expect(added).not.toHaveBeenCalled();
  });

  it("tells others by its event", () => {
    const { signal, abort } = createAborter();
    const heard = vi.fn();
    signal.addEventListener("abort", heard);
    abort("enough");
    expect(heard).toHaveBeenCalledOnce();
    expect(signal.reason).toBe("enough");
  });
});

it("many calls, watches and locks that share a signal or a session cause no leak warning", async () => {
  const memory = createMemoryEtcd();
  const etcd = createEtcd({ fetch: memory.fetch });
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on("warning", warned);
  onTestFinished(async () => {
    process.off("warning", warned);
    await etcd.close();
    memory.close();
  });
  const { signal } = new AbortController();
  const many = <T>(work: (i: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: 20 }, (_, i) => work(i)));
  await many(() => etcd.get("a", { signal }));
  await many(() => etcd.put("a", "1", { signal, exactlyOnce: true }));
  await many((i) => etcd.watch(`w${i}`, { signal }).ready);
  const own = await session(etcd, { signal });
  await many((i) => lock(etcd, `door-${i}`, { session: own, signal }));
  await many(() => session(etcd, { signal }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings.map(({ message }) => message)).toEqual([]);
});
