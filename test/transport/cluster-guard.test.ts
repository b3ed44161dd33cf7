import { create } from "@bufbuild/protobuf";
import { createContextValues } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { KV, PutResponseSchema, RangeResponseSchema } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { Maintenance, StatusResponseSchema } from "../../src/gen/etcdserverpb/maintenance_pb.ts";
import { ResponseHeaderSchema } from "../../src/gen/etcdserverpb/header_pb.ts";
import { type ClusterGuard, createClusterGuard } from "../../src/transport/cluster-guard.ts";
import { etcdErrorOf } from "./etcd-error.ts";

interface Answer {
  readonly clusterId?: bigint;
  readonly revision?: bigint;
}

type Call = Parameters<ClusterGuard["interceptor"]>[0];

const methods = {
  range: { method: KV.method.range, schema: RangeResponseSchema },
  put: { method: KV.method.put, schema: PutResponseSchema },
  status: { method: Maintenance.method.status, schema: StatusResponseSchema },
};

/** One call through the guard, answered with a header. `waits`: the answer comes when that is done. */
function call(
  guard: ClusterGuard,
  header: Answer | undefined,
  {
    rpc = "range",
    message = {},
    waits,
  }: { rpc?: keyof typeof methods; message?: object; waits?: Promise<unknown> } = {},
): Promise<unknown> {
  const { method, schema } = methods[rpc];
  const answered: Call = async () => {
    await waits;
    const answer = create(
      schema as typeof RangeResponseSchema,
      header === undefined ? {} : { header: create(ResponseHeaderSchema, header) },
    );
    return { stream: false, message: answer } as never;
  };
  return guard.interceptor(answered)({ stream: false, method, message, contextValues: createContextValues() } as never);
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

  it("C10: of calls at the same time none is taken for older", async () => {
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
    // To etcd a transaction of no steps is a serializable one; with one step that is not, it is none.
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
});
