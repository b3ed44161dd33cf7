import { Auth } from "../../transport/codec/services.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { checkOneOf, checkString, ownOptions } from "../check.ts";
import { rangeOf, type Selector } from "../keys.ts";
import { type Permission, permissionsOf, type PermissionType, wireTypes } from "./permissions.ts";

/** A role of the cluster. */
export interface Role {
  /** The role's name. */
  readonly name: string;
  /** The keys that it may read or write. */
  readonly permissions: Permission[];
}

/**
 * The roles of the cluster. They are not part of a client's namespace: keys here are always those of the whole cluster.
 * Needs the root role once auth is on; users may ask about their own roles.
 */
export interface Roles {
  /** Adds a role, without any permission. @throws `RoleAlreadyExist` */
  add(name: string, options?: CallOptions): Promise<void>;
  /** A role and its permissions. @throws `RoleNotFound` */
  get(name: string, options?: CallOptions): Promise<Role>;
  /** The names of all roles. */
  list(options?: CallOptions): Promise<string[]>;
  /** Deletes a role, and takes it from its users. @throws `RoleNotFound` */
  delete(name: string, options?: CallOptions): Promise<void>;
  /**
   * Allows a role to read or write a range. The same range again takes the new permission in place of the old one.
   *
   * @throws `RoleNotFound`
   */
  grantPermission(role: string, permission: PermissionType, selector: Selector, options?: CallOptions): Promise<void>;
  /** Takes the permission for exactly this range away. @throws `PermissionNotGranted` */
  revokePermission(role: string, selector: Selector, options?: CallOptions): Promise<void>;
}

export function createRoles(connection: Connection): Roles {
  return {
    async add(name, options) {
      const own = ownOptions("auth.roles.add", options);
      await connection.unary(Auth.method.roleAdd, { name: checkString(name, "name") }, own);
    },

    async get(name, options) {
      const own = ownOptions("auth.roles.get", options);
      const { perm } = await connection.unary(Auth.method.roleGet, { role: checkString(name, "name") }, own);
      return { name, permissions: permissionsOf(perm) };
    },

    async list(options) {
      const own = ownOptions("auth.roles.list", options);
      return [...(await connection.unary(Auth.method.roleList, {}, own)).roles];
    },

    async delete(name, options) {
      const own = ownOptions("auth.roles.delete", options);
      await connection.unary(Auth.method.roleDelete, { role: checkString(name, "name") }, own);
    },

    async grantPermission(role, permission, selector, options) {
      const own = ownOptions("auth.roles.grantPermission", options);
      const permType = wireTypes[checkOneOf(permission, ["read", "write", "readwrite"], "permission")];
      const request = { name: checkString(role, "role"), perm: { permType, ...rangeOf(selector) } };
      await connection.unary(Auth.method.roleGrantPermission, request, own);
    },

    async revokePermission(role, selector, options) {
      const own = ownOptions("auth.roles.revokePermission", options);
      const request = { role: checkString(role, "role"), ...rangeOf(selector) };
      await connection.unary(Auth.method.roleRevokePermission, request, own);
    },
  };
}
