import { describe, expect, it, vi } from "vitest";
import type { GrantedLease } from "../../src/index.ts";
import { freshPrefix, type Suite } from "./connect.ts";
import { recorder, times, value } from "./tools.ts";

const text = (key: Uint8Array): string => new TextDecoder().decode(key);

export const leaseSuite: Suite = (connect) => {
  describe("a granted lease", () => {
    it("has an id of its own and the TTL that was asked for", async () => {
      const etcd = connect();
      const [a, b] = await Promise.all([etcd.lease.grant(60), etcd.lease.grant(61)]);
      expect([a.ttl, b.ttl]).toEqual([60, 61]);
      expect(a.id).toBeGreaterThan(0n);
      expect(a.id).not.toBe(b.id);
      expect(await etcd.lease.list()).toEqual(expect.arrayContaining([a.id, b.id]));
      await Promise.all([a, b].map(({ id }) => etcd.lease.revoke(id)));
    });

    it("has the TTL that etcd gave it, where it asked for too little", async () => {
      const etcd = connect();
      const { id, ttl } = await etcd.lease.grant(1);
      expect(await etcd.lease.timeToLive(id)).toMatchObject({ id, grantedTtl: ttl });
    });

    const chosen = [7587879463241111111n, 2n ** 63n - 1n, -5n];

    it.each(connect.target.ownLeaseIds ? chosen : [])("is refused with the id %s, and not left behind", async (id) => {
      const etcd = connect();
      const ids = recorder();
      const before = await etcd.lease.list();
      await expect(connect({ interceptors: [ids.interceptor] }).lease.grant(60, { id })).rejects.toMatchObject({
        reason: "Unsupported",
        outcome: "not-applied",
      });
      expect(ids.rpcs()).toEqual(["LeaseGrant", "LeaseRevoke"]);
      // Those of other tests may have ended meanwhile.
      expect(before).toEqual(expect.arrayContaining(await etcd.lease.list()));
    });

    it.each(connect.target.ownLeaseIds ? [] : chosen)(
      "has the id %s, where the caller chose it, and no other lease has",
      async (id) => {
        const etcd = connect();
        expect(await etcd.lease.grant(60, { id })).toEqual({ id, ttl: 60 });
        await expect(etcd.lease.grant(60, { id })).rejects.toMatchObject({
          reason: "LeaseExist",
          outcome: "not-applied",
        });
        expect(await etcd.lease.keepAliveOnce(id)).toEqual({ id, ttl: 60 });
        expect(await etcd.lease.list()).toContain(id);
        await etcd.lease.revoke(id);
        expect(await etcd.lease.list()).not.toContain(id);
      },
    );

    it("takes its keys with it when revoked", async () => {
      const etcd = connect({ namespace: freshPrefix() });
      const { id } = await etcd.lease.grant(60);
      await etcd.put("leased", "1", { lease: id });
      await etcd.put("kept", "1");
      await etcd.lease.revoke(id);
      expect(await etcd.keys({ all: true })).toEqual(["kept"]);
      await expect(etcd.put("late", "1", { lease: id })).rejects.toMatchObject({ reason: "LeaseNotFound" });
    });

    it("takes its keys with it when nobody renews it", async () => {
      const etcd = connect({ namespace: freshPrefix() });
      const { id } = await etcd.lease.grant(1);
      await etcd.put("leased", "1", { lease: id });
      await vi.waitFor(async () => expect(await etcd.has("leased")).toBe(false), { timeout: 15_000, interval: 50 });
      await expect(etcd.lease.keepAliveOnce(id)).rejects.toMatchObject({ reason: "LeaseNotFound" });
    });

    it("lives on when renewed", async () => {
      const etcd = connect({ namespace: freshPrefix() });
      const { id, ttl } = await etcd.lease.grant(1);
      await etcd.put("leased", "1", { lease: id });
      const end = performance.now() + 3 * ttl * 1000;
      await vi.waitFor(
        async () => {
          expect(await etcd.lease.keepAliveOnce(id)).toEqual({ id, ttl });
          expect(performance.now()).toBeGreaterThan(end);
        },
        { timeout: 60_000, interval: 90 },
      );
      expect(await etcd.has("leased")).toBe(true);
    });

    it("lists its keys, those of the namespace by their names in it", async () => {
      const prefix = freshPrefix();
      const etcd = connect();
      const { id } = await etcd.lease.grant(60);
      expect(await etcd.lease.timeToLive(id, { keys: true })).toMatchObject({ id, grantedTtl: 60, keys: [] });
      for (const key of ["a/1", "a/2", "b"]) await etcd.put(prefix + key, "", { lease: id });
      const { ttl, keys = [] } = await etcd.lease.timeToLive(id, { keys: true });
      expect(keys.map(text).sort()).toEqual([`${prefix}a/1`, `${prefix}a/2`, `${prefix}b`]);
      expect(ttl).toBeGreaterThan(50);
      const { keys: below = [] } = await etcd.namespace(`${prefix}a/`).lease.timeToLive(id, { keys: true });
      expect(below.map(text).sort()).toEqual(["1", "2"]);
      expect(await etcd.lease.timeToLive(id)).not.toHaveProperty("keys");
    });
  });

  describe("a lease that does not exist", () => {
    it("is an error, whatever is asked of it", async () => {
      const { lease } = connect();
      const { id } = await lease.grant(60);
      await lease.revoke(id);
      const lost = { reason: "LeaseNotFound", outcome: "not-applied", retryable: false };
      await expect(lease.keepAliveOnce(id)).rejects.toMatchObject(lost);
      await expect(lease.timeToLive(id)).rejects.toMatchObject(lost);
      await expect(lease.timeToLive(id, { keys: true })).rejects.toMatchObject(lost);
      await expect(lease.revoke(id)).rejects.toMatchObject(lost);
    });
  });

  it("E26: a hundred are renewed by a request or a few, where the transport can; one that is gone does no harm", async () => {
    const { interceptor, rpcs } = recorder();
    const etcd = connect({ interceptors: [interceptor] });
    const granted: GrantedLease[] = [];
    await times(100, async () => granted.push(await etcd.lease.grant(60)), 16);
    const [gone, ...others] = granted;
    await etcd.lease.revoke(value(gone).id);
    const before = rpcs().length;
    const [lost, ...renewed] = await Promise.allSettled(granted.map(({ id }) => etcd.lease.keepAliveOnce(id)));
    expect(lost).toMatchObject({ status: "rejected", reason: { reason: "LeaseNotFound" } });
    expect(renewed).toMatchObject(others.map(({ id }) => ({ status: "fulfilled", value: { id, ttl: 60 } })));
    // A gateway reads the first 17 for sure, and mostly all of them.
    expect(rpcs().length - before).toBeLessThanOrEqual(connect.target.transport === "grpc-web" ? 100 : 7);
    await times(others.length, (i) => etcd.lease.revoke(value(others[i]).id), 16);
  });

  describe("a call", () => {
    it("is refused before it is sent where it makes no sense", async () => {
      const { interceptor, rpcs } = recorder();
      const { lease } = connect({ interceptors: [interceptor] });
      for (const ttl of [0, -1, 0.5, NaN, Infinity, 9_000_000_001]) {
        await expect(lease.grant(ttl)).rejects.toMatchObject({ reason: "InvalidArgument", outcome: "not-applied" });
      }
      await expect(lease.grant(5, { id: 0n })).rejects.toMatchObject({ reason: "InvalidArgument" });
      await expect(lease.revoke(0n)).rejects.toMatchObject({ reason: "InvalidArgument" });
      const misspelt: Record<string, unknown> = { ID: 5n };
      await expect(lease.grant(5, misspelt)).rejects.toThrow(expect.objectContaining({ reason: "InvalidArgument" }));
      await expect(lease.keepAliveOnce(5n, { timeoutMs: 0 })).rejects.toMatchObject({ reason: "InvalidArgument" });
      expect(rpcs()).toEqual([]);
    });

    it("rejects with the caller's reason when aborted", async () => {
      const { lease } = connect();
      const signal = AbortSignal.abort(new Error("not today"));
      await expect(lease.grant(5, { signal })).rejects.toBe(signal.reason);
      await expect(lease.keepAliveOnce(5n, { signal })).rejects.toBe(signal.reason);
      await expect(lease.list({ signal })).rejects.toBe(signal.reason);
    });
  });
};
