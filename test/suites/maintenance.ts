import { describe, expect, it, vi } from "vitest";
import type { SnapshotProgress } from "../../src/index.ts";
import { freshPrefix, type Suite } from "./connect.ts";
import { bigValue, limit, recorder, value } from "./tools.ts";

async function read(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const unsupported = { reason: "Unsupported", outcome: "not-applied" };

/** Raises alarms, which stop all writes of the cluster, and clears them again. */
export const maintenanceSuite: Suite = (connect) => {
  const { target } = connect;
  const gateway = target.transport === "gateway";
  const since = (minor: number): boolean => Number(target.version.split(".")[1]) >= minor;

  describe("status", () => {
    it("tells what a member knows", async () => {
      const { maintenance, put, cluster } = connect();
      const { revision } = await put(freshPrefix(), "1");
      const status = await maintenance.status();
      expect(status.version).toMatch(new RegExp(`^${target.version}\\.`));
      expect(status.leader).toBe((await cluster.leader()).id);
      expect((await cluster.members()).map(({ id }) => id)).toContain(status.memberId);
      if (target.members === 1) expect(status.revision).toBe(revision);
      expect(status.dbSize).toBeGreaterThanOrEqual(status.dbSizeInUse);
      expect(status.dbSizeInUse).toBeGreaterThan(0n);
      expect(status.raftTerm).toBeGreaterThan(0n);
      expect(status.raftIndex).toBeGreaterThanOrEqual(status.raftAppliedIndex);
      expect(status.clusterId).toBeGreaterThan(0n);
      expect(status).toMatchObject({ errors: [], isLearner: false });
      if (!since(6))
        expect(status).toMatchObject({ storageVersion: undefined, dbSizeQuota: undefined, downgradeInfo: undefined });
    });

    if (gateway) {
      it("is that of the endpoint asked for", async () => {
        const { maintenance, endpoints } = connect();
        const answers = await Promise.all(endpoints.map((endpoint) => maintenance.status(endpoint)));
        expect(new Set(answers.map(({ memberId }) => memberId)).size).toBe(target.members);
        await expect(maintenance.status("http://127.0.0.1:24")).rejects.toMatchObject({ reason: "InvalidArgument" });
      });
    } else {
      it("of a named endpoint is unsupported by a transport without endpoints", async () => {
        await expect(connect().maintenance.status("http://127.0.0.1:2379")).rejects.toMatchObject(unsupported);
      });
    }
  });

  if (gateway) {
    it("a member says that it is healthy, and its version", async () => {
      const { maintenance, endpoints } = connect();
      for (const endpoint of [undefined, ...endpoints]) {
        expect(await maintenance.health(endpoint)).toEqual({ healthy: true, reason: "" });
        const { etcdserver, etcdcluster } = await maintenance.version(endpoint);
        expect(etcdserver).toBe((await maintenance.status(endpoint)).version);
        expect(etcdcluster).toMatch(new RegExp(`^${target.version}\\.`));
      }
    });
  } else {
    it("health and version need the gateway", async () => {
      const { maintenance } = connect();
      await expect(maintenance.health()).rejects.toMatchObject(unsupported);
      await expect(maintenance.version()).rejects.toMatchObject(unsupported);
    });
  }

  describe("alarms", () => {
    it("stop writes until they are cleared", async () => {
      const { maintenance, put } = connect();
      const key = freshPrefix();
      expect(await maintenance.alarms()).toEqual([]);
      const { memberId } = await maintenance.status();
      const alarm = { memberId, type: "NOSPACE" };
      try {
        expect(await maintenance.createAlarm(memberId, "NOSPACE")).toEqual(alarm);
        expect(await maintenance.alarms()).toEqual([alarm]);
        expect(await maintenance.alarms(memberId, "NOSPACE")).toEqual([alarm]);
        expect(await maintenance.alarms(memberId + 1n)).toEqual([]);
        expect(await maintenance.alarms(0n, "CORRUPT")).toEqual([]);
        await expect(put(key, "1")).rejects.toMatchObject({ reason: "NoSpace", outcome: "not-applied" });
        expect((await maintenance.status()).errors).toEqual([expect.stringContaining("NOSPACE")]);
        if (gateway) expect(await maintenance.health()).toMatchObject({ healthy: false });
        expect(await maintenance.disarmAlarm(memberId, "CORRUPT")).toEqual([]);
        expect(await maintenance.disarmAlarm(memberId, "NOSPACE")).toEqual([alarm]);
      } finally {
        await maintenance.disarmAlarm();
      }
      expect(await maintenance.alarms()).toEqual([]);
      await put(key, "2");
    });

    it("are all cleared at once", async () => {
      const { maintenance } = connect();
      try {
        await maintenance.createAlarm(1n, "NOSPACE");
        await maintenance.createAlarm(2n, "NOSPACE");
      } finally {
        expect(await maintenance.disarmAlarm()).toHaveLength(2);
      }
      expect(await maintenance.disarmAlarm()).toEqual([]);
    });
  });

  it("defragmenting gives space back", async () => {
    const { maintenance, put, delete: remove, compact, endpoints } = connect();
    const prefix = freshPrefix();
    for (let i = 0; i < 8; i++) await put(`${prefix}${i}`, bigValue(500_000, i));
    const { revision } = await remove({ prefix });
    await compact(revision, { physical: true });
    const endpoint = endpoints[0];
    const before = await maintenance.status(endpoint);
    await maintenance.defragment(endpoint);
    const after = await maintenance.status(endpoint);
    expect(after.dbSize).toBeLessThan(before.dbSize - 2_000_000n);
  });

  describe("hashes", () => {
    it("of a whole database are 32-bit numbers", async () => {
      const { maintenance } = connect();
      const { hash, revision } = await maintenance.hash();
      expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
      expect(revision).toBeGreaterThan(0n);
    });

    if (gateway && !since(5)) {
      it("of the keys are not to be had over this gateway", async () => {
        limit("maintenance.hashKv on 3.4");
        await expect(connect().maintenance.hashKv()).rejects.toMatchObject({
          ...unsupported,
          message: expect.stringContaining("needs etcd 3.5.10"),
        });
      });
    } else {
      it("of the keys are alike on all members and for the same revision, and change with them", async () => {
        const { maintenance, put, endpoints } = connect();
        const { revision } = await put(freshPrefix(), "1");
        const targets: (string | undefined)[] = endpoints.length === 0 ? [undefined] : [...endpoints];
        const hashes = await vi.waitFor(() =>
          Promise.all(targets.map((endpoint) => maintenance.hashKv(revision, endpoint))),
        );
        expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(1);
        const first = value(hashes[0]);
        const { revision: later } = await put(freshPrefix(), "2");
        expect((await maintenance.hashKv(revision)).hash).toBe(first.hash);
        expect((await vi.waitFor(() => maintenance.hashKv(later))).hash).not.toBe(first.hash);
        await expect(maintenance.hashKv(later + 1000n)).rejects.toMatchObject({ reason: "FutureRev" });
      });

      it("of a revision stay the same when it is compacted, and defragmented after that; not on 3.4", async () => {
        const { maintenance, put, compact, delete: remove } = connect();
        const [key, other] = [freshPrefix(), freshPrefix()];
        for (const text of ["1", "2", "3"]) await put(key, text);
        await put(other, "1");
        const { revision } = await remove(other);
        const { hash, compactRevision } = await vi.waitFor(() => maintenance.hashKv(revision));
        const before = { hash, compactRevision };
        await compact(revision, { physical: true });
        if (!since(5)) {
          await expect(maintenance.hashKv(revision)).rejects.toMatchObject({ reason: "Compacted" });
          return;
        }
        await vi.waitFor(async () => expect(await maintenance.hashKv(revision)).toMatchObject(before));
        await put(key, "4");
        await maintenance.defragment();
        expect(await vi.waitFor(() => maintenance.hashKv(revision))).toMatchObject(before);
      });
    }
  });

  describe("moving the leader", () => {
    if (gateway && target.members > 1) {
      it("is asked of the leader, whichever endpoint that is", async () => {
        const { maintenance, cluster } = connect();
        for (const { id } of await cluster.members()) {
          await maintenance.moveLeader(id);
          expect((await vi.waitFor(() => cluster.leader())).id).toBe(id);
        }
      });

      it("says so when the leader is not among the endpoints", async () => {
        const all = connect();
        const { id } = await all.cluster.leader();
        const answers = await Promise.all(
          all.endpoints.map(async (url) => ({ url, ...(await all.maintenance.status(url)) })),
        );
        const followers = answers.filter(({ memberId }) => memberId !== id).map(({ url }) => url);
        const refusal = {
          reason: "NotLeader",
          outcome: "not-applied",
          message: expect.stringContaining("none of the client's endpoints"),
        };
        await expect(connect({ endpoints: followers }).maintenance.moveLeader(id)).rejects.toMatchObject(refusal);
        await expect(connect({ endpoints: followers.slice(1) }).maintenance.moveLeader(id)).rejects.toMatchObject(
          refusal,
        );
      });
    }

    if (target.members === 1) {
      it("to no member is refused", async () => {
        await expect(connect().maintenance.moveLeader(5n)).rejects.toMatchObject({ reason: "BadLeaderTransferee" });
      });
    }
  });

  describe("a downgrade", () => {
    if (!since(5)) {
      it("needs a newer etcd", async () => {
        limit("maintenance.downgrade on 3.4");
        const { maintenance } = connect();
        const refusal = { ...unsupported, message: expect.stringContaining("needs etcd 3.5") };
        await expect(maintenance.downgrade("VALIDATE", "3.4")).rejects.toMatchObject(refusal);
      });
    } else {
      it("is checked, started and cancelled", async () => {
        const { maintenance } = connect();
        await expect(maintenance.downgrade("validate", "2.0")).rejects.toMatchObject({
          reason: "InvalidDowngradeTargetVersion",
        });
        await expect(maintenance.downgrade("CANCEL")).rejects.toMatchObject({ reason: "NoInflightDowngrade" });
        const [, minor] = target.version.split(".");
        const older = `3.${Number(minor) - 1}.0`;
        expect((await maintenance.downgrade("VALIDATE", older)).version).toMatch(/^3\./);
      });
    }
  });

  describe("a snapshot", () => {
    it("is the database of a member and its sum", async () => {
      const { maintenance, put } = connect();
      await put(freshPrefix(), bigValue(300_000));
      const seen: SnapshotProgress[] = [];
      const snapshot = await read(maintenance.snapshot({ onProgress: (progress) => seen.push(progress) }));
      expect(snapshot.length % 512).toBe(32);
      // The magic number of the database's first page.
      expect(new DataView(snapshot.buffer).getUint32(16, true)).toBe(0xed0cdaed);
      expect(seen.at(-1)).toEqual({ received: snapshot.length, remaining: 0 });
      expect(seen[0]?.remaining).toBe(snapshot.length - 32 - (seen[0]?.received ?? 0));
    });

    it("can be given up halfway", async () => {
      const { maintenance, put } = connect();
      await put(freshPrefix(), bigValue(1_000_000));
      const reader = maintenance.snapshot().getReader();
      expect((await reader.read()).done).toBe(false);
      await reader.cancel();
      const controller = new AbortController();
      const aborted = maintenance.snapshot({ signal: controller.signal }).getReader();
      await aborted.read();
      controller.abort(new Error("enough"));
      await expect(aborted.read()).rejects.toBe(controller.signal.reason);
    });
  });

  it("what makes no sense is refused before it is sent", async () => {
    const { interceptor, rpcs } = recorder();
    const { maintenance } = connect({ interceptors: [interceptor] });
    const invalid = { reason: "InvalidArgument", outcome: "not-applied" };
    await expect(maintenance.createAlarm(0n, "NOSPACE")).rejects.toMatchObject(invalid);
    for (const type of ["NONE", "nospace", "", 1]) {
      await expect(maintenance.createAlarm(1n, type as "NOSPACE")).rejects.toMatchObject(invalid);
      await expect(maintenance.alarms(0n, type as "NOSPACE")).rejects.toMatchObject(invalid);
      await expect(maintenance.disarmAlarm(0n, type as "NOSPACE")).rejects.toMatchObject(invalid);
    }
    await expect(maintenance.moveLeader(0n)).rejects.toMatchObject(invalid);
    await expect(maintenance.hashKv(0n)).rejects.toMatchObject(invalid);
    await expect(maintenance.hashKv(-1n)).rejects.toMatchObject(invalid);
    await expect(maintenance.downgrade("UNDO" as "CANCEL", "3.4")).rejects.toMatchObject(invalid);
    await expect(maintenance.downgrade("VALIDATE")).rejects.toMatchObject(invalid);
    await expect(maintenance.downgrade("VALIDATE", "latest")).rejects.toMatchObject(invalid);
    const misspelt: Record<string, unknown> = { timeout: 5 };
    await expect(maintenance.status(undefined, misspelt)).rejects.toThrow(
      expect.objectContaining({ reason: "InvalidArgument" }),
    );
    expect(() => maintenance.snapshot(misspelt)).toThrow(expect.objectContaining({ reason: "InvalidArgument" }));
    expect(rpcs()).toEqual([]);
  });
};
