import { list, object } from "../transport/option-kinds.ts";
import { invalid, malformed } from "./errors.ts";
import { type JsonFields } from "./json.ts";
import { checkText, keyPath } from "./key-path.ts";
import { operation } from "./operation.ts";
import { type CallOptions, ownOptions } from "./client-options.ts";
import type { Requester } from "./requester.ts";
import { needed, objects, type Service, texts } from "./service.ts";
import { isRecord } from "../transport/platform.ts";

/** Which keys a role may read and write. */
export interface PermissionsV2 {
  /** Keys, or with `*` at the end all that begin so: "/app/*". */
  readonly read: readonly string[];
  /** Keys to write, in the same form. */
  readonly write: readonly string[];
}

/** A role of v2. */
export interface RoleV2 {
  /** The role's name. */
  readonly name: string;
  /** The keys that it may read and write. */
  readonly permissions: PermissionsV2;
}

/** A user of v2. */
export interface UserV2 {
  /** The user's name. */
  readonly name: string;
  /** The roles that the user has. */
  readonly roles: readonly RoleV2[];
}

/** What a permission allows. */
export type PermissionTypeV2 = "read" | "write" | "readwrite";

/**
 * Users and roles of v2, which know nothing of those of v3. What etcd refuses rejects with `HttpFailure` (404, 409 and
 * so on); all of it with `Unauthorized` for who is not root.
 */
export interface AuthV2 {
  /** Needs a user "root". The role "guest" may do everything then, until that is revoked. */
  enable(options?: CallOptions): Promise<void>;
  /** Turns auth off. Users and roles stay. */
  disable(options?: CallOptions): Promise<void>;
  /** Whether auth is on. */
  status(options?: CallOptions): Promise<{ readonly enabled: boolean }>;
  /** The users. */
  readonly users: {
    /**
     * Without roles it takes two requests, and if the second one fails, with outcome `unknown`, the user may be there with
     * the role "guest".
     */
    add(name: string, password: string, options?: CallOptions & { readonly roles?: readonly string[] }): Promise<void>;
    /** A user with its roles. */
    get(name: string, options?: CallOptions): Promise<UserV2>;
    /** All users with their roles. */
    list(options?: CallOptions): Promise<readonly UserV2[]>;
    /** Deletes a user. */
    delete(name: string, options?: CallOptions): Promise<void>;
    /** Gives a user another password. */
    changePassword(name: string, password: string, options?: CallOptions): Promise<void>;
    /** Gives a user a role. */
    grantRole(name: string, role: string, options?: CallOptions): Promise<void>;
    /** Takes a role from a user. */
    revokeRole(name: string, role: string, options?: CallOptions): Promise<void>;
  };
  /** The roles. */
  readonly roles: {
    /** Adds a role, with permissions where they are given. */
    add(name: string, options?: CallOptions & { readonly permissions?: Partial<PermissionsV2> }): Promise<void>;
    /** A role with its permissions. */
    get(name: string, options?: CallOptions): Promise<RoleV2>;
    /** All roles with their permissions. */
    list(options?: CallOptions): Promise<readonly RoleV2[]>;
    /** Deletes a role. */
    delete(name: string, options?: CallOptions): Promise<void>;
    /** `key`: one, or with `*` at the end all that begin so. */
    grantPermission(role: string, type: PermissionTypeV2, key: string, options?: CallOptions): Promise<void>;
    /** Takes a permission from a role; `key` as it was granted. */
    revokePermission(role: string, type: PermissionTypeV2, key: string, options?: CallOptions): Promise<void>;
  };
}

export function createAuth(requester: Requester, service: Service, prefix: string): AuthV2 {
  const path = `${prefix}/auth/enable`;
  const users = createEntities(service, `${prefix}/auth/users`, "user", userOf);
  const roles = createEntities(service, `${prefix}/auth/roles`, "role", roleOf);

  return {
    async enable(options) {
      await service("enable", { method: "PUT", path, json: {} }, options);
    },
    async disable(options) {
      await service("disable", { method: "DELETE", path }, options);
    },
    async status(options) {
      return service("status", { method: "GET", path, read: statusOf }, options);
    },
    users: {
      ...users.known,
      async add(name, password, options) {
        const { roles: given = [], ...call } = ownOptions<NewUser>("add", options, { roles: list });
        // Without roles etcd would take it for a change of password, and one with it for a new user.
        const granted = given.length === 0 ? ["guest"] : given;
        const user = { password: secret(password), roles: granted };
        await operation(requester, call, async (shared, tracker) => {
          await tracker.write(() => users.put("add", name, user, shared));
          if (given.length === 0) await tracker.write(() => users.put("add", name, { revoke: granted }, shared));
        });
      },
      async changePassword(name, password, options) {
        const change = { password: secret(password) };
        await operation(requester, ownOptions("changePassword", options), async (shared, tracker) => {
          await tracker.help(() => users.known.get(name, shared));
          await tracker.write(() => users.put("changePassword", name, change, shared));
        });
      },
      grantRole: (name, granted, options) => users.put("grantRole", name, { grant: [granted] }, options),
      revokeRole: (name, revoked, options) => users.put("revokeRole", name, { revoke: [revoked] }, options),
    },
    roles: {
      ...roles.known,
      async add(name, options) {
        const { permissions = {}, ...call } = ownOptions<NewRole>("add", options, { permissions: object });
        const { read = [], write = [] } = permissions;
        await roles.put("add", name, { permissions: { kv: { read, write } } }, call);
      },
      grantPermission: async (name, type, key, options) =>
        roles.put("grantPermission", name, { grant: { kv: permissionOf(type, key) } }, options),
      revokePermission: async (name, type, key, options) =>
        roles.put("revokePermission", name, { revoke: { kv: permissionOf(type, key) } }, options),
    },
  };
}

type NewUser = CallOptions & { readonly roles?: readonly string[] };
type NewRole = CallOptions & { readonly permissions?: Partial<PermissionsV2> };

interface Entities<T> {
  /** What users and roles have in common. */
  readonly known: {
    get(name: string, options?: CallOptions): Promise<T>;
    list(options?: CallOptions): Promise<readonly T[]>;
    delete(name: string, options?: CallOptions): Promise<void>;
  };
  /** Makes or changes one. */
  put(where: string, name: string, change: JsonFields, options: CallOptions | undefined): Promise<void>;
}

/** `field`: where etcd keeps the name. Its list of them is the last segment of `path`. */
function createEntities<T extends object>(
  service: Service,
  path: string,
  field: "user" | "role",
  read: (json: JsonFields) => T,
): Entities<T> {
  const pathOf = (name: string): string => {
    if (checkText(name, "name") === "" || name.includes("/")) throw invalid("name: expected a name without slashes");
    return path + keyPath(name);
  };
  return {
    known: {
      get: async (name, options) => service("get", { method: "GET", path: pathOf(name), read }, options),
      list: async (options) =>
        service("list", { method: "GET", path, read: (json) => objects(json[`${field}s`]).map(read) }, options),
      async delete(name, options) {
        await service("delete", { method: "DELETE", path: pathOf(name) }, options);
      },
    },
    async put(where, name, change, options) {
      const json = { [field]: name, ...change };
      await service(where, { method: "PUT", path: pathOf(name), json }, options);
    },
  };
}

function secret(password: string): string {
  if (checkText(password, "password") === "") throw invalid("password: expected a string that is not empty");
  return password;
}

function permissionOf(type: PermissionTypeV2, key: string): PermissionsV2 {
  checkText(key, "key");
  if (!["read", "write", "readwrite"].includes(type)) throw invalid('type: expected "read", "write" or "readwrite"');
  return { read: type === "write" ? [] : [key], write: type === "read" ? [] : [key] };
}

function statusOf({ enabled }: JsonFields): { enabled: boolean } {
  if (typeof enabled === "boolean") return { enabled };
  throw malformed("a boolean");
}

function userOf(json: JsonFields): UserV2 {
  return { name: needed(json["user"]), roles: objects(json["roles"]).map(roleOf) };
}

function roleOf(json: JsonFields): RoleV2 {
  const permissions = isRecord(json["permissions"]) ? json["permissions"]["kv"] : undefined;
  const kv = isRecord(permissions) ? permissions : {};
  return { name: needed(json["role"]), permissions: { read: texts(kv["read"]), write: texts(kv["write"]) } };
}
