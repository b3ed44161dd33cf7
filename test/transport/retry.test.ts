import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Code, ConnectError } from "@connectrpc/connect";
import { ourReason, startDeadline } from "../../src/transport/deadline.ts";
import { EtcdError, type Outcome } from "../../src/transport/errors/etcd-error.ts";
import type { LogEvent } from "../../src/transport/log.ts";
import type { Reason } from "../../src/transport/errors/reasons.ts";
import { createRetry, type RetryConfig } from "../../src/transport/retry/retry.ts";
import type { Idempotency } from "../../src/transport/retry/retry-policy.ts";
import { etcdErrorOf, thrownBy } from "./etcd-error.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An error as the gateway transport gives it: with the request that failed. */
function failed(reason: Reason, outcome: Outcome, more: { endpoint?: string; retryAfterMs?: number } = {}): EtcdError {
  const { endpoint = "http://a", retryAfterMs } = more;
  return new EtcdError("scripted", reason, { outcome, retryAfterMs, attempts: [{ endpoint, ms: 1, reason, outcome }] });
}

const lost = failed("Unreachable", "unknown");
const refused = failed("Unreachable", "not-applied");

interface Script {
  readonly idempotency?: Idempotency;
  readonly oneEndpoint?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly config?: Partial<RetryConfig>;
}

/** A call whose requests come to `results` one after the other, the last of them for ever. `at`: when each was sent. */
function script(
  results: readonly (Error | "ok" | "hang")[],
  { idempotency = "safe", oneEndpoint = false, timeoutMs = 10_000, signal, config }: Script = {},
) {
  const at: number[] = [];
  const log: LogEvent[] = [];
  const start = Date.now();
  const retry = createRetry({
    options: {},
    endpointCount: 1,
    random: () => 0.5,
    log: (event) => log.push(event),
    ...config,
  });
  const told: boolean[] = [];
  let unanswered = false;
  const onFailure = ({ outcome }: EtcdError): void => void (unanswered ||= outcome === "unknown");
  const promise = retry(
    { name: "Test", idempotency, oneEndpoint, timeoutMs, onFailure },
    signal ?? new AbortController().signal,
    ({ signal: inner }) => {
      told.push(unanswered);
      const result = results[Math.min(at.length, results.length - 1)] ?? "ok";
      at.push(Date.now() - start);
      if (result === "ok") return Promise.resolve("done");
      if (result !== "hang") return Promise.reject(result);
      return new Promise((_, reject) => inner.addEventListener("abort", () => reject(inner.reason)));
    },
  );
  promise.catch(() => undefined);
  return { promise, at, log, told };
}

/** Lets all timers run, as far as there are any. */
const allTime = (): Promise<unknown> => vi.runAllTimersAsync();

describe("the retry loop", () => {
  it("B1: a write whose outcome is unknown is one request, and its outcome stays unknown", async () => {
    const { promise, at } = script([lost, "ok"], { idempotency: "once", config: { endpointCount: 3 } });
    await allTime();
    const error = await etcdErrorOf(promise);
    expect(error).toMatchObject({
      reason: "Unreachable",
      outcome: "unknown",
      retryable: false,
      attempts: lost.attempts,
    });
    expect(at.length).toBe(1);
  });

  it("A1: what was not sent goes to the next endpoint at once, writes too", async () => {
    const { promise, at } = script([refused, refused, "ok"], { idempotency: "once", config: { endpointCount: 3 } });
    await allTime();
    expect(await promise).toBe("done");
    expect(at).toEqual([0, 0, 0]);
  });

  it("A7: each round of all endpoints waits longer than the one before, up to the cap", async () => {
    const deadline = startDeadline(30_000);
    const { promise, at } = script([lost], {
      idempotency: "safe",
      signal: deadline.signal,
      config: { endpointCount: 3 },
    });
    await allTime();
    const rounds = at.filter((_, i) => i % 3 === 0);
    const waits = rounds.slice(1).map((ms, i) => ms - (rounds[i] ?? 0));
    expect(waits.slice(0, 8)).toEqual([37, 75, 150, 300, 600, 1200, 1500, 1500]);
    expect(new Set(waits.slice(6))).toEqual(new Set([1500]));
    const error = await etcdErrorOf(promise);
    expect(error).toMatchObject({
      reason: "Unreachable",
      code: Code.Unavailable,
      outcome: "not-applied",
      retryable: true,
    });
    expect(error.attempts.length).toBe(32);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("A7: a cluster that comes back is noticed within the cap", async () => {
    const results = [...Array.from({ length: 30 }, () => lost), "ok" as const];
    const { promise, at } = script(results, { config: { random: () => 0.999 } });
    await allTime();
    expect(await promise).toBe("done");
    const waits = at.slice(1).map((ms, i) => ms - (at[i] ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(2000);
  });

  it("A8: a request without an answer is given up for another endpoint, a write is not", async () => {
    const read = script(["hang", "ok"], { config: { endpointCount: 2 } });
    await allTime();
    expect(await read.promise).toBe("done");
    expect(read.at).toEqual([0, 2000]);

    const deadline = startDeadline(10_000);
    const write = script(["hang", "ok"], {
      idempotency: "once",
      signal: deadline.signal,
      config: { endpointCount: 2 },
    });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(write.at).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await etcdErrorOf(write.promise)).toMatchObject({ reason: "Timeout", outcome: "unknown" });
    expect(write.at).toEqual([0]);
  });

  it("A8: with one endpoint, or when pinned to one, a request has all the time of its call", async () => {
    for (const settings of [{}, { oneEndpoint: true, config: { endpointCount: 3 } }]) {
      const deadline = startDeadline(10_000);
      const { promise, at } = script(["hang"], { ...settings, signal: deadline.signal });
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await etcdErrorOf(promise)).toMatchObject({ reason: "Timeout" });
      expect(at).toEqual([0]);
    }
  });

  it.each([1, 3])("B12: a busy server is left alone for 100 ms, with %i endpoints", async (endpointCount) => {
    const busy = failed("TooManyRequests", "not-applied");
    const { promise, at } = script([busy, busy, busy, busy, "ok"], {
      idempotency: "once",
      config: { endpointCount, random: () => 0 },
    });
    await allTime();
    expect(await promise).toBe("done");
    // The last pause is that of the fourth round, with one endpoint.
    expect(at).toEqual([0, 100, 200, 300, endpointCount === 1 ? 500 : 400]);
  });

  it("B15: Retry-After is waited for, within the deadline", async () => {
    const later = failed("Unreachable", "unknown", { retryAfterMs: 3000 });
    const { promise, at } = script([later, "ok"], { config: { endpointCount: 3 } });
    await allTime();
    expect(await promise).toBe("done");
    expect(at).toEqual([0, 3000]);

    const much = failed("Unreachable", "unknown", { retryAfterMs: 36_000_000 });
    const deadline = startDeadline(10_000);
    const long = script([much, "ok"], { signal: deadline.signal });
    await vi.advanceTimersByTimeAsync(10_000);
    const error = await etcdErrorOf(long.promise);
    expect(error).toMatchObject({ reason: "Unreachable", code: Code.Unavailable, retryable: true });
    expect(long.at).toEqual([0]);

    const write = script([later, "ok"], { idempotency: "once" });
    await allTime();
    expect(await etcdErrorOf(write.promise)).toMatchObject({ outcome: "unknown" });
    expect(write.at).toEqual([0]);
  });

  it("C12: a corrupt cluster stops everything at once", async () => {
    const corrupt = failed("Corrupt", "unknown");
    for (const idempotency of ["safe", "keyed", "once"] as const) {
      const { promise, at } = script([corrupt, "ok"], { idempotency, config: { endpointCount: 3 } });
      await allTime();
      expect(await etcdErrorOf(promise)).toMatchObject({ reason: "Corrupt", code: Code.DataLoss, retryable: false });
      expect(at).toEqual([0]);
    }
  });

  it("B1: an unknown outcome of an early request stays, whatever a later one was told", async () => {
    const denied = failed("PermissionDenied", "not-applied");
    const { promise } = script([lost, denied], { idempotency: "keyed" });
    await allTime();
    expect(await etcdErrorOf(promise)).toMatchObject({ reason: "PermissionDenied", outcome: "unknown" });
  });

  it("B1: an unknown outcome stays too where the transport does not list its requests", async () => {
    const unavailable = new ConnectError("lost", Code.Unavailable, undefined, undefined, new Error("reset"));
    const denied = new ConnectError("etcdserver: permission denied", Code.PermissionDenied);
    const { promise, told } = script([unavailable, denied], { idempotency: "keyed" });
    await allTime();
    expect(await etcdErrorOf(promise)).toMatchObject({ reason: "PermissionDenied", outcome: "unknown" });
    expect(told).toEqual([false, true]);
  });

  it("B1: an unknown outcome stays too when the time ends while waiting", async () => {
    const deadline = startDeadline(1000);
    const unavailable = new ConnectError("lost", Code.Unavailable, undefined, undefined, new Error("reset"));
    const { promise } = script([unavailable], { idempotency: "keyed", signal: deadline.signal });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await etcdErrorOf(promise)).toMatchObject({ outcome: "unknown", code: Code.Unavailable });
  });

  it("B27: an abort ends it with the caller's reason, while asking and while waiting", async () => {
    for (const results of [["hang"], [lost]] as const) {
      const controller = new AbortController();
      const { promise, at } = script(results, { signal: controller.signal });
      await vi.advanceTimersByTimeAsync(0);
      controller.abort("enough");
      expect(await thrownBy(promise)).toBe("enough");
      await allTime();
      expect(at).toEqual([0]);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it("B27: an abort that a failure runs into is still the caller's reason", async () => {
    const controller = new AbortController();
    const retry = createRetry({ options: {}, endpointCount: 1 });
    const promise = retry({ name: "Test", idempotency: "safe" }, controller.signal, () => {
      controller.abort("enough");
      return Promise.reject(lost);
    });
    expect(await thrownBy(promise)).toBe("enough");
  });

  it("an error that is not a failed request is passed on unchanged", async () => {
    const bug = new TypeError("a bug");
    const { promise, at } = script([bug]);
    expect(await thrownBy(promise)).toBe(bug);
    expect(at).toEqual([0]);
  });

  it("retry: false is one request per call", async () => {
    const { promise, at, log } = script([refused, "ok"], { config: { options: false, endpointCount: 3 } });
    await allTime();
    expect(await etcdErrorOf(promise)).toMatchObject({
      reason: "Unreachable",
      outcome: "not-applied",
      retryable: false,
    });
    expect([at, log]).toEqual([[0], []]);
  });

  it("maxAttempts counts the first request too", async () => {
    const { promise, at } = script([refused], { config: { options: { maxAttempts: 3 } } });
    await allTime();
    expect(await etcdErrorOf(promise)).toMatchObject({ retryable: true, attempts: [{}, {}, {}] });
    expect(at.length).toBe(3);
  });

  it("tells the log of each retry, and why", async () => {
    const { promise, log } = script([lost, "ok"]);
    await allTime();
    await promise;
    expect(log).toEqual([{ type: "retry", rpc: "Test", reason: "Unreachable", outcome: "unknown", waitMs: 37.5 }]);
  });
});

describe("a call that is refused a connection everywhere", () => {
  it.each([
    [1, 6000, 3000],
    [3, 6000, 3000],
    [3, 30_000, 10_000],
  ])(
    "A7: is over before its time is, as Unreachable (%i endpoints, %i ms: %i ms)",
    async (endpointCount, timeoutMs, ms) => {
      for (const idempotency of ["safe", "keyed", "once"] as const) {
        const deadline = startDeadline(timeoutMs);
        const start = Date.now();
        const { signal } = deadline;
        const { promise, at } = script([refused], { idempotency, signal, timeoutMs, config: { endpointCount } });
        const ended = etcdErrorOf(promise).then((error) => ({ error, after: Date.now() - start }));
        await allTime();
        const { error, after } = await ended;
        expect(error).toMatchObject({
          reason: "Unreachable",
          code: Code.Unavailable,
          outcome: "not-applied",
          retryable: true,
        });
        expect([after, at.at(-1)]).toEqual([ms, ms]);
        // It backs off from the first refusal on.
        expect(at.length).toBeLessThan(13 * endpointCount);
        deadline.end();
      }
    },
  );

  it("A7: goes on where one of its requests was sent, and with a server that comes back", async () => {
    const deadline = startDeadline(10_000);
    const { promise, at } = script([lost, refused], { signal: deadline.signal });
    await allTime();
    await etcdErrorOf(promise);
    expect(at.at(-1)).toBeGreaterThan(8000);
    const back = script([...Array.from({ length: 5 }, () => refused), "ok"]);
    await allTime();
    expect(await back.promise).toBe("done");
  });
});

describe("a request that is cut for another endpoint", () => {
  it("B12: gets twice the time with each cut, so that a slow answer can be had", async () => {
    const deadline = startDeadline(20_000);
    const { promise, at } = script(["hang"], { signal: deadline.signal, config: { endpointCount: 3 } });
    await allTime();
    await etcdErrorOf(promise);
    expect(at).toEqual([0, 2000, 6000, 14_037]);
  });

  it("B12: is not cut while its answer goes on arriving, and is when that stops", async () => {
    const retry = createRetry({ options: {}, endpointCount: 2 });
    const start = Date.now();
    const ends: number[] = [];
    const work = retry(
      { name: "Test", idempotency: "safe" },
      new AbortController().signal,
      async ({ signal, progress }) => {
        const pieces = ends.length === 0 ? 3 : 10;
        for (let i = 0; i < pieces; i++) {
          await new Promise((resolve) => setTimeout(resolve, 1500));
          progress?.();
        }
        if (ends.length > 0) return "done";
        return new Promise<string>((_, reject) =>
          signal.addEventListener("abort", () => {
            ends.push(Date.now() - start);
            reject(signal.reason);
          }),
        );
      },
    );
    await allTime();
    expect(await work).toBe("done");
    expect([ends, Date.now() - start]).toEqual([[6500], 21_500]);
  });

  it("has all the time of its call where the server has much to do", async () => {
    const deadline = startDeadline(10_000);
    const retry = createRetry({ options: {}, endpointCount: 2 });
    let requests = 0;
    const work = retry(
      { name: "Test", idempotency: "keyed", patient: true },
      deadline.signal,
      ({ signal }) =>
        new Promise<string>((_, reject) => {
          requests++;
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    );
    await Promise.all([etcdErrorOf(work), allTime()]);
    expect(requests).toBe(1);
  });
});

describe("a client that is closed", () => {
  it("ends the wait for the next try with Closed, and what the call met stays told", async () => {
    for (const [failure, idempotency, outcome] of [
      [lost, "safe", "not-applied"],
      [refused, "once", "not-applied"],
      [lost, "keyed", "unknown"],
    ] as const) {
      const deadline = startDeadline(10_000);
      const { promise } = script([failure], { idempotency, signal: deadline.signal });
      await vi.advanceTimersByTimeAsync(0);
      deadline.abort(ourReason(new EtcdError("the client is closed", "Closed", { outcome: "unknown" })));
      expect(await etcdErrorOf(promise)).toMatchObject({
        reason: "Closed",
        code: Code.Canceled,
        outcome,
        retryable: false,
        attempts: [{}],
      });
      deadline.end();
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});

describe("the retry budget of a client", () => {
  const config = { options: {}, endpointCount: 1, random: () => 0 };
  const what = { name: "Test", idempotency: "safe" } as const;

  /** Empties it, by a call that is never answered. */
  async function emptied(given: Partial<RetryConfig> = {}): Promise<ReturnType<typeof createRetry>> {
    const retry = createRetry({ ...config, ...given });
    const deadline = startDeadline(60_000);
    const idle = etcdErrorOf(retry(what, deadline.signal, () => Promise.reject(lost)));
    await allTime();
    await idle;
    return retry;
  }

  it("ends no call: 200 readers whose connections are reset are all served, at their next request", async () => {
    for (const endpointCount of [1, 3]) {
      const retry = await emptied({ endpointCount });
      const start = Date.now();
      const reads = Array.from({ length: 200 }, () => {
        let requests = 0;
        return retry(what, new AbortController().signal, () =>
          ++requests === 1 ? Promise.reject(lost) : Promise.resolve(Date.now() - start),
        );
      });
      await allTime();
      // At another endpoint at once; at the only one after the shortest pause.
      expect(Math.max(...(await Promise.all(reads)))).toBe(endpointCount === 1 ? 25 : 0);
    }
  });

  it("slows down what fails again and again, and that goes on until its time is over", async () => {
    const slow = await emptied();
    const at: number[] = [];
    const start = Date.now();
    const deadline = startDeadline(10_000);
    const request = (): Promise<never> => (at.push(Date.now() - start), Promise.reject(lost));
    const call = etcdErrorOf(slow({ name: "Test", idempotency: "keyed" }, deadline.signal, request));
    await allTime();
    expect(await call).toMatchObject({ reason: "Unreachable", outcome: "unknown" });
    expect(at.slice(0, 5)).toEqual([0, 25, 425, 1225, 2225]);
    expect(at.at(-1)).toBeGreaterThanOrEqual(9000);
    for (const options of [false, { maxAttempts: 1 }] as const) {
      at.length = 0;
      await etcdErrorOf(createRetry({ ...config, options })(what, new AbortController().signal, request));
      expect(at.length).toBe(1);
    }
  });
});
