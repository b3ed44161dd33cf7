import { describe, expect, it } from "vitest";
import { type Etcd, EtcdError, type Selector } from "../../src/index.ts";
import { type Connect, freshPrefix, type Suite } from "./connect.ts";
import { recorder } from "./tools.ts";

const rootPassword = "root-secret";

let counter = 0;
/** Users and roles are the whole cluster's: a name that no other test uses. */
const freshName = (what: string): string => `${what}-${Math.random().toString(36).slice(2, 8)}-${++counter}`;

/** Turns auth on for the time of `work`, which gets a client that logs in as root. */
async function withAuth(connect: Connect, work: (root: Etcd) => Promise<void>): Promise<void> {
  const { auth } = connect();
  if (!(await auth.roles.list()).includes("root")) await auth.roles.add("root");
  if (!(await auth.users.list()).includes("root")) await auth.users.add("root", rootPassword);
  await auth.users.grantRole("root", "root");
  await auth.enable();
  const root = connect({ auth: { username: "root", password: rootPassword } });
  try {
    await work(root);
  } finally {
    await root.auth.disable();
  }
}

/** A new user with a role that has the permissions given. */
async function addUser(
  root: Etcd,
  permissions: readonly (readonly ["read" | "write" | "readwrite", Selector])[],
): Promise<string> {
  const name = freshName("user");
  const role = freshName("role");
  await root.auth.users.add(name, "secret");
  await root.auth.roles.add(role);
  for (const [permission, selector] of permissions) await root.auth.roles.grantPermission(role, permission, selector);
  await root.auth.users.grantRole(name, role);
  return name;
}

/** Turns auth on and off again: needs a server that nobody else uses meanwhile. */
export const authSuite: Suite = (connect) => {
  const login = (username: string, password = "secret", namespace?: string): Etcd =>
    connect({ auth: { username, password }, ...(namespace !== undefined && { namespace }) });

  describe("users", () => {
    it("are added, found, listed and deleted", async () => {
      const { users } = connect().auth;
      const name = freshName("user");
      await users.add(name, "secret");
      expect(await users.get(name)).toEqual({ name, roles: [] });
      expect(await users.list()).toContain(name);
      await expect(users.add(name, "other")).rejects.toMatchObject({
        reason: "UserAlreadyExist",
        outcome: "not-applied",
      });
      await users.changePassword(name, "other");
      await users.delete(name);
      expect(await users.list()).not.toContain(name);
      await expect(users.get(name)).rejects.toMatchObject({ reason: "UserNotFound" });
      await expect(users.delete(name)).rejects.toMatchObject({ reason: "UserNotFound" });
      await expect(users.changePassword(name, "x")).rejects.toMatchObject({ reason: "UserNotFound" });
    });

    it("are given roles, and those are taken away", async () => {
      const { users, roles } = connect().auth;
      const [name, role] = [freshName("user"), freshName("role")];
      await users.add(name, { noPassword: true });
      await expect(users.grantRole(name, role)).rejects.toMatchObject({ reason: "RoleNotFound" });
      await roles.add(role);
      await users.grantRole(name, role);
      expect(await users.get(name)).toEqual({ name, roles: [role] });
      await users.revokeRole(name, role);
      expect(await users.get(name)).toEqual({ name, roles: [] });
      await expect(users.revokeRole(name, role)).rejects.toMatchObject({ reason: "RoleNotGranted" });
      await users.grantRole(name, role);
      await roles.delete(role);
      expect(await users.get(name)).toEqual({ name, roles: [] });
    });
  });

  describe("roles", () => {
    it("are added, listed and deleted", async () => {
      const { roles } = connect().auth;
      const name = freshName("role");
      await roles.add(name);
      expect(await roles.get(name)).toEqual({ name, permissions: [] });
      expect(await roles.list()).toContain(name);
      await expect(roles.add(name)).rejects.toMatchObject({ reason: "RoleAlreadyExist" });
      await roles.delete(name);
      await expect(roles.get(name)).rejects.toMatchObject({ reason: "RoleNotFound" });
      await expect(roles.delete(name)).rejects.toMatchObject({ reason: "RoleNotFound" });
    });

    it("are permitted ranges of the whole cluster's keys, whatever the namespace", async () => {
      const { roles } = connect({ namespace: "app/" }).auth;
      const name = freshName("role");
      await roles.add(name);
      const given: [Selector, "read" | "write" | "readwrite"][] = [
        ["key", "read"],
        [{ prefix: "app/" }, "readwrite"],
        [{ from: "m", to: "p" }, "write"],
        [{ from: "z" }, "read"],
        [{ prefix: Uint8Array.of(0xff, 0xff) }, "write"],
      ];
      for (const [selector, permission] of given) await roles.grantPermission(name, permission, selector);
      const { permissions } = await roles.get(name);
      const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
      expect(permissions).toHaveLength(5);
      expect(permissions).toContainEqual({
        permission: "read",
        key: bytes("key"),
        rangeEnd: bytes(""),
        selector: "key",
      });
      expect(permissions).toContainEqual({
        permission: "readwrite",
        key: bytes("app/"),
        rangeEnd: bytes("app0"),
        selector: { prefix: "app/" },
      });
      expect(permissions).toContainEqual({
        permission: "write",
        key: bytes("m"),
        rangeEnd: bytes("p"),
        selector: { from: "m", to: "p" },
      });
      expect(permissions).toContainEqual({
        permission: "read",
        key: bytes("z"),
        rangeEnd: bytes("\0"),
        selector: { from: "z" },
      });
      for (const { selector } of permissions) await roles.revokePermission(name, selector);
      expect((await roles.get(name)).permissions).toEqual([]);
      await expect(roles.revokePermission(name, "key")).rejects.toMatchObject({ reason: "PermissionNotGranted" });
    });

    it("have one permission for a range, the last that was granted", async () => {
      const { roles } = connect().auth;
      const name = freshName("role");
      await roles.add(name);
      await roles.grantPermission(name, "read", { all: true });
      await roles.grantPermission(name, "write", { all: true });
      expect((await roles.get(name)).permissions).toMatchObject([{ permission: "write", selector: { all: true } }]);
    });
  });

  describe("while auth is off", () => {
    it("the status says so, and anybody may do anything", async () => {
      const { auth } = connect();
      expect(await auth.status()).toMatchObject({ enabled: false });
      expect(await auth.whoami()).toMatchObject({
        username: undefined,
        roles: [],
        permissions: [{ permission: "readwrite", selector: { all: true } }],
      });
      expect(await auth.can("write", { all: true })).toBe(true);
    });

    it("the status says so to a client that would log in", async () => {
      const { auth } = login("nobody", "nothing");
      expect(await auth.status()).toMatchObject({ enabled: false });
      expect(await auth.can("read", "a")).toBe(true);
    });

    it("it is not turned on without a root user", async () => {
      const { auth } = connect();
      if ((await auth.users.list()).includes("root")) await auth.users.delete("root");
      await expect(auth.enable()).rejects.toMatchObject({ reason: "RootUserNotExist", outcome: "not-applied" });
    });
  });

  describe("while auth is on", () => {
    it("the status says so, to whomever", async () => {
      await withAuth(connect, async (root) => {
        expect(await root.auth.status()).toMatchObject({ enabled: true });
        const name = await addUser(root, []);
        expect(await login(name).auth.status()).toMatchObject({ enabled: true });
        expect(await connect().auth.status()).toMatchObject({ enabled: true });
      });
    });

    it("root is root and may do everything", async () => {
      await withAuth(connect, async ({ auth }) => {
        const { username, roles, permissions } = await auth.whoami();
        expect({ username, roles }).toEqual({ username: "root", roles: ["root"] });
        expect(permissions).toMatchObject([{ permission: "readwrite", selector: { all: true } }]);
        expect(await auth.can("write", { all: true })).toBe(true);
      });
    });

    it("users learn who they are, and what they may do in their namespace", async () => {
      await withAuth(connect, async (root) => {
        const prefix = freshPrefix();
        const name = await addUser(root, [
          ["readwrite", { prefix: `${prefix}own/` }],
          ["read", `${prefix}shared`],
        ]);
        const { auth } = login(name);
        const { username, roles, permissions } = await auth.whoami();
        expect(username).toBe(name);
        expect(roles).toHaveLength(1);
        expect(permissions.map(({ selector }) => selector)).toEqual([{ prefix: `${prefix}own/` }, `${prefix}shared`]);
        expect(await auth.can("write", { prefix: `${prefix}own/` })).toBe(true);
        expect(await auth.can("read", `${prefix}shared`)).toBe(true);
        expect(await auth.can("write", `${prefix}shared`)).toBe(false);
        expect(await auth.can("read", { all: true })).toBe(false);
        const inside = login(name, "secret", `${prefix}own/`).auth;
        expect(await inside.can("write", { all: true })).toBe(true);
        expect(await inside.can("write", "any")).toBe(true);
        expect(await login(name, "secret", prefix).auth.can("read", { all: true })).toBe(false);
      });
    });

    it("can agrees with what etcd then does", async () => {
      await withAuth(connect, async (root) => {
        const prefix = freshPrefix();
        const at = (n: number): string => prefix + "abcdefgh".charAt(n);
        let state = 7;
        const random = (n: number): number => (state = (state * 48271) % 2147483647) % n;
        const randomSelector = (): Selector => {
          const [a, b] = [random(8), random(8)].toSorted((x, y) => x - y) as [number, number];
          if (random(8) === 0) return { from: at(a) };
          return a === b ? at(a) : { from: at(a), to: at(b) };
        };
        const seen = { allowed: 0, refused: 0 };
        for (let user = 0; user < 4; user++) {
          const types = ["read", "write", "readwrite"] as const;
          const permissions = Array.from({ length: 4 }, () => [types[random(3)] ?? "read", randomSelector()] as const);
          const etcd = login(await addUser(root, permissions));
          for (let i = 0; i < 12; i++) {
            const selector = randomSelector();
            for (const what of ["read", "write"] as const) {
              const done = what === "read" ? etcd.range(selector) : etcd.delete(selector);
              const allowed = await done.then(
                () => true,
                (error: unknown) => {
                  if (EtcdError.is(error) && error.reason === "PermissionDenied") return false;
                  throw error;
                },
              );
              expect([what, selector, permissions, await etcd.auth.can(what, selector)]).toEqual([
                what,
                selector,
                permissions,
                allowed,
              ]);
              seen[allowed ? "allowed" : "refused"]++;
            }
          }
        }
        expect(Math.min(seen.allowed, seen.refused)).toBeGreaterThan(10);
      });
    });

    it("a client that does not know its user name is told so", async () => {
      await withAuth(connect, async () => {
        const unknown = { reason: "Unsupported", outcome: "not-applied" };
        await expect(connect().auth.whoami()).rejects.toMatchObject(unknown);
        await expect(connect({ auth: { token: "opaque.12" } }).auth.whoami()).rejects.toMatchObject(unknown);
      });
    });

    it("administration is for root", async () => {
      await withAuth(connect, async (root) => {
        const name = await addUser(root, []);
        const { auth } = login(name);
        const denied = { reason: "PermissionDenied", outcome: "not-applied" };
        await expect(auth.users.list()).rejects.toMatchObject(denied);
        await expect(auth.users.get("root")).rejects.toMatchObject(denied);
        await expect(auth.roles.add(freshName("role"))).rejects.toMatchObject(denied);
        await expect(auth.disable()).rejects.toMatchObject(denied);
        expect((await auth.users.get(name)).roles).toHaveLength(1);
      });
    });

    it("a changed password is the one that counts", async () => {
      await withAuth(connect, async (root) => {
        const name = await addUser(root, [["readwrite", { all: true }]]);
        await root.auth.users.changePassword(name, "better");
        await expect(login(name).count("a")).rejects.toMatchObject({ reason: "AuthFailed", outcome: "not-applied" });
        expect(await login(name, "better").count("a")).toBe(0n);
      });
    });

    it("a user without password cannot log in with one", async () => {
      await withAuth(connect, async (root) => {
        const name = freshName("user");
        await root.auth.users.add(name, { noPassword: true });
        await expect(login(name, "guess").count("a")).rejects.toMatchObject({
          reason: "NoPasswordUser",
          outcome: "not-applied",
        });
      });
    });
  });

  it("what makes no sense is refused before it is sent", async () => {
    const { interceptor, rpcs } = recorder();
    const { auth } = connect({ interceptors: [interceptor] });
    const invalid = { reason: "InvalidArgument", outcome: "not-applied" };
    const none = undefined as unknown as string;
    for (const name of ["", none]) {
      await expect(auth.users.add(name, "secret")).rejects.toMatchObject(invalid);
      await expect(auth.users.grantRole("a", name)).rejects.toMatchObject(invalid);
      await expect(auth.users.add("a", name)).rejects.toMatchObject(invalid);
      await expect(auth.users.changePassword("a", name)).rejects.toMatchObject(invalid);
      await expect(auth.roles.get(name)).rejects.toMatchObject(invalid);
      await expect(auth.roles.grantPermission("a", "read", name)).rejects.toMatchObject(invalid);
      await expect(auth.can("read", name)).rejects.toMatchObject(invalid);
    }
    for (const password of [{ noPassword: false as true }, { noPassword: true as const, password: "secret" }])
      await expect(auth.users.add("a", password)).rejects.toMatchObject(invalid);
    await expect(auth.roles.grantPermission("a", "READ" as "read", "b")).rejects.toMatchObject(invalid);
    await expect(auth.can("readwrite" as "read", "b")).rejects.toMatchObject(invalid);
    const misspelt: Record<string, unknown> = { timeout: 5 };
    await expect(auth.users.list(misspelt)).rejects.toThrow(expect.objectContaining({ reason: "InvalidArgument" }));
    await expect(auth.whoami(misspelt)).rejects.toThrow(expect.objectContaining({ reason: "InvalidArgument" }));
    expect(rpcs()).toEqual([]);
  });
};
