import { describe, expect, it } from "vitest";
import { HttpFailure, InvalidArgument } from "../../src/v2/index.ts";
import { leftOf, readsHeaders, type SuiteV2 } from "./connect.ts";

export const clusterSuite: SuiteV2 = (connect) => {
  describe("the cluster", () => {
    it("has members with ids, names and URLs, one of which leads", async () => {
      const etcd = connect();
      const members = await etcd.members();
      expect(members).toHaveLength(connect.target.members);
      for (const { id, name, peerUrls, clientUrls } of members) {
        expect(id).toBeTypeOf("bigint");
        expect(name).not.toBe("");
        expect(peerUrls).toHaveLength(1);
        expect(clientUrls).toHaveLength(1);
      }
      expect(members.map(({ id }) => id)).toContain((await etcd.leader()).id);
    });

    it("tells the client URLs of all members", async () => {
      const etcd = connect();
      expect((await etcd.machines()).toSorted()).toEqual(connect.target.endpoints.toSorted());
    });

    it("adds, changes and removes a member", async () => {
      const etcd = connect();
      // A second voter that never starts would take the quorum of a single member.
      if (connect.target.members === 1) {
        await expect(etcd.addMember([])).rejects.toThrow(InvalidArgument);
        await expect(etcd.removeMember("not hex")).rejects.toThrow(InvalidArgument);
        await expect(etcd.removeMember(1n)).rejects.toThrow(HttpFailure);
        return;
      }
      const [member] = await etcd.members();
      await expect(etcd.addMember(member?.peerUrls ?? [])).rejects.toMatchObject({ status: 409 });
      const added = await etcd.addMember(["http://127.0.0.1:1"]);
      try {
        expect(added).toMatchObject({ name: "", peerUrls: ["http://127.0.0.1:1"], clientUrls: [] });
        await etcd.updateMember(added.id, ["http://127.0.0.1:2"]);
        const members = await etcd.members();
        expect(members.find(({ id }) => id === added.id)?.peerUrls).toEqual(["http://127.0.0.1:2"]);
      } finally {
        await etcd.removeMember(added.id.toString(16));
      }
      expect(await etcd.members()).toHaveLength(connect.target.members);
      await expect(etcd.removeMember(added.id)).rejects.toMatchObject({ name: "HttpFailure", status: 410 });
    });

    it("tells its version and health", async () => {
      const etcd = connect();
      expect((await etcd.version()).etcdserver).toMatch(new RegExp(`^${connect.target.version}\\.`));
      expect(await etcd.health()).toEqual({ healthy: true });
    });

    it("counts what it does", async () => {
      const etcd = connect();
      const before = await etcd.stats.store();
      await etcd.set("/stats-test", "1");
      const after = await etcd.stats.store();
      expect(after.setsSuccess).toBeGreaterThan(before.setsSuccess);
      const leader = await etcd.leader();
      const self = await etcd.stats.self();
      expect(["StateLeader", "StateFollower"]).toContain(self.state);
      expect(self.leaderInfo.leader).toBe(leader.id.toString(16));
      const stats = await etcd.stats.leader();
      expect(stats.leader).toBe(leader.id.toString(16));
      expect(Object.keys(stats.followers)).toHaveLength(connect.target.members - 1);
    });

    it("frees the watchers of those who stopped watching", async () => {
      const etcd = connect();
      const watchers = async (): Promise<number> => (await etcd.stats.store()).watchers;
      const before = await watchers();
      const watch = etcd.watch("/stats-test");
      const pending = watch.next();
      await expect.poll(watchers, { timeout: 10_000 }).toBeGreaterThan(before);
      await watch.cancel();
      expect((await pending).done).toBe(true);
      await expect.poll(watchers, { timeout: 10_000 }).toBe(before);
    });
  });

  describe("execute", () => {
    it("calls anything, by query or form or JSON, with the client's errors", async () => {
      const etcd = connect();
      const put = await etcd.execute("/v2/keys/execute-test", { method: "PUT", params: { value: "a b", ttl: 60 } });
      expect([put.status, put.json()]).toMatchObject([201, { action: "set", node: { value: "a b", ttl: leftOf(60) } }]);
      const got = await etcd.execute("/v2/keys/execute-test", { params: { quorum: true, sorted: undefined } });
      expect(got.json()).toMatchObject({ action: "get" });
      const index = got.headers.get("x-etcd-index");
      if (readsHeaders(connect)) expect(index).toMatch(/^\d+$/);
      else expect(index).toBeNull();
      expect((await etcd.execute("/v2/keys/execute-test", { method: "HEAD" })).text).toBe("");
      await expect(etcd.execute("/v2/members", { method: "POST", json: {} })).rejects.toBeInstanceOf(Error);
      expect((await etcd.execute("/v2/keys/execute-test", { method: "DELETE" })).status).toBe(200);
      await expect(etcd.execute("/v2/keys/execute-test")).rejects.toMatchObject({ name: "KeyNotFound", code: 100 });
      await expect(etcd.execute("/v2/keys/a", { params: { recursive: "maybe" } })).rejects.toMatchObject({
        name: "InvalidField",
        code: 209,
      });
    });

    it.each(["v2/keys", "//evil.example/v2/keys", "/v2/../version", "/v2/%2e%2e/version", "/v2\\keys", "/v2#keys"])(
      "refuses the path %j and sends nothing",
      async (path) => {
        const etcd = connect({ fetch: () => expect.fail("a request was made") });
        await expect(etcd.execute(path)).rejects.toThrow(InvalidArgument);
      },
    );
  });

  describe("etcd's refusals", () => {
    it.each([
      ["PUT", { ttl: "x", value: "1" }, "TTLNaN", 202],
      ["PUT", { prevIndex: "x", value: "1" }, "IndexNaN", 203],
      ["PUT", { prevValue: "", value: "1" }, "PrevValueRequired", 201],
      ["PUT", { prevExist: "x", value: "1" }, "InvalidField", 209],
      ["PUT", { refresh: "true", ttl: "5", value: "1" }, "RefreshValue", 211],
      ["PUT", { refresh: "true" }, "RefreshTTLRequired", 212],
      ["GET", { waitIndex: "x", wait: "true" }, "IndexNaN", 203],
    ] as const)("%s %j is a %s", async (method, params, name, code) => {
      const error = await connect()
        .execute("/v2/keys/refusal", { method, params })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name, code, status: 400, outcome: "not-applied" });
    });
  });
};
