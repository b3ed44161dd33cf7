import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pause, raceAbort, startDeadline } from "../../src/transport/deadline.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A signal that counts who listens. */
function countedSignal(): {
  readonly signal: AbortSignal;
  readonly abort: (reason: unknown) => void;
  readonly listeners: () => number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<AbortSignal["addEventListener"]>) => (count++, add(...args));
  signal.removeEventListener = (...args: Parameters<AbortSignal["removeEventListener"]>) => (count--, remove(...args));
  return { signal, abort: (reason) => controller.abort(reason), listeners: () => count };
}

describe("a deadline", () => {
  it("aborts with a Timeout when the time is up, and not before", () => {
    const { signal } = startDeadline(100);
    vi.advanceTimersByTime(99);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.reason).toMatchObject({
      reason: "Timeout",
      outcome: "unknown",
      message: "no answer within 100 ms",
    });
  });

  it("passes on the caller's own reason", () => {
    const caller = countedSignal();
    const { signal } = startDeadline(100, caller.signal);
    caller.abort("enough");
    expect(signal.reason).toBe("enough");
  });

  it("is over at once for a caller who aborted before", () => {
    expect(startDeadline(100, AbortSignal.abort("early")).signal.reason).toBe("early");
  });

  it("can be aborted by the caller that started it", () => {
    const deadline = startDeadline(100);
    deadline.abort("closed");
    expect(deadline.signal.reason).toBe("closed");
  });

  it("takes one listener of a signal that many wait for, since Node warns of a leak above ten", () => {
    const caller = countedSignal();
    const deadlines = Array.from({ length: 100 }, () => startDeadline(100, caller.signal));
    expect(caller.listeners()).toBe(1);
    deadlines[0]?.end();
    deadlines[0]?.end();
    expect(caller.listeners()).toBe(1);
    caller.abort("enough");
    expect(deadlines.filter(({ signal }) => signal.reason === "enough")).toHaveLength(99);
    for (const { end } of deadlines) end();
    expect(caller.listeners()).toBe(0);
  });

  it("leaves no timer behind where the signal is not one", () => {
    expect(() => startDeadline(100, {} as AbortSignal)).toThrow("signal: expected an AbortSignal");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves neither timer nor listener behind", () => {
    const caller = countedSignal();
    startDeadline(100, caller.signal).end();
    startDeadline(Infinity, caller.signal).end();
    expect([vi.getTimerCount(), caller.listeners()]).toEqual([0, 0]);
  });

  it("of Infinity has no timer; one beyond 24 days does not fire at once", () => {
    const endless = startDeadline(Infinity);
    expect(vi.getTimerCount()).toBe(0);
    const long = startDeadline(2 ** 40);
    vi.advanceTimersByTime(2 ** 31 - 2);
    expect([endless.signal.aborted, long.signal.aborted]).toEqual([false, false]);
  });
});

describe("waiting for a promise or an abort", () => {
  it("gives what the promise gives", async () => {
    const caller = countedSignal();
    expect(await raceAbort(Promise.resolve(1), caller.signal)).toBe(1);
    await expect(raceAbort(Promise.reject(new Error("no")), caller.signal)).rejects.toThrow("no");
    expect(await raceAbort(Promise.resolve(2), undefined)).toBe(2);
    expect(caller.listeners()).toBe(0);
  });

  it("rejects with the signal's reason, before and while waiting", async () => {
    const controller = new AbortController();
    const waiting = raceAbort(new Promise(() => undefined), controller.signal);
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    await expect(raceAbort(Promise.resolve(1), controller.signal)).rejects.toBe("enough");
  });
});

describe("a pause", () => {
  it("ends after its time and leaves no listener", async () => {
    const caller = countedSignal();
    const paused = pause(50, caller.signal);
    vi.advanceTimersByTime(50);
    await paused;
    expect(caller.listeners()).toBe(0);
  });

  it("is cut short by an abort, before and while it lasts, and leaves no timer", async () => {
    const controller = new AbortController();
    const paused = pause(50, controller.signal);
    controller.abort("enough");
    await expect(paused).rejects.toBe("enough");
    await expect(pause(50, controller.signal)).rejects.toBe("enough");
    expect(vi.getTimerCount()).toBe(0);
  });
});
