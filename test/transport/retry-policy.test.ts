import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { AlarmRequest_AlarmAction } from "../../src/gen/etcdserverpb/maintenance_pb.ts";
import { TxnRequestSchema } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { EtcdError, type Outcome } from "../../src/transport/errors/etcd-error.ts";
import type { Reason } from "../../src/transport/errors/reasons.ts";
import {
  backoffMs,
  createRetryBudget,
  mayRetry,
  outcomeOf,
  type Idempotency,
  idempotencyOf,
} from "../../src/transport/retry/retry-policy.ts";
import { allMethods } from "./api.ts";

const error = (reason: Reason, outcome: Outcome, retryAfterMs?: number): EtcdError =>
  new EtcdError("scripted", reason, { outcome, retryAfterMs });

/** RPCs that only read, and those whose second copy does no harm. Every other one is sent once. */
const reads =
  "Range LeaseTimeToLive LeaseLeases MemberList Status Hash HashKV AuthStatus UserGet UserList RoleGet RoleList Watch Leader Observe Authenticate";
const harmless = "LeaseGrant LeaseKeepAlive LeaseRevoke Compact";

describe("how often a request may reach the server", () => {
  it.each(
    allMethods.filter(({ name }) => name !== "Txn" && name !== "Alarm").map((method) => [method.name, method] as const),
  )("%s", (name, method) => {
    const expected: Idempotency = reads.split(" ").includes(name)
      ? "safe"
      : harmless.split(" ").includes(name)
        ? "keyed"
        : "once";
    expect(idempotencyOf(method, {})).toBe(expected);
  });

  const method = (name: string) => {
    const found = allMethods.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  const key = new Uint8Array([1]);
  const range = { request: { case: "requestRange" as const, value: { key } } };
  const put = { request: { case: "requestPut" as const, value: { key } } };
  const nested = (op: typeof range | typeof put) => ({
    request: { case: "requestTxn" as const, value: { failure: [op] } },
  });

  const transactions: readonly (readonly [string, MessageInitShape<typeof TxnRequestSchema>, Idempotency])[] = [
    ["an empty one", {}, "safe"],
    ["reads in both branches", { success: [range], failure: [range, range] }, "safe"],
    ["a nested read", { success: [nested(range)] }, "safe"],
    ["a write that may happen", { success: [range], failure: [put] }, "once"],
    ["a nested write", { success: [range, nested(put)] }, "once"],
    ["a delete", { success: [{ request: { case: "requestDeleteRange" as const, value: { key } } }] }, "once"],
  ];
  it.each(transactions)("Txn, %s", (_, init, expected) => {
    expect(idempotencyOf(method("Txn"), create(TxnRequestSchema, init))).toBe(expected);
    // As it goes to transports that normalize for themselves.
    expect(idempotencyOf(method("Txn"), init)).toBe(expected);
  });

  it("Alarm: asking may be repeated, raising and disarming may not", () => {
    const { GET, ACTIVATE, DEACTIVATE } = AlarmRequest_AlarmAction;
    const repeats = [GET, ACTIVATE, DEACTIVATE].map((action) => idempotencyOf(method("Alarm"), { action }));
    expect(repeats).toEqual(["safe", "once", "once"]);
  });
});

describe("whether a failed request may be sent again", () => {
  it.each([
    // The rule that all else serves: a write whose outcome is unknown is never repeated.
    ["B1", "Unreachable", "unknown", { safe: true, keyed: true, once: false }],
    ["B5", "MalformedResponse", "unknown", { safe: true, keyed: true, once: false }],
    ["B10", "Timeout", "unknown", { safe: true, keyed: true, once: false }],
    ["C4", "LeaderChanged", "unknown", { safe: true, keyed: true, once: false }],
    ["C16", "Stopped", "unknown", { safe: true, keyed: true, once: false }],
    // What was not executed, and may be at another moment or by another member.
    ["A1", "Unreachable", "not-applied", { safe: true, keyed: true, once: true }],
    ["B12", "TooManyRequests", "not-applied", { safe: true, keyed: true, once: true }],
    ["A10", "NotSupportedForLearner", "not-applied", { safe: true, keyed: true, once: true }],
    ["C5", "NoLeader", "not-applied", { safe: true, keyed: true, once: true }],
    ["F6", "Timeout", "not-applied", { safe: true, keyed: true, once: true }],
    // What would be refused again.
    ["B13", "NoSpace", "not-applied", { safe: false, keyed: false, once: false }],
    ["B14", "RequestTooLarge", "not-applied", { safe: false, keyed: false, once: false }],
    ["B16", "RedirectRefused", "not-applied", { safe: false, keyed: false, once: false }],
    ["A11", "NotEtcd", "not-applied", { safe: false, keyed: false, once: false }],
    ["F2", "AuthFailed", "not-applied", { safe: false, keyed: false, once: false }],
    ["F8", "PermissionDenied", "not-applied", { safe: false, keyed: false, once: false }],
    ["G5", "DuplicateKey", "not-applied", { safe: false, keyed: false, once: false }],
    // What another try cannot help.
    ["A9", "ClusterChanged", "applied", { safe: false, keyed: false, once: false }],
    ["B22", "ResponseTooLarge", "unknown", { safe: false, keyed: false, once: false }],
    ["C12", "Corrupt", "unknown", { safe: false, keyed: false, once: false }],
    ["S24", "Closed", "unknown", { safe: false, keyed: false, once: false }],
  ] as const)("%s: %s, %s", (_, reason, outcome, expected) => {
    const may = (idempotency: Idempotency): boolean => mayRetry(error(reason, outcome), idempotency, true);
    expect({ safe: may("safe"), keyed: may("keyed"), once: may("once") }).toEqual(expected);
  });

  it("A5: a refused certificate is tried at other endpoints only", () => {
    const tls = error("Tls", "not-applied");
    expect([mayRetry(tls, "once", true), mayRetry(tls, "safe", false)]).toEqual([true, false]);
  });
});

describe("the outcome of a call of several requests", () => {
  it.each([
    [["not-applied", "not-applied"], "once", "not-applied"],
    [["unknown", "not-applied"], "keyed", "unknown"],
    [["not-applied", "unknown", "not-applied"], "keyed", "unknown"],
    [["unknown", "applied"], "keyed", "applied"],
    [["unknown"], "once", "unknown"],
    [["unknown", "applied"], "safe", "not-applied"],
    [[], "once", "not-applied"],
  ] as const)("%j of a call that may be sent %s: %s", (outcomes, idempotency, expected) => {
    expect(outcomeOf(outcomes, idempotency)).toBe(expected);
  });
});

describe("the wait before the next round", () => {
  const lost = error("Unreachable", "unknown");

  it("A7: doubles up to the cap, less a random part of up to half of it", () => {
    const longest = [0, 1, 2, 5, 6, 50, 5000].map((round) => backoffMs(round, lost, {}, 1));
    expect(longest).toEqual([50, 100, 200, 1600, 2000, 2000, 2000]);
    expect([backoffMs(5, lost, {}, 0), backoffMs(5, lost, {}, 0.25)]).toEqual([800, 1000]);
    expect(backoffMs(3, lost, { baseMs: 1, capMs: 5 }, 1)).toBe(5);
  });

  it("B12: a busy server gets a pause of 100 ms at least", () => {
    const busy = error("TooManyRequests", "not-applied");
    expect([backoffMs(0, busy, {}, 0), backoffMs(4, busy, {}, 1)]).toEqual([100, 800]);
    expect(backoffMs(0, error("Unreachable", "unknown", 0), {}, 0)).toBe(100);
  });

  it("B15: a server that says when is believed, up to 30 s", () => {
    const waits = [0, 1500, 36_000_000].map((ms) => backoffMs(0, error("Unreachable", "unknown", ms), {}, 0.5));
    expect(waits).toEqual([100, 1500, 30_000]);
  });
});

describe("the retry budget", () => {
  it("pays for twenty retries, is refilled by successes, and never holds more", () => {
    const budget = createRetryBudget();
    const spend = (): number => {
      let paid = 0;
      while (budget.take()) paid++;
      return paid;
    };
    expect(spend()).toBe(20);
    for (let i = 0; i < 4; i++) budget.succeeded();
    expect(budget.take()).toBe(false);
    budget.succeeded();
    expect(budget.take()).toBe(true);
    for (let i = 0; i < 1000; i++) budget.succeeded();
    expect(spend()).toBe(20);
  });
});
