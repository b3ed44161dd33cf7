import type { Interceptor } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { session, type Session } from "../../src/index.ts";
import { freshPrefix, type Suite } from "./connect.ts";

export const sessionSuite: Suite = (connect) => {
  describe("a session", () => {
    it("keeps its lease, and the keys put with it, beyond their TTL", async () => {
      const etcd = connect({ namespace: freshPrefix() });
      await using held = await session(etcd, { ttl: 2 });
      await etcd.put("here", "1", { lease: held.leaseId });
      const end = performance.now() + 2 * held.ttl * 1000;
      await vi.waitFor(() => expect(performance.now()).toBeGreaterThan(end), { timeout: 60_000, interval: 50 });
      expect(held.signal.aborted).toBe(false);
      expect(held.remaining()).toBeGreaterThan(0);
      expect(held.heldUntil).toBeGreaterThan(Date.now());
      expect(await held.keys()).toEqual(["here"]);
    }, 60_000);

    it("takes its keys with it when closed", async () => {
      const etcd = connect({ namespace: freshPrefix() });
      const held = await session(etcd);
      await etcd.put("here", "1", { lease: held.leaseId });
      expect(held.ttl).toBe(30);
      await held.close();
      await held.close();
      expect(await etcd.has("here")).toBe(false);
      expect(held.signal.reason).toMatchObject({ reason: "Closed" });
      expect(await held.lost).toBe(held.signal.reason);
      expect(held.remaining()).toBe(0);
      await expect(held.renew()).rejects.toMatchObject({ reason: "Closed" });
    });

    it("leaves its keys to the TTL when orphaned", async () => {
      const etcd = connect({ namespace: freshPrefix() });
      const held = await session(etcd, { ttl: 60 });
      await etcd.put("here", "1", { lease: held.leaseId });
      held.orphan();
      await held.close();
      expect(held.signal.aborted).toBe(true);
      expect(await etcd.has("here")).toBe(true);
      await etcd.lease.revoke(held.leaseId);
    });

    it("is lost for good when the server says that the lease is gone", async () => {
      const etcd = connect({ namespace: freshPrefix() });
      const held = await session(etcd, { ttl: 60 });
      await etcd.lease.revoke(held.leaseId);
      await expect(held.renew()).rejects.toMatchObject({ reason: "LeaseNotFound" });
      expect(held.signal.reason).toMatchObject({ reason: "LeaseNotFound" });
      expect(await held.lost).toBe(held.signal.reason);
      await expect(held.renew()).rejects.toBe(held.signal.reason);
      await held.close();
      expect(await etcd.lease.list()).not.toContain(held.leaseId);
    });

    it("takes over a lease that exists", async () => {
      const etcd = connect({ namespace: freshPrefix() });
      const { id, ttl } = await etcd.lease.grant(61);
      await using held = await session(etcd, { leaseId: id });
      expect([held.leaseId, held.ttl]).toEqual([id, ttl]);
      await held.close();
      await expect(session(etcd, { leaseId: id })).rejects.toMatchObject({ reason: "LeaseNotFound" });
    });

    it("ends with the signal it was given, and with its client, which revokes the lease", async () => {
      const watcher = connect();
      const etcd = connect({ namespace: freshPrefix() });
      const controller = new AbortController();
      const one = await session(etcd, { signal: controller.signal });
      controller.abort(new Error("enough"));
      expect(one.signal.aborted).toBe(true);
      await one.close();
      const two = await session(etcd.namespace("x/"));
      await etcd.close();
      expect(two.signal.reason).toMatchObject({ reason: "Closed" });
      const leases = await watcher.lease.list();
      expect(leases).not.toContain(one.leaseId);
      expect(leases).not.toContain(two.leaseId);
      await expect(session(etcd)).rejects.toMatchObject({ reason: "Closed" });
    });

    it("leaves no lease at whatever step of its start its signal aborts", async () => {
      const etcd = connect({ interceptors: [abortLater] });
      const ids: bigint[] = [];
      let controller = new AbortController();
      let steps = 0;
      function abortLater(next: Parameters<Interceptor>[0]): ReturnType<Interceptor> {
        return async (request) => {
          const response = await next(request);
          if (request.method.name !== "LeaseGrant" || response.stream) return response;
          const { ID } = response.message as { readonly ID?: bigint };
          if (ID !== undefined) ids.push(ID);
          const later = (left: number): void =>
            left === 0 ? controller.abort(new Error("enough")) : queueMicrotask(() => later(left - 1));
          later(steps);
          return response;
        };
      }
      for (steps = 0; steps < 40; steps++) {
        controller = new AbortController();
        const started = await session(etcd, { signal: controller.signal }).catch((error: unknown) => error);
        if (started instanceof Error) expect(started.message).toBe("enough");
        else await vi.waitFor(() => expect((started as Session).signal.aborted).toBe(true));
      }
      await vi.waitFor(async () => {
        const left = await etcd.lease.list();
        expect(ids).toHaveLength(40);
        expect(ids.filter((id) => left.includes(id))).toEqual([]);
      });
    });

    it("refuses what makes no sense before it is sent", async () => {
      const etcd = connect();
      await expect(session(etcd, { ttl: 5, leaseId: 5n })).rejects.toMatchObject({ reason: "InvalidArgument" });
      for (const ttl of [0, null as never]) {
        await expect(session(etcd, { ttl })).rejects.toMatchObject({ reason: "InvalidArgument" });
      }
      const misspelt: Record<string, unknown> = { TTL: 5 };
      await expect(session(etcd, misspelt)).rejects.toThrow('did you mean "ttl"?');
      const signal = AbortSignal.abort(new Error("not today"));
      await expect(session(etcd, { signal })).rejects.toBe(signal.reason);
    });
  });
};
