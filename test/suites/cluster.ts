import { describe, expect, it, vi } from "vitest";
import { type Etcd, EtcdError } from "../../src/index.ts";
import type { Suite } from "./connect.ts";
import { recorder, value } from "./tools.ts";

/** Nobody listens there; a learner that never starts does no harm. */
const nowhere = "http://127.0.0.1:23";

/**
 * Raft drops a change of members that comes before the last one is applied, and etcd never answers the request for it:
 * then it is asked for again.
 */
async function answered<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (EtcdError.is(error) && error.reason === "Timeout") return answered(change);
    throw error;
  }
}

/** Runs `work` with a learner in the cluster, which takes one as soon as its members know each other long enough. */
async function withLearner(etcd: Etcd, work: (id: bigint) => Promise<void>): Promise<void> {
  const add = () => etcd.cluster.addMember(nowhere, { learner: true });
  const { member, members } = await vi.waitFor(add, { timeout: 20_000, interval: 90 });
  try {
    expect(member).toMatchObject({ name: "", peerUrls: [nowhere], clientUrls: [], isLearner: true });
    expect(members).toContainEqual(member);
    await work(member.id);
  } finally {
    await etcd.cluster.removeMember(member.id);
  }
}

export const clusterSuite: Suite = (connect) => {
  const { target } = connect;

  it("lists the members", async () => {
    const { cluster } = connect();
    const members = await cluster.members();
    expect(members).toHaveLength(target.members);
    expect(new Set(members.map(({ id }) => id)).size).toBe(target.members);
    for (const { id, name, peerUrls, clientUrls, isLearner } of members) {
      expect(id).toBeGreaterThan(0n);
      expect(name).not.toBe("");
      expect(peerUrls).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)]);
      expect(clientUrls).toEqual([expect.stringMatching(/^https?:\/\/127\.0\.0\.1:\d+$/)]);
      expect(isLearner).toBe(false);
    }
    const idsOf = (list: readonly { id: bigint }[]): Set<bigint> => new Set(list.map(({ id }) => id));
    expect(idsOf(await cluster.members({ linearizable: true }))).toEqual(idsOf(members));
  });

  it("names the leader", async () => {
    const { cluster, maintenance } = connect();
    const leader = await cluster.leader();
    expect(await cluster.members()).toContainEqual(leader);
    expect((await maintenance.status()).leader).toBe(leader.id);
  });

  describe("a learner", () => {
    it("is added without a vote and removed", async () => {
      const etcd = connect();
      await withLearner(etcd, async (id) => {
        expect(value((await etcd.cluster.members()).find((member) => member.id === id)).isLearner).toBe(true);
      });
      expect(await etcd.cluster.members()).toHaveLength(target.members);
    });

    it("is not promoted before it has caught up", async () => {
      const etcd = connect();
      await withLearner(etcd, async (id) => {
        const refusal = { reason: "LearnerNotReady", outcome: "not-applied" };
        await expect(etcd.cluster.promoteMember(id)).rejects.toMatchObject(refusal);
      });
    });
  });

  it("a member's URLs are changed", async () => {
    const { cluster } = connect({ timeoutMs: 3000 });
    const [{ id, peerUrls }] = (await cluster.members()) as [Awaited<ReturnType<typeof cluster.leader>>];
    const members = await answered(() => cluster.updateMember(id, [...peerUrls, nowhere]));
    expect(members.find((member) => member.id === id)?.peerUrls.toSorted()).toEqual([...peerUrls, nowhere].toSorted());
    const restored = await answered(() => cluster.updateMember(id, peerUrls));
    expect(restored).toContainEqual(expect.objectContaining({ id, peerUrls }));
  });

  it("what etcd refuses rejects by name", async () => {
    const { cluster } = connect({ timeoutMs: 3000 });
    const [member] = await cluster.members();
    const { id, peerUrls } = value(member);
    const unknown = { reason: "MemberNotFound", outcome: "not-applied" };
    await expect(answered(() => cluster.removeMember(12345n))).rejects.toMatchObject(unknown);
    await expect(answered(() => cluster.updateMember(12345n, nowhere))).rejects.toMatchObject(unknown);
    const voter = { reason: "MemberNotLearner", outcome: "not-applied" };
    await expect(answered(() => cluster.promoteMember(id))).rejects.toMatchObject(voter);
    const again = () => answered(() => cluster.addMember(peerUrls, { learner: true }));
    await vi.waitFor(() => expect(again()).rejects.toMatchObject({ reason: "PeerURLExist" }), {
      timeout: 20_000,
      interval: 90,
    });
  });

  it("what makes no sense is refused before it is sent", async () => {
    const { interceptor, rpcs } = recorder();
    const { cluster } = connect({ interceptors: [interceptor] });
    const invalid = { reason: "InvalidArgument", outcome: "not-applied" };
    const noPeerUrls: unknown[] = [
      "nonsense",
      "http://a",
      "http://a:1/",
      "ftp://a:1",
      "http://u@a:1",
      "http://a:1?b",
      " http://a:1",
      "",
      [],
      [5],
      5,
    ];
    for (const urls of noPeerUrls) {
      await expect(cluster.addMember(urls as string)).rejects.toMatchObject(invalid);
      await expect(cluster.updateMember(5n, urls as string)).rejects.toMatchObject(invalid);
    }
    for (const id of [0n, -1n, 2n ** 64n]) {
      await expect(cluster.removeMember(id)).rejects.toMatchObject(invalid);
      await expect(cluster.promoteMember(id)).rejects.toMatchObject(invalid);
    }
    const misspelt: Record<string, unknown> = { linearisable: true };
    await expect(cluster.members(misspelt)).rejects.toThrow('did you mean "linearizable"?');
    expect(rpcs()).toEqual([]);
  });
};
