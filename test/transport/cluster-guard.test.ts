import { create } from "@bufbuild/protobuf";
import { createRouterTransport } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { KV } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { Maintenance } from "../../src/gen/etcdserverpb/maintenance_pb.ts";
import { ResponseHeaderSchema } from "../../src/gen/etcdserverpb/header_pb.ts";
import { type Caller, type CallInfo, createCaller } from "../../src/transport/caller.ts";
import { acceptingGuard, type ClusterGuard, refusingGuard } from "../../src/transport/cluster-guard.ts";
import { createClusterMemory } from "../../src/transport/cluster-memory.ts";
import { type LogEvent, silent } from "../../src/transport/log.ts";
import { etcdErrorOf } from "./etcd-error.ts";

interface Answer {
  readonly clusterId?: bigint;
  readonly revision?: bigint;
}

const rpcs = {
  range: (caller: Caller, info: CallInfo, message: object) =>
    caller.unary({ ...info, method: KV.method.range, message }),
  put: (caller: Caller, info: CallInfo, message: object) => caller.unary({ ...info, method: KV.method.put, message }),
  status: (caller: Caller, info: CallInfo) => caller.unary({ ...info, method: Maintenance.method.status, message: {} }),
};

function createClusterGuard(expected: bigint | undefined): ClusterGuard {
  return refusingGuard(createClusterMemory(expected, silent));
}

/** One call through the guard, answered with a header. `waits`: the answer comes when that is done. */
function call(
  guard: ClusterGuard,
  header: Answer | undefined,
  { rpc = "range", message = {}, waits }: { rpc?: keyof typeof rpcs; message?: object; waits?: Promise<unknown> } = {},
): Promise<unknown> {
  const answer = async () => {
    await waits;
    return header === undefined ? {} : { header };
  };
  const transport = createRouterTransport((router) => {
    router.service(KV, { range: answer, put: answer }).service(Maintenance, { status: answer });
  });
  const caller = createCaller(transport, { addsLeaderHeader: true, layers: [guard.layer(undefined)] });
  return rpcs[rpc](caller, { signal: new AbortController().signal }, message);
}

describe("the memory of the cluster", () => {
  it("A9: the first answer tells which cluster it is; one of another is an error, also for ever after", async () => {
    const guard = createClusterGuard(undefined);
    await call(guard, { clusterId: 1n, revision: 5n });
    const error = await etcdErrorOf(call(guard, { clusterId: 2n, revision: 9n }, { rpc: "put" }));
    // The foreign cluster has done what it was asked for.
    expect(error).toMatchObject({ reason: "ClusterChanged", code: 9, outcome: "applied" });
    await call(guard, { clusterId: 1n, revision: 5n });
    await etcdErrorOf(call(guard, { clusterId: 2n, revision: 9n }, { rpc: "status" }));
  });

  it("A9: an expected id is held against the very first answer", async () => {
    const guard = createClusterGuard(7n);
    expect(await etcdErrorOf(call(guard, { clusterId: 1n }))).toMatchObject({ reason: "ClusterChanged" });
    await call(guard, { clusterId: 7n });
  });

  it("A9: an answer without a header or an id says nothing", async () => {
    const guard = createClusterGuard(1n);
    await call(guard, undefined);
    await call(guard, { revision: 3n });
    expect(() => guard.check(undefined)).not.toThrow();
  });

  it("C9: it checks the answers of streams too", () => {
    const guard = createClusterGuard(1n);
    expect(() => guard.check(create(ResponseHeaderSchema, { clusterId: 2n }))).toThrow(
      /cluster 2 answered, expected 1/,
    );
  });

  it("C10: a revision that goes back is an error", async () => {
    const guard = createClusterGuard(undefined);
    await call(guard, { clusterId: 1n, revision: 50n });
    const error = await etcdErrorOf(call(guard, { clusterId: 1n, revision: 49n }, { rpc: "put" }));
    expect(error).toMatchObject({ reason: "ClusterChanged", outcome: "applied" });
    expect(error.message).toContain("from 50 to 49");
    await call(guard, { clusterId: 1n, revision: 50n });
  });

  it("C10: calls at the same time are never taken for older ones", async () => {
    const guard = createClusterGuard(undefined);
    let answer: (value: unknown) => void = () => undefined;
    const waits = new Promise((resolve) => (answer = resolve));
    const slow = call(guard, { clusterId: 1n, revision: 10n }, { waits });
    await call(guard, { clusterId: 1n, revision: 20n });
    answer(undefined);
    await slow;
    await etcdErrorOf(call(guard, { clusterId: 1n, revision: 19n }));
  });

  it("C11: a serializable read and a member's own status may lag", async () => {
    const guard = createClusterGuard(undefined);
    await call(guard, { clusterId: 1n, revision: 50n });
    await call(guard, { clusterId: 1n, revision: 10n }, { message: { serializable: true } });
    const reads = [{ request: { case: "requestRange", value: { serializable: true } } }];
    await call(guard, { clusterId: 1n, revision: 10n }, { message: { success: reads, failure: [] } });
    await call(guard, { clusterId: 1n, revision: 10n }, { rpc: "status" });
    // To etcd a transaction of no steps is a serializable one; with one step that is not, it is not.
    const none = { compare: [], success: [], failure: [] };
    await call(guard, { clusterId: 1n, revision: 10n }, { message: none });
    const put = { request: { case: "requestPut", value: {} } };
    await etcdErrorOf(call(guard, { clusterId: 1n, revision: 10n }, { message: { ...none, failure: [put] } }));
    await etcdErrorOf(call(guard, { clusterId: 1n, revision: 10n }, { message: { success: [...reads, put] } }));
  });

  it("C10: what any member has seen, or a stream, a read that cannot lag must know too", async () => {
    const seen = [
      (guard: ClusterGuard) => call(guard, { clusterId: 1n, revision: 90n }, { rpc: "status" }),
      (guard: ClusterGuard) => call(guard, { clusterId: 1n, revision: 90n }, { message: { serializable: true } }),
      async (guard: ClusterGuard) => guard.check(create(ResponseHeaderSchema, { clusterId: 1n, revision: 90n })),
    ];
    for (const see of seen) {
      const guard = createClusterGuard(undefined);
      await see(guard);
      await etcdErrorOf(call(guard, { clusterId: 1n, revision: 50n }));
      await call(guard, { clusterId: 1n, revision: 90n });
    }
  });

  it("a guard that accepts takes the cluster that answers, and says so once for each change", async () => {
    const events: LogEvent[] = [];
    const memory = createClusterMemory(undefined, (event) => events.push(event));
    const guard = acceptingGuard(memory);
    const told: string[] = [];
    const stop = memory.onChange((error) => told.push(error.message));
    const first = memory.current;
    await call(guard, { clusterId: 1n, revision: 50n });
    expect(memory.current).toBe(first);
    await call(guard, { clusterId: 1n, revision: 4n }, { rpc: "put" });
    await call(guard, { clusterId: 1n, revision: 5n });
    expect(memory.current).toEqual({ clusterId: 1n, newest: 5n });
    await call(guard, { clusterId: 2n, revision: 90n }, { rpc: "status" });
    stop();
    await call(guard, { clusterId: 1n, revision: 6n });
    expect(told).toHaveLength(2);
    expect(told[0]).toContain("from 50 to 4");
    expect(told[1]).toContain("cluster 2 answered, expected 1");
    expect(events).toEqual([
      { type: "clusterChanged", clusterId: 1n, revision: 4n, previous: { clusterId: 1n, newest: 50n } },
      { type: "clusterChanged", clusterId: 2n, revision: 90n, previous: { clusterId: 1n, newest: 5n } },
      { type: "clusterChanged", clusterId: 1n, revision: 6n, previous: { clusterId: 2n, newest: 90n } },
    ]);
  });

  it("an expected cluster stays the only one, also for a client that accepts others", async () => {
    const memory = createClusterMemory(1n, silent);
    expect(await etcdErrorOf(call(acceptingGuard(memory), { clusterId: 2n }))).toMatchObject({
      reason: "ClusterChanged",
    });
    await call(acceptingGuard(memory), { clusterId: 1n });
  });

  it("calls that belong together are answered by one history, that of the first answer", async () => {
    for (const outer of [acceptingGuard, refusingGuard]) {
      const memory = createClusterMemory(undefined, silent);
      const others = acceptingGuard(memory);
      await call(others, { clusterId: 1n, revision: 50n });
      const guard = outer(memory).pin();
      await call(guard, { clusterId: 1n, revision: 51n });
      await call(others, { clusterId: 1n, revision: 3n });
      // It is known by now: nothing is sent.
      const unsent = await etcdErrorOf(call(guard, { clusterId: 1n, revision: 99n }, { rpc: "put" }));
      expect(unsent).toMatchObject({ reason: "ClusterChanged", outcome: "not-applied" });
      expect(memory.current.newest).toBe(3n);
    }
    // What has not begun takes the history that it finds.
    const memory = createClusterMemory(undefined, silent);
    const guard = acceptingGuard(memory);
    await call(guard, { clusterId: 1n, revision: 50n });
    const pinned = guard.pin();
    await call(pinned, { clusterId: 1n, revision: 3n });
    const applied = await etcdErrorOf(call(pinned, { clusterId: 2n, revision: 4n }, { rpc: "put" }));
    expect(applied).toMatchObject({ reason: "ClusterChanged", outcome: "applied" });
  });

  it("an answer to a request from before a change is not a second change", async () => {
    const memory = createClusterMemory(undefined, silent);
    const guard = acceptingGuard(memory);
    await call(guard, { clusterId: 1n, revision: 50n });
    let answer: (value: unknown) => void = () => undefined;
    const slow = call(guard, { clusterId: 1n, revision: 50n }, { waits: new Promise((resolve) => (answer = resolve)) });
    await call(guard, { clusterId: 1n, revision: 3n });
    answer(undefined);
    await slow;
    await call(guard, { clusterId: 1n, revision: 3n });
    expect(memory.current.newest).toBe(3n);
  });

  it.each([2n ** 63n - 1n, 2n ** 53n + 1n])(
    "B10: a revision that no store has, %d, poisons nothing",
    async (revision) => {
      for (const rpc of ["status", "range"] as const) {
        for (const before of [0n, 50n]) {
          const guard = createClusterGuard(undefined);
          if (before > 0n) await call(guard, { clusterId: 1n, revision: before });
          await call(guard, { clusterId: 1n, revision }, { rpc });
          await call(guard, { clusterId: 1n, revision: 51n });
          expect(guard.memory.current.newest).toBe(51n);
          expect(await etcdErrorOf(call(guard, { clusterId: 1n, revision: 50n }))).toMatchObject({
            reason: "ClusterChanged",
          });
        }
      }
    },
  );

  it("B10: a leap that no store makes is not believed; one of a revision that was raised on purpose is", async () => {
    const guard = createClusterGuard(undefined);
    await call(guard, { clusterId: 1n, revision: 50n });
    await call(guard, { clusterId: 1n, revision: 2n ** 50n }, { rpc: "status" });
    await call(guard, { clusterId: 1n, revision: 51n });
    await call(guard, { clusterId: 1n, revision: 1_000_000_051n });
    await etcdErrorOf(call(guard, { clusterId: 1n, revision: 52n }));
  });
});
