import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Lease } from "../../src/gen/etcdserverpb/lease_pb.ts";
import { createLease, type LeaseService } from "../../src/v3/lease/lease.ts";
import { createKeyspace } from "../../src/v3/namespace.ts";
import { keyBytes } from "../../src/v3/keys.ts";
import { connectionTo } from "./scripted-services.ts";

function leases(service: Partial<ServiceImpl<typeof Lease>>, namespace?: string): LeaseService {
  const connection = connectionTo((router) => router.service(Lease, service));
  return createLease(connection, createKeyspace(namespace === undefined ? undefined : keyBytes(namespace)));
}

/** As if the server had done it and its answer was lost. */
const lost = () => new ConnectError("the connection is gone", Code.Unavailable);
const exists = () => new ConnectError("etcdserver: lease already exists", Code.FailedPrecondition);
const notFound = () => new ConnectError("etcdserver: requested lease not found", Code.NotFound);

describe("granting a lease", () => {
  it("E5: survives a lost answer, since the lease has an id of its own", async () => {
    const asked: bigint[] = [];
    const lease = leases({
      leaseGrant({ ID }) {
        asked.push(ID);
        throw asked.length === 1 ? lost() : exists();
      },
      leaseTimeToLive: ({ ID }) => ({ ID, TTL: 4n, grantedTTL: 5n }),
    });
    const { id, ttl } = await lease.grant(3);
    // What is left, not what was granted.
    expect(ttl).toBe(4);
    expect(asked).toEqual([id, id]);
    expect(id).toBeGreaterThan(0n);
  });

  it("survives an answer that was lost on the way to a platform which then asked again by itself", async () => {
    const lease = leases({
      leaseGrant() {
        throw exists();
      },
      leaseTimeToLive: ({ ID }) => ({ ID, TTL: 5n, grantedTTL: 5n }),
    });
    expect((await lease.grant(5)).ttl).toBe(5);
  });

  it("with an id of the caller's does not take somebody else's lease for its own", async () => {
    let calls = 0;
    const lease = leases({
      leaseGrant() {
        calls++;
        throw exists();
      },
    });
    await expect(lease.grant(5, { id: 7n })).rejects.toMatchObject({ reason: "LeaseExist", outcome: "not-applied" });
    expect(calls).toBe(1);
  });

  it("with an id of the caller's and a lost answer leaves it open whose the lease is", async () => {
    let calls = 0;
    const lease = leases({
      leaseGrant() {
        throw ++calls === 1 ? lost() : exists();
      },
    });
    await expect(lease.grant(5, { id: 7n })).rejects.toMatchObject({ reason: "LeaseExist", outcome: "unknown" });
  });

  it("takes the id that was made of a random one, as a proxy does", async () => {
    const lease = leases({ leaseGrant: ({ TTL }) => ({ ID: 77n, TTL }) });
    expect(await lease.grant(5)).toEqual({ id: 77n, ttl: 5 });
  });

  it("B23: refuses an answer about no lease", async () => {
    const lease = leases({ leaseGrant: ({ TTL }) => ({ TTL }) });
    await expect(lease.grant(5)).rejects.toMatchObject({ reason: "MalformedResponse", outcome: "unknown" });
  });

  it("B23: refuses another lease than the chosen one, and ends it", async () => {
    const revoked: bigint[] = [];
    const lease = leases({
      leaseGrant: ({ ID, TTL }) => ({ ID: ID + 1n, TTL }),
      leaseRevoke: ({ ID }) => (revoked.push(ID), {}),
    });
    await expect(lease.grant(5, { id: 7n })).rejects.toMatchObject({ reason: "Unsupported", outcome: "not-applied" });
    expect(revoked).toEqual([8n]);
  });

  it("says so where the other lease could not be ended", async () => {
    const lease = leases({
      leaseGrant: ({ ID, TTL }) => ({ ID: ID + 1n, TTL }),
      leaseRevoke() {
        throw new ConnectError("etcdserver: permission denied", Code.PermissionDenied);
      },
    });
    await expect(lease.grant(5, { id: 7n })).rejects.toMatchObject({ reason: "Unsupported", outcome: "applied" });
  });

  it.each([0, -1, 1.5, NaN, Infinity, 9_000_000_001, "5", 5n, undefined, null])(
    "G4: refuses the TTL %s",
    async (ttl) => {
      const calls: unknown[] = [];
      const lease = leases({ leaseGrant: (request) => (calls.push(request), { ID: request.ID, TTL: 1n }) });
      const error = { reason: "InvalidArgument", outcome: "not-applied", attempts: [] };
      await expect(lease.grant(ttl as number)).rejects.toMatchObject(error);
      expect(calls).toEqual([]);
    },
  );

  it.each([0n, 2n ** 63n, -(2n ** 63n) - 1n, 7, "7"])("G4: refuses the id %s", async (id) => {
    const lease = leases({});
    await expect(lease.grant(5, { id: id as bigint })).rejects.toMatchObject({
      reason: "InvalidArgument",
      attempts: [],
    });
    await expect(lease.revoke(id as bigint)).rejects.toMatchObject({ reason: "InvalidArgument", attempts: [] });
    await expect(lease.keepAliveOnce(id as bigint)).rejects.toMatchObject({ reason: "InvalidArgument", attempts: [] });
    await expect(lease.timeToLive(id as bigint)).rejects.toMatchObject({ reason: "InvalidArgument", attempts: [] });
  });

  it("E6: keeps ids that no float holds", async () => {
    const lease = leases({ leaseGrant: ({ ID, TTL }) => ({ ID, TTL }) });
    for (const id of [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 7587879463241111111n]) {
      expect((await lease.grant(5, { id })).id).toBe(id);
    }
  });
});

describe("revoking a lease", () => {
  it("E7: is done when the answer was lost and the lease is gone", async () => {
    let calls = 0;
    const lease = leases({
      leaseRevoke() {
        throw ++calls === 1 ? lost() : notFound();
      },
    });
    await expect(lease.revoke(7n)).resolves.toBeUndefined();
    expect(calls).toBe(2);
  });

  it("is not a success when there was no such lease", async () => {
    const lease = leases({
      leaseRevoke() {
        throw notFound();
      },
    });
    await expect(lease.revoke(7n)).rejects.toMatchObject({ reason: "LeaseNotFound", outcome: "not-applied" });
  });
});

describe("renewing a lease", () => {
  it("E1: an answer without a TTL means that it is gone", async () => {
    const lease = leases({
      async *leaseKeepAlive(requests) {
        for await (const { ID } of requests) yield { ID, TTL: 0n };
      },
    });
    await expect(lease.keepAliveOnce(7n)).rejects.toMatchObject({ reason: "LeaseNotFound", outcome: "not-applied" });
  });

  it("B23: refuses an answer about another lease", async () => {
    const lease = leases({
      async *leaseKeepAlive(requests) {
        for await (const { ID } of requests) yield { ID: ID + 1n, TTL: 10n };
      },
    });
    await expect(lease.keepAliveOnce(7n, { timeoutMs: 300 })).rejects.toMatchObject({
      reason: "MalformedResponse",
      outcome: "unknown",
    });
  });

  it("is repeated after a lost or missing answer", async () => {
    let calls = 0;
    const lease = leases({
      async *leaseKeepAlive(requests) {
        calls++;
        if (calls === 1) throw lost();
        if (calls === 2) return;
        for await (const { ID } of requests) yield { ID, TTL: 10n };
      },
    });
    expect(await lease.keepAliveOnce(7n)).toEqual({ id: 7n, ttl: 10 });
    expect(calls).toBe(3);
  });

  it("E27: logs in anew when the refusal of the token comes inside of the stream", async () => {
    const tokens = ["old", "new"];
    const seen: (string | null)[] = [];
    let current = 0;
    const source = {
      get: () => Promise.resolve(tokens[current]),
      refused(token: string | undefined) {
        if (token === tokens[current]) current++;
        return true;
      },
      accepted: () => undefined,
      unanswered: () => undefined,
      clear: () => undefined,
    };
    const connection = connectionTo(
      (router) =>
        router.service(Lease, {
          async *leaseKeepAlive(requests, { requestHeader }) {
            seen.push(requestHeader.get("authorization"));
            if (requestHeader.get("authorization") !== "new") {
              throw new ConnectError("etcdserver: invalid auth token", Code.Unauthenticated);
            }
            for await (const { ID } of requests) yield { ID, TTL: 10n };
          },
        }),
      { token: source },
    );
    expect(await createLease(connection, createKeyspace()).keepAliveOnce(7n)).toEqual({ id: 7n, ttl: 10 });
    expect(seen).toEqual(["old", "new"]);
  });
});

describe("renewals of one tick", () => {
  const ids = Array.from({ length: 50 }, (_, i) => BigInt(i + 1));

  it("E26: travel as one request, and each gets its own answer", async () => {
    let requests = 0;
    const lease = leases({
      async *leaseKeepAlive(asked) {
        requests++;
        for await (const { ID } of asked) yield { ID, TTL: ID === 7n ? 0n : ID + 100n };
      },
    });
    const renewed = await Promise.allSettled(ids.map((id) => lease.keepAliveOnce(id)));
    expect(requests).toBe(1);
    for (const [i, result] of renewed.entries()) {
      const id = BigInt(i + 1);
      if (id === 7n) expect(result).toMatchObject({ status: "rejected", reason: { reason: "LeaseNotFound" } });
      else expect(result).toMatchObject({ status: "fulfilled", value: { id, ttl: Number(id) + 100 } });
    }
  });

  it("are asked for again without those that were answered before the stream broke", async () => {
    const seen: bigint[][] = [];
    const lease = leases({
      async *leaseKeepAlive(asked) {
        const own: bigint[] = [];
        seen.push(own);
        for await (const { ID } of asked) {
          own.push(ID);
          if (seen.length === 1 && own.length > 20) throw lost();
          yield { ID, TTL: 10n };
        }
      },
    });
    const renewed = await Promise.all(ids.map((id) => lease.keepAliveOnce(id)));
    expect(renewed.map(({ id }) => id)).toEqual(ids);
    expect(seen).toHaveLength(2);
    expect(seen[1]).toEqual(ids.slice(20));
  });

  it("go on where the server stopped reading", async () => {
    const seen: bigint[][] = [];
    const lease = leases({
      async *leaseKeepAlive(asked) {
        const own: bigint[] = [];
        seen.push(own);
        for await (const { ID } of asked) {
          own.push(ID);
          yield { ID, TTL: 10n };
          if (own.length === 17) return;
        }
      },
    });
    const renewed = await Promise.all(ids.map((id) => lease.keepAliveOnce(id)));
    expect(renewed.map(({ id }) => id)).toEqual(ids);
    expect(seen.map(({ length }) => length)).toEqual([17, 17, 16]);
  });

  it("go one by one over a transport that carries one message a request", async () => {
    let requests = 0;
    const lease = leases({
      async *leaseKeepAlive(asked) {
        requests++;
        for await (const { ID } of asked) {
          yield { ID, TTL: 10n };
          return;
        }
      },
    });
    const renewed = await Promise.all(ids.map((id) => lease.keepAliveOnce(id)));
    expect(renewed.map(({ id }) => id)).toEqual(ids);
    expect(requests).toBe(ids.length);
    await Promise.all(ids.map((id) => lease.keepAliveOnce(id)));
    expect(requests).toBe(2 * ids.length);
  });

  it("B23: refuse answers that are not in the order of the questions", async () => {
    const lease = leases({
      async *leaseKeepAlive(asked) {
        const own: bigint[] = [];
        for await (const { ID } of asked) own.push(ID);
        for (const ID of own.reverse()) yield { ID, TTL: 10n };
      },
    });
    const renewed = await Promise.allSettled([1n, 2n].map((id) => lease.keepAliveOnce(id, { timeoutMs: 200 })));
    expect(renewed).toMatchObject(
      Array(2).fill({ status: "rejected", reason: { reason: "MalformedResponse", outcome: "unknown" } }),
    );
  });

  it("keep their own time-outs and signals, and the request ends with the last of them", async () => {
    let ended: () => void = () => undefined;
    const freed = new Promise<void>((resolve) => (ended = resolve));
    const lease = leases({
      async *leaseKeepAlive(_, { signal }) {
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        ended();
        yield { ID: 1n, TTL: 0n };
      },
    });
    const controller = new AbortController();
    const early = lease.keepAliveOnce(1n, { timeoutMs: 20 });
    const aborted = lease.keepAliveOnce(2n, { signal: controller.signal });
    const late = lease.keepAliveOnce(3n, { timeoutMs: 60 });
    await expect(early).rejects.toMatchObject({ reason: "Timeout" });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toBe(controller.signal.reason);
    await expect(late).rejects.toMatchObject({ reason: "Timeout" });
    await freed;
  });
});

describe("what is left of a lease", () => {
  it("leaves keys of others out and takes the namespace off", async () => {
    const keys = ["app/a", "app/b/c", "application", "app/", "x"].map((key) => new TextEncoder().encode(key));
    const lease = leases(
      { leaseTimeToLive: ({ ID, keys: wanted }) => ({ ID, TTL: 3n, grantedTTL: 5n, keys: wanted ? keys : [] }) },
      "app/",
    );
    expect(await lease.timeToLive(7n)).toEqual({ id: 7n, ttl: 3, grantedTtl: 5 });
    const { keys: own = [] } = await lease.timeToLive(7n, { keys: true });
    expect(own.map((key) => new TextDecoder().decode(key))).toEqual(["a", "b/c"]);
  });

  it("is an error when there is nothing left, and 0 while its end is being carried out", async () => {
    const lease = leases({
      leaseTimeToLive: ({ ID }) => ({ ID, TTL: ID === 7n ? -1n : 0n, grantedTTL: ID === 7n ? 0n : 5n }),
    });
    await expect(lease.timeToLive(7n)).rejects.toMatchObject({ reason: "LeaseNotFound", outcome: "not-applied" });
    expect(await lease.timeToLive(8n)).toEqual({ id: 8n, ttl: 0, grantedTtl: 5 });
  });
});

it("refuses options that do not exist", async () => {
  const lease = leases({});
  const unknown: Record<string, unknown> = { timeout: 5 };
  const refusal = /lease\.\w+: unknown option "timeout"; did you mean "timeoutMs"\?$/;
  await expect(lease.grant(5, unknown)).rejects.toThrow(refusal);
  await expect(lease.revoke(7n, unknown)).rejects.toThrow(refusal);
  await expect(lease.keepAliveOnce(7n, unknown)).rejects.toThrow(refusal);
  await expect(lease.timeToLive(7n, unknown)).rejects.toThrow(refusal);
  await expect(lease.list(unknown)).rejects.toThrow(refusal);
});
