import { createHash } from "node:crypto";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EtcdError } from "../../src/transport/errors/etcd-error.ts";
import { createMaintenance, type MaintenanceService } from "../../src/v3/maintenance/maintenance.ts";
import type { SnapshotProgress } from "../../src/v3/maintenance/snapshot.ts";
import { connectionOver } from "./scripted-services.ts";

interface Answer {
  readonly blob: Uint8Array;
  readonly remainingBytes: bigint;
}

interface Source {
  readonly maintenance: MaintenanceService;
  /** Answers taken so far. */
  readonly taken: () => number;
  /** Streams that are open. */
  readonly open: () => number;
}

/** A server whose snapshot is `answers`; after them it ends, throws `end`, or is silent until aborted. */
function source(answers: readonly Answer[], end?: Error | "silence"): Source {
  let taken = 0;
  let open = 0;
  async function* stream(signal: AbortSignal | undefined) {
    open++;
    try {
      for (const answer of answers) {
        taken++;
        yield answer;
      }
      if (end === "silence") await aborted(signal);
      else if (end !== undefined) throw end;
    } finally {
      open--;
    }
  }
  const transport: Transport = {
    unary: () => Promise.reject(new Error("not here")),
    stream: async (method, signal) => {
      const rest = { service: method.parent, method, header: new Headers(), trailer: new Headers() };
      return { stream: true, ...rest, message: stream(signal) as never };
    },
  };
  return { maintenance: createMaintenance(connectionOver(transport)), taken: () => taken, open: () => open };
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}

const data = Uint8Array.from({ length: 1000 }, (_, i) => i);
const sum = new Uint8Array(createHash("sha256").update(data).digest());
/** As etcd sends it: pieces of the database, then its sum. */
const whole: readonly Answer[] = [
  { blob: data.slice(0, 400), remainingBytes: 600n },
  { blob: data.slice(400, 800), remainingBytes: 200n },
  { blob: data.slice(800), remainingBytes: 0n },
  { blob: sum, remainingBytes: 0n },
];

async function read(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function errorOf(stream: ReadableStream<Uint8Array>): Promise<EtcdError> {
  const error: unknown = await read(stream).then(
    () => expect.fail("the stream closed"),
    (reason: unknown) => reason,
  );
  if (!EtcdError.is(error)) throw error;
  return error;
}

afterEach(() => {
  vi.useRealTimers();
});

describe("a snapshot", () => {
  it("is the database and its sum, as etcdctl saves it", async () => {
    const { maintenance, open } = source(whole);
    expect(await read(maintenance.snapshot())).toEqual(Uint8Array.of(...data, ...sum));
    expect(open()).toBe(0);
  });

  it("tells how far it is", async () => {
    const seen: SnapshotProgress[] = [];
    await read(source(whole).maintenance.snapshot({ onProgress: (progress) => seen.push(progress) }));
    expect(seen).toEqual([
      { received: 400, remaining: 600 },
      { received: 800, remaining: 200 },
      { received: 1000, remaining: 0 },
      { received: 1032, remaining: 0 },
    ]);
  });

  it("is fetched as fast as it is read, and not before", async () => {
    const { maintenance, taken } = source(whole);
    const reader = maintenance.snapshot().getReader();
    await Promise.resolve();
    expect(taken()).toBe(0);
    await reader.read();
    expect(taken()).toBe(1);
    await reader.read();
    expect(taken()).toBe(2);
    await reader.cancel();
  });

  it("is closed when canceled", async () => {
    const { maintenance, open } = source(whole);
    const reader = maintenance.snapshot().getReader();
    await reader.read();
    expect(open()).toBe(1);
    await reader.cancel();
    expect(open()).toBe(0);
  });

  it("is closed when canceled while it waits", async () => {
    const { maintenance, open } = source(whole.slice(0, 1), "silence");
    const reader = maintenance.snapshot().getReader();
    await reader.read();
    const waiting = reader.read();
    await reader.cancel();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(open()).toBe(0);
  });

  it.each([
    ["ends early", whole.slice(0, 2)],
    ["lacks its sum", whole.slice(0, 3)],
    [
      "has a flipped bit",
      whole.map((answer, i) => (i === 1 ? { ...answer, blob: answer.blob.map((byte) => byte ^ 4) } : answer)),
    ],
    ["lacks a piece", whole.toSpliced(1, 1)],
    ["is empty", []],
  ])("fails as corrupt when it %s", async (_, answers) => {
    const error = await errorOf(source(answers).maintenance.snapshot());
    expect(error).toMatchObject({ reason: "SnapshotCorrupt", outcome: "not-applied", retryable: false });
  });

  it("fails as corrupt when it breaks off, and says why", async () => {
    const cut = new ConnectError("etcdserver: server stopped", Code.Unavailable);
    const { maintenance, open } = source(whole.slice(0, 2), cut);
    const error = await errorOf(maintenance.snapshot());
    expect(error).toMatchObject({ reason: "SnapshotCorrupt", outcome: "not-applied", cause: { reason: "Stopped" } });
    expect(error.message).toContain("after 800 bytes");
    expect(open()).toBe(0);
  });

  it("fails as the server says when there is nothing of it", async () => {
    const refused = new ConnectError("etcdserver: permission denied", Code.PermissionDenied);
    const error = await errorOf(source([], refused).maintenance.snapshot());
    expect(error).toMatchObject({ reason: "PermissionDenied", outcome: "not-applied" });
  });

  it("without verification misses a wrong sum, not missing bytes", async () => {
    const wrong = whole.with(3, { blob: new Uint8Array(32), remainingBytes: 0n });
    expect(await read(source(wrong).maintenance.snapshot({ verify: false }))).toHaveLength(1032);
    const error = await errorOf(source(whole.slice(0, 2)).maintenance.snapshot({ verify: false }));
    expect(error.reason).toBe("SnapshotCorrupt");
  });

  it.each([0, 1])("fails with the reason of the caller's signal, after %d pieces", async (pieces) => {
    for (const why of [new Error("enough"), new EtcdError("lost", "LockLost", { outcome: "unknown" })]) {
      const controller = new AbortController();
      const { maintenance, open } = source(whole.slice(0, pieces), "silence");
      const reader = maintenance.snapshot({ signal: controller.signal }).getReader();
      for (let read = 0; read < pieces; read++) await reader.read();
      const waiting = reader.read();
      await vi.waitFor(() => expect(open()).toBe(1));
      controller.abort(why);
      await expect(waiting).rejects.toBe(why);
      expect(open()).toBe(0);
    }
  });

  it("fails when the member falls silent, or when its time is up", async () => {
    vi.useFakeTimers();
    for (const [options, ms] of [
      [{}, 60_000],
      [{ timeoutMs: 500 }, 500],
    ] as const) {
      const reader = source(whole.slice(0, 1), "silence").maintenance.snapshot(options).getReader();
      await reader.read();
      const waiting = reader.read().catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(ms);
      expect(await waiting).toMatchObject({ reason: "Timeout", outcome: "not-applied" });
    }
  });

  it("takes as long as its reader does", async () => {
    vi.useFakeTimers();
    const reader = source(whole).maintenance.snapshot().getReader();
    await reader.read();
    await vi.advanceTimersByTimeAsync(600_000);
    expect((await reader.read()).done).toBe(false);
    await reader.cancel();
  });

  it("refuses unknown options at once", () => {
    const options: Record<string, unknown> = { onprogress: () => undefined };
    expect(() => source(whole).maintenance.snapshot(options)).toThrow('did you mean "onProgress"?');
  });
});
