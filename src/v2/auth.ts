import { invalid } from "./errors.ts";
import { isObject, type Json } from "./json.ts";
import { checkText, keyPath } from "./key-path.ts";
import type { CallOptions } from "./options.ts";
import { objects, type Service, text, texts } from "./service.ts";

export interface PermissionsV2 {
  /** Keys, or with `*` at the end all that begin so: "/app/*". */
  readonly read: readonly string[];
  readonly write: readonly string[];
}

export interface RoleV2 {
  readonly name: string;
  readonly permissions: PermissionsV2;
}

export interface UserV2 {
  readonly name: string;
  readonly roles: readonly RoleV2[];
}

export type PermissionTypeV2 = "read" | "write" | "readwrite";

/**
 * Users and roles of v2, which know nothing of those of v3. What etcd refuses rejects with `HttpFailure` (404, 409 and
 * so on); all of it with `Unauthorized` for who is not root.
 */
export interface AuthV2 {
  /** Needs a user "root". The role "guest" may do everything then, until that is revoked. */
  enable(options?: CallOptions): Promise<void>;
  disable(options?: CallOptions): Promise<void>;
  status(options?: CallOptions): Promise<{ readonly enabled: boolean }>;
  readonly users: {
    add(name: string, password: string, options?: CallOptions & { readonly roles?: readonly string[] }): Promise<void>;
    get(name: string, options?: CallOptions): Promise<UserV2>;
    list(options?: CallOptions): Promise<readonly UserV2[]>;
    delete(name: string, options?: CallOptions): Promise<void>;
    changePassword(name: string, password: string, options?: CallOptions): Promise<void>;
    grantRole(name: string, role: string, options?: CallOptions): Promise<void>;
    revokeRole(name: string, role: string, options?: CallOptions): Promise<void>;
  };
  readonly roles: {
    add(name: string, options?: CallOptions & { readonly permissions?: Partial<PermissionsV2> }): Promise<void>;
    get(name: string, options?: CallOptions): Promise<RoleV2>;
    list(options?: CallOptions): Promise<readonly RoleV2[]>;
    delete(name: string, options?: CallOptions): Promise<void>;
    /** `key`: one, or with `*` at the end all that begin so. */
    grantPermission(role: string, type: PermissionTypeV2, key: string, options?: CallOptions): Promise<void>;
    revokePermission(role: string, type: PermissionTypeV2, key: string, options?: CallOptions): Promise<void>;
  };
}

export function createAuth(service: Service, prefix: string): AuthV2 {
  const enabling = `${prefix}/auth/enable`;
  const pathOf = (kind: "users" | "roles", name: string): string => {
    if (checkText(name, "name") === "" || name.includes("/")) throw invalid("name: expected one without slashes");
    return `${prefix}/auth/${kind}${keyPath(name)}`;
  };
  const user = async (where: string, name: string, change: Json, options?: CallOptions): Promise<void> => {
    await service(where, { method: "PUT", path: pathOf("users", name), json: { user: name, ...change } }, options);
  };
  const role = async (where: string, name: string, change: Json, options?: CallOptions): Promise<void> => {
    await service(where, { method: "PUT", path: pathOf("roles", name), json: { role: name, ...change } }, options);
  };
  const secret = (password: string): string => {
    if (checkText(password, "password") === "") throw invalid("password: expected one that is not empty");
    return password;
  };
  const exists = async (where: string, kind: "users" | "roles", name: string, options?: CallOptions): Promise<Json> =>
    service(where, { method: "GET", path: pathOf(kind, name) }, options);

  return {
    async enable(options) {
      await service("enable", { method: "PUT", path: enabling, json: {} }, options);
    },
    async disable(options) {
      await service("disable", { method: "DELETE", path: enabling }, options);
    },
    async status(options) {
      return { enabled: (await service("status", { method: "GET", path: enabling }, options))["enabled"] === true };
    },
    users: {
      async add(name, password, { roles = [], ...options } = {}) {
        // Without roles etcd would take it for a change of password, and one with it for a new user.
        await user("add", name, { password: secret(password), roles: roles.length === 0 ? ["guest"] : roles }, options);
        if (roles.length === 0) await user("add", name, { revoke: ["guest"] }, options);
      },
      get: async (name, options) => userOf(await exists("get", "users", name, options)),
      async list(options) {
        const { users } = await service("list", { method: "GET", path: `${prefix}/auth/users` }, options);
        return objects(users).map(userOf);
      },
      async delete(name, options) {
        await service("delete", { method: "DELETE", path: pathOf("users", name) }, options);
      },
      async changePassword(name, password, options) {
        await exists("changePassword", "users", name, options);
        await user("changePassword", name, { password: secret(password) }, options);
      },
      grantRole: (name, granted, options) => user("grantRole", name, { grant: [granted] }, options),
      revokeRole: (name, revoked, options) => user("revokeRole", name, { revoke: [revoked] }, options),
    },
    roles: {
      add: (name, { permissions = {}, ...options } = {}) =>
        role(
          "add",
          name,
          { permissions: { kv: { read: permissions.read ?? [], write: permissions.write ?? [] } } },
          options,
        ),
      get: async (name, options) => roleOf(await exists("get", "roles", name, options)),
      async list(options) {
        const { roles } = await service("list", { method: "GET", path: `${prefix}/auth/roles` }, options);
        return objects(roles).map(roleOf);
      },
      async delete(name, options) {
        await service("delete", { method: "DELETE", path: pathOf("roles", name) }, options);
      },
      grantPermission: async (name, type, key, options) =>
        role("grantPermission", name, { grant: { kv: permissionOf(type, key) } }, options),
      revokePermission: async (name, type, key, options) =>
        role("revokePermission", name, { revoke: { kv: permissionOf(type, key) } }, options),
    },
  };
}

function permissionOf(type: PermissionTypeV2, key: string): PermissionsV2 {
  checkText(key, "key");
  if (!["read", "write", "readwrite"].includes(type)) throw invalid('type: expected "read", "write" or "readwrite"');
  return { read: type === "write" ? [] : [key], write: type === "read" ? [] : [key] };
}

function userOf(json: Json): UserV2 {
  return { name: text(json["user"]), roles: objects(json["roles"]).map(roleOf) };
}

function roleOf(json: Json): RoleV2 {
  const permissions = isObject(json["permissions"]) ? json["permissions"]["kv"] : undefined;
  const kv = isObject(permissions) ? permissions : {};
  return { name: text(json["role"]), permissions: { read: texts(kv["read"]), write: texts(kv["write"]) } };
}
