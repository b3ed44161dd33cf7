import { describe, expect, it } from "vitest";
import { createEtcd, EtcdError } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";

const header = { cluster_id: "1", member_id: "1", revision: "5", raft_term: "1" };

/** A client of a server that answers everything with the same. */
function answering(answer: object, batchReads: boolean) {
  const body = JSON.stringify({ header, ...answer });
  return createEtcd({ fetch: () => Promise.resolve(new Response(body)), batchReads, timeoutMs: 5000, retry: false });
}

const range = (key: string) => ({
  response_range: {
    kvs: [{ key: btoa(key), value: btoa("x"), create_revision: "1", mod_revision: "1", version: "1" }],
  },
});
const malformed = { status: "rejected", reason: { reason: "MalformedResponse", outcome: "not-applied" } };

describe("the answers to batched reads", () => {
  it.each([
    ["none", []],
    ["too few", [range("a")]],
    ["too many", [range("a"), range("b"), range("c")]],
    ["those of writes", [{ response_put: {} }, { response_put: {} }]],
    ["empty ones", [{}, {}]],
    ["those of other keys", [range("b"), range("a")]],
    [
      "more than one entry",
      [
        { response_range: { kvs: [...range("a").response_range.kvs, ...range("b").response_range.kvs] } },
        { response_range: { kvs: [...range("b").response_range.kvs, ...range("b").response_range.kvs] } },
      ],
    ],
  ])("are MalformedResponse where they are %s: never pending, never null", async (_, responses) => {
    const etcd = answering({ succeeded: true, responses }, true);
    expect(await Promise.allSettled([etcd.get("a"), etcd.get("b")])).toMatchObject([malformed, malformed]);
  });

  it("leave the others alone where one of them is odd", async () => {
    const etcd = answering({ succeeded: true, responses: [range("a"), range("x")] }, true);
    const [a, b] = await Promise.allSettled([etcd.get("a"), etcd.get("b")]);
    expect(a.status === "fulfilled" && a.value?.key).toBe("a");
    expect(b).toMatchObject(malformed);
  });

  it("may together be larger than an answer may be", async () => {
    const { fetch } = createMemoryEtcd();
    const writer = createEtcd({ fetch });
    const keys = Array.from({ length: 20 }, (_, i) => `${i}`);
    for (const key of keys) await writer.put(key, "x".repeat(60_000));
    const etcd = createEtcd({ fetch, batchReads: true, maxResponseBytes: 200_000 });
    const sizes = await Promise.all(keys.map(async (key) => (await etcd.get(key))?.value.length));
    expect(new Set(sizes)).toEqual(new Set([60_000]));
    await writer.put("huge", "x".repeat(300_000));
    const [huge, small] = await Promise.allSettled([etcd.get("huge"), etcd.get("0")]);
    expect(huge).toMatchObject({ reason: { reason: "ResponseTooLarge" } });
    expect(small.status === "fulfilled" && small.value?.value.length).toBe(60_000);
  });
});

describe("the answer to a read of one key", () => {
  it.each([false, true])("is MalformedResponse where it is about another key; batchReads: %s", async (batchReads) => {
    const etcd = answering({ ...range("b").response_range, count: "1" }, batchReads);
    const error: unknown = await etcd.get("a").catch((thrown: unknown) => thrown);
    expect(EtcdError.is(error) && [error.reason, error.outcome]).toEqual(["MalformedResponse", "not-applied"]);
    expect((await etcd.get("b"))?.key).toBe("b");
  });
});
