import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEtcdV2, HttpFailure, InvalidArgument, Unauthorized } from "../../src/v2/index.ts";
import { freshDir, rootUser, type SuiteV2 } from "./connect.ts";

/** Turns authentication on and off where it is off, and so is the last. */
export const authSuite: SuiteV2 = (connect) => {
  describe("users and roles", () => {
    const root = (): ReturnType<typeof connect> => connect({ auth: rootUser });
    // Clients for hooks, which end with no test.
    const open = (): ReturnType<typeof createEtcdV2> => {
      const { endpoints, fetch } = connect.target;
      return createEtcdV2({ endpoints, fetch, ...(connect.target.auth && { auth: rootUser }) });
    };
    beforeAll(async () => {
      if (connect.target.auth) return;
      await using etcd = open();
      await etcd.auth.users.add(rootUser.username, rootUser.password);
      await etcd.auth.enable();
    });
    afterAll(async () => {
      if (connect.target.auth) return;
      const { endpoints, fetch } = connect.target;
      await using etcd = createEtcdV2({ endpoints, fetch, auth: rootUser });
      await etcd.auth.disable();
      await etcd.auth.users.delete(rootUser.username);
    });

    it("tell whether they count", async () => {
      expect(await root().auth.status()).toEqual({ enabled: true });
    });

    it("are made, read, listed, changed and deleted", async () => {
      const { auth } = root();
      const name = freshDir().slice(1);
      await auth.roles.add(name, { permissions: { read: ["/a/*"] } });
      await expect(auth.roles.add(name)).rejects.toMatchObject({
        name: "HttpFailure",
        status: 409,
        outcome: "not-applied",
      });
      await auth.roles.grantPermission(name, "readwrite", "/b");
      await auth.roles.grantPermission(name, "write", "/c");
      expect(await auth.roles.get(name)).toEqual({ name, permissions: { read: ["/a/*", "/b"], write: ["/b", "/c"] } });
      await auth.roles.revokePermission(name, "read", "/a/*");
      expect((await auth.roles.list()).find((role) => role.name === name)?.permissions.read).toEqual(["/b"]);
      expect((await auth.roles.list()).map((role) => role.name)).toContain("root");

      await auth.users.add(name, "first", { roles: [name] });
      await expect(auth.users.add(name, "other")).rejects.toThrow(HttpFailure);
      expect((await auth.users.get(name)).roles.map((role) => role.name)).toEqual([name]);
      await auth.users.revokeRole(name, name);
      expect((await auth.users.get(name)).roles).toEqual([]);
      await auth.users.grantRole(name, name);
      await auth.users.changePassword(name, "second");
      expect((await auth.users.list()).map((user) => user.name)).toContain(name);
      await auth.users.delete(name);
      await auth.roles.delete(name);
      await expect(auth.users.get(name)).rejects.toMatchObject({ status: 404 });
      await expect(auth.users.changePassword(name, "third")).rejects.toMatchObject({ status: 404 });
      await expect(auth.roles.delete(name)).rejects.toMatchObject({ status: 404 });
    });

    it("let a user do what its roles allow, and nothing else", async () => {
      const etcd = root();
      const { auth } = etcd;
      const dir = freshDir();
      const name = dir.slice(1);
      await auth.roles.add(name, { permissions: { read: [`${dir}/*`], write: [`${dir}/own/*`] } });
      await auth.users.add(name, "pässword: 漢", { roles: [name] });
      const user = connect({ auth: { username: name, password: "pässword: 漢" } });
      await user.set(`${dir}/own/a`, "1");
      expect((await user.get(`${dir}/own/a`)).node.value).toBe("1");
      const refusal = await user.set(`${dir}/a`, "1").catch((thrown: unknown) => thrown);
      expect(refusal).toBeInstanceOf(Unauthorized);
      expect(refusal).toMatchObject({ name: "Unauthorized", code: 110, status: 401, outcome: "not-applied" });
      await expect(user.get("/elsewhere")).rejects.toThrow(Unauthorized);
      await expect(user.watch("/elsewhere").next()).rejects.toThrow(Unauthorized);
      await expect(user.auth.users.list()).rejects.toThrow(Unauthorized);
      await expect(user.addMember(["http://127.0.0.1:1"])).rejects.toThrow(Unauthorized);
      const wrong = connect({ auth: { username: name, password: "wrong" } });
      const denied = await wrong.get(`${dir}/own/a`).catch((thrown: unknown) => thrown);
      expect(denied).toBeInstanceOf(Unauthorized);
      expect(String(denied)).not.toContain("wrong");
      await auth.users.delete(name);
    });

    it("refuse names and passwords that cannot be", async () => {
      const etcd = connect({ auth: rootUser, fetch: () => expect.fail("a request was made") });
      await expect(etcd.auth.users.add("a/b", "p")).rejects.toThrow(InvalidArgument);
      await expect(etcd.auth.users.add("", "p")).rejects.toThrow(InvalidArgument);
      await expect(etcd.auth.users.add("a", "")).rejects.toThrow(InvalidArgument);
      await expect(etcd.auth.roles.get("..")).rejects.toThrow(InvalidArgument);
      const type: unknown = "all";
      await expect(etcd.auth.roles.grantPermission("a", type as "read", "/a")).rejects.toThrow(InvalidArgument);
    });
  });
};
