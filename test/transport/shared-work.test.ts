import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startDeadline } from "../../src/transport/deadline.ts";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import { createSharedWork } from "../../src/transport/shared-work.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Work that is answered by hand, by the number of its run. */
function scripted() {
  const answers: { resolve(value: string): void; reject(error: unknown): void }[] = [];
  const work = (): Promise<string> => new Promise((resolve, reject) => void answers.push({ resolve, reject }));
  return { work, answers };
}

/** As if the runtime had ended the event that began what runs now: its timers stop, its promises never settle. */
function killOwner(run: () => Promise<unknown>): void {
  const timers: ReturnType<typeof setInterval>[] = [];
  const spy = vi.spyOn(globalThis, "setInterval").mockImplementation(((call: () => void, ms: number) => {
    const timer = setTimeout(call, ms);
    timers.push(timer);
    return timer;
  }) as never);
  run().catch(() => undefined);
  spy.mockRestore();
  for (const timer of timers) clearTimeout(timer);
}

describe.each([true, false])("work that is shared, shareRequests: %s", (shareRequests) => {
  it("runs once for all callers that ask while it runs, and again for later ones", async () => {
    const { work, answers } = scripted();
    const shared = createSharedWork(work, { shareRequests });
    const all = Promise.all([shared.join(), shared.join(), shared.join()]);
    answers[0]?.resolve("one");
    await vi.advanceTimersByTimeAsync(250);
    expect(await all).toEqual(["one", "one", "one"]);
    const later = shared.join();
    answers[1]?.resolve("two");
    expect([await later, answers.length]).toEqual(["two", 2]);
  });

  it("fails for all that share it, and then begins anew", async () => {
    const { work, answers } = scripted();
    const shared = createSharedWork(work, { shareRequests });
    const all = Promise.allSettled([shared.join(), shared.join()]);
    answers[0]?.reject("bad");
    await vi.advanceTimersByTimeAsync(250);
    expect(await all).toEqual([
      { status: "rejected", reason: "bad" },
      { status: "rejected", reason: "bad" },
    ]);
    void shared.join();
    expect(answers.length).toBe(2);
  });

  it("tells a caller whose time is up what the run met last, and one that gives up its own reason", async () => {
    const met = new EtcdError("no leader", "NoLeader", { outcome: "unknown" });
    const shared = createSharedWork(
      (note) => {
        note(new EtcdError("refused", "Unreachable", { outcome: "not-applied" }));
        note(met);
        return new Promise<never>(() => undefined);
      },
      { shareRequests },
    );
    const caller = new AbortController();
    const deadline = startDeadline(100);
    const all = Promise.allSettled([shared.join(deadline.signal), shared.join(caller.signal)]);
    await vi.advanceTimersByTimeAsync(100);
    caller.abort("enough");
    expect(await all).toEqual([
      { status: "rejected", reason: met },
      { status: "rejected", reason: "enough" },
    ]);
    deadline.end();
  });

  it("leaves each caller with its own signal, and goes on without the one that began it", async () => {
    const { work, answers } = scripted();
    const shared = createSharedWork(work, { shareRequests });
    const first = new AbortController();
    const second = new AbortController();
    const leavers = [shared.join(first.signal), shared.join(second.signal)].map((each) =>
      each.catch((e: unknown) => e),
    );
    const stays = shared.join();
    first.abort("first");
    second.abort("second");
    expect(await Promise.all(leavers)).toEqual(["first", "second"]);
    answers[0]?.resolve("done");
    await vi.advanceTimersByTimeAsync(250);
    expect([await stays, answers.length, vi.getTimerCount()]).toEqual(["done", 1, 0]);
    expect(await shared.join(AbortSignal.abort("late")).catch((e: unknown) => e)).toBe("late");
  });

  it("is given up when the event that began it is gone, and one of those that wait begins it anew", async () => {
    const { work, answers } = scripted();
    const shared = createSharedWork(work, { shareRequests });
    killOwner(() => shared.join());
    const waiting = [shared.join(), shared.join(), shared.joinNext()];
    await vi.advanceTimersByTimeAsync(1250);
    expect(answers.length).toBe(2);
    answers[1]?.resolve("again");
    await vi.advanceTimersByTimeAsync(1250);
    expect(await Promise.all(waiting)).toEqual(["again", "again", "again"]);
    expect([answers.length, vi.getTimerCount()]).toEqual([2, 0]);
  });

  it("is begun anew once, also for a caller that notices when the new run is over already", async () => {
    const { work, answers } = scripted();
    const shared = createSharedWork(work, { shareRequests });
    killOwner(() => shared.join());
    const early = shared.join();
    // Its timer fires later than that of the other.
    await vi.advanceTimersByTimeAsync(9);
    const late = shared.join();
    while (answers.length < 2) await vi.advanceTimersByTimeAsync(1);
    answers[1]?.resolve("new");
    expect(await early).toBe("new");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(answers.length).toBe(2);
    expect(await late).toBe("new");
  });

  it("is not given up for being slow", async () => {
    const { work, answers } = scripted();
    const shared = createSharedWork(work, { shareRequests });
    const all = Promise.all([shared.join(), shared.join()]);
    await vi.advanceTimersByTimeAsync(60_000);
    answers[0]?.resolve("at last");
    await vi.advanceTimersByTimeAsync(1000);
    expect([await all, answers.length]).toEqual([["at last", "at last"], 1]);
  });

  it("is given up after its limit by those that wait, not by the one that began it", async () => {
    const { work, answers } = scripted();
    const shared = createSharedWork(work, { shareRequests, limitMs: 10_000 });
    const first = shared.join();
    const second = shared.join();
    await vi.advanceTimersByTimeAsync(9000);
    expect(answers.length).toBe(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(answers.length).toBe(2);
    answers[1]?.resolve("new");
    answers[0]?.resolve("old");
    expect([await first, await second]).toEqual(["old", "new"]);
  });

  it("next: callers that ask while it runs share a run that begins later, one at a time", async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const shared = createSharedWork(
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return ++runs;
      },
      { shareRequests },
    );
    const first = shared.joinNext();
    const chained = first.then(() => shared.joinNext());
    const others = Promise.all([shared.joinNext(), shared.joinNext()]);
    await vi.advanceTimersByTimeAsync(1000);
    const [a, b] = await others;
    expect([await first, most]).toEqual([1, 1]);
    // Those that look by timers may come a run later.
    for (const run of [a, b, await chained]) expect(run).toBeGreaterThan(1);
    if (shareRequests) expect([a, b]).toEqual([2, 2]);
  });

  it("next: whatever became of the run under way", async () => {
    const { work, answers } = scripted();
    const shared = createSharedWork(work, { shareRequests });
    const first = shared.joinNext().catch((error: unknown) => error);
    const next = shared.joinNext();
    answers[0]?.reject("bad");
    await vi.advanceTimersByTimeAsync(250);
    answers[1]?.resolve("good");
    expect([await first, await next]).toEqual(["bad", "good"]);
  });

  it("an error thrown where it begins is its outcome", async () => {
    const shared = createSharedWork<string>(
      () => {
        throw new Error("at once");
      },
      { shareRequests },
    );
    await expect(shared.join()).rejects.toThrow("at once");
    expect(vi.getTimerCount()).toBe(0);
  });
});
