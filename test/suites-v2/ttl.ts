import { describe, expect, it, vi } from "vitest";
import { KeyNotFound, RaftInternal } from "../../src/v2/index.ts";
import { freshDir, leftOf, type SuiteV2 } from "./connect.ts";

export const ttlSuite: SuiteV2 = (connect) => {
  describe("a time to live", () => {
    it("is told in seconds, with the moment of its end", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      const before = Date.now();
      const { node } = await etcd.set(key, "1", { ttl: 100 });
      expect(node.ttl).toEqual(leftOf(100));
      const end = node.expiration?.getTime() ?? 0;
      expect(end).toBeGreaterThan(before + 90_000);
      expect(end).toBeLessThan(before + 200_000);
      expect((await etcd.get(key)).node.ttl).toBeGreaterThan(90);
    });

    it("is gone when the key is written without one, or with null", async () => {
      const etcd = connect();
      const key = `${freshDir()}/a`;
      await etcd.set(key, "1", { ttl: 100 });
      expect((await etcd.set(key, "2")).node).not.toHaveProperty("ttl");
      await etcd.set(key, "3", { ttl: 100 });
      const { node } = await etcd.update(key, "3", { ttl: null });
      expect([node.ttl, node.expiration]).toEqual([undefined, undefined]);
    });

    it("ends the key, and watchers are told", async () => {
      const etcd = connect();
      const dir = freshDir();
      const { etcdIndex } = await etcd.set(`${dir}/a`, "1", { ttl: 1 });
      const event = await etcd.wait(dir, { recursive: true, index: etcdIndex + 1n, timeoutMs: 20_000 });
      expect(event).toMatchObject({ kind: "expired", node: { key: `${dir}/a` }, prevNode: { value: "1" } });
      await expect(etcd.get(`${dir}/a`, { quorum: true })).rejects.toThrow(KeyNotFound);
    });

    it("of a directory takes all that is in it along", async () => {
      const etcd = connect();
      const dir = freshDir();
      await etcd.mkdir(dir, { ttl: 1 });
      await etcd.set(`${dir}/a`, "1");
      await vi.waitFor(async () => expect(await etcd.has(`${dir}/a`)).toBe(false), { timeout: 20_000, interval: 50 });
      expect(await etcd.has(dir)).toBe(false);
    });

    it("of a directory changes by update and refresh, but in etcd 3.5", async () => {
      const etcd = connect();
      const dir = freshDir();
      const { node } = await etcd.mkdir(dir, { ttl: 100 });
      const refresh = etcd.refresh(dir, 200, { dir: true });
      if (connect.target.version.startsWith("3.4")) {
        expect((await refresh).node.ttl).toEqual(leftOf(200));
        expect((await etcd.update(node, null, { ttl: 300 })).node.ttl).toEqual(leftOf(300));
        expect((await etcd.update(dir, null, { dir: true, ttl: 400 })).node.ttl).toEqual(leftOf(400));
      } else {
        await expect(refresh).rejects.toThrow(RaftInternal);
        await expect(etcd.update(node, null, { ttl: 300 })).rejects.toThrow("Not a file");
      }
    });
  });

  describe("refresh", () => {
    it("renews the time to live, keeps the value, and wakes nobody", async () => {
      const etcd = connect();
      const dir = freshDir();
      const { etcdIndex } = await etcd.set(`${dir}/a`, "1", { ttl: 100 });
      const event = etcd.wait(`${dir}/a`, { index: etcdIndex + 1n, timeoutMs: 20_000 });
      const { node } = await etcd.refresh(`${dir}/a`, 500);
      expect(node).toMatchObject({ value: "1", ttl: leftOf(500) });
      await etcd.set(`${dir}/a`, "2");
      expect(await event).toMatchObject({ kind: "set", node: { value: "2" } });
    });

    it("rejects where there is nothing to renew", async () => {
      const etcd = connect();
      await expect(etcd.refresh(`${freshDir()}/a`, 5)).rejects.toThrow(KeyNotFound);
    });
  });

  describe("keepNode", () => {
    it("keeps a node for longer than its time to live, and deletes it when closed", async () => {
      const etcd = connect();
      const key = `${freshDir()}/service`;
      const kept = await etcd.keepNode(key, "here", { ttl: 1 });
      const { node } = await etcd.get(key, { quorum: true });
      await vi.waitFor(
        async () => {
          const later = (await etcd.get(key, { quorum: true })).node;
          expect(later.createdIndex).toBe(node.createdIndex);
          expect(later.expiration?.getTime()).toBeGreaterThan((node.expiration?.getTime() ?? Infinity) + 2000);
        },
        { timeout: 30_000, interval: 100 },
      );
      await kept.close();
      expect(kept.signal.aborted).toBe(true);
      expect(await etcd.has(key, { quorum: true })).toBe(false);
    });

    it("sets it again when somebody took it away, and leaves another's value alone", async () => {
      let renewals = 0;
      const etcd = connect({
        fetch: async (url, init) => {
          const answer = await connect.target.fetch(url, init);
          if (typeof init.body === "string" && init.body.includes("refresh=true")) renewals++;
          return answer;
        },
      });
      const key = `${freshDir()}/service`;
      const stop = new AbortController();
      const kept = await etcd.keepNode(key, "here", { ttl: 1, signal: stop.signal });
      await etcd.delete(key);
      await vi.waitFor(async () => expect((await etcd.get(key, { quorum: true })).node.value).toBe("here"), {
        timeout: 20_000,
        interval: 50,
      });
      await etcd.set(key, "another");
      const before = renewals;
      await vi.waitFor(() => expect(renewals).toBeGreaterThan(before + 1), { timeout: 20_000, interval: 20 });
      expect((await etcd.get(key, { quorum: true })).node).not.toHaveProperty("ttl");
      stop.abort(new Error("enough"));
      expect(kept.signal.reason).toBe(stop.signal.reason);
      await kept.close();
      expect((await etcd.get(key, { quorum: true })).node.value).toBe("another");
    });
  });
};
