import { Auth } from "../../transport/codec/services.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { invalidArgument } from "../../transport/errors/etcd-error.ts";
import { checkString, ownOptions } from "../check.ts";

/** A user of the cluster. */
export interface User {
  /** The user's name. */
  readonly name: string;
  /** The names of the roles that the user has. */
  readonly roles: string[];
}

/** Such a user comes with a client certificate, which the gateway takes no notice of. */
export interface NoPassword {
  /** Always `true`. */
  readonly noPassword: true;
}

/** The users of the cluster. Needs the root role once auth is on; users may ask about themselves. */
export interface Users {
  /** Adds a user, without any role. @throws `UserAlreadyExist` */
  add(name: string, password: string | NoPassword, options?: CallOptions): Promise<void>;
  /** A user and the names of its roles. @throws `UserNotFound` */
  get(name: string, options?: CallOptions): Promise<User>;
  /** The names of all users. */
  list(options?: CallOptions): Promise<string[]>;
  /** Deletes a user. @throws `UserNotFound` */
  delete(name: string, options?: CallOptions): Promise<void>;
  /**
   * Gives a user another password. Tokens of that user end. A client that logs in with the old password has to be made
   * anew.
   *
   * @throws `UserNotFound`
   */
  changePassword(name: string, password: string, options?: CallOptions): Promise<void>;
  /** Gives a user a role. @throws `UserNotFound` or `RoleNotFound` */
  grantRole(name: string, role: string, options?: CallOptions): Promise<void>;
  /** Takes a role from a user. @throws `RoleNotGranted` */
  revokeRole(name: string, role: string, options?: CallOptions): Promise<void>;
}

export function createUsers(connection: Connection): Users {
  return {
    async add(name, password, options) {
      const own = ownOptions("auth.users.add", options);
      const secret = isNoPassword(password) ? { options: { noPassword: true } } : { password: checkPassword(password) };
      await connection.unary(Auth.method.userAdd, { name: checkString(name, "name"), ...secret }, own);
    },

    async get(name, options) {
      const own = ownOptions("auth.users.get", options);
      const { roles } = await connection.unary(Auth.method.userGet, { name: checkString(name, "name") }, own);
      return { name, roles: [...roles] };
    },

    async list(options) {
      const own = ownOptions("auth.users.list", options);
      return [...(await connection.unary(Auth.method.userList, {}, own)).users];
    },

    async delete(name, options) {
      const own = ownOptions("auth.users.delete", options);
      await connection.unary(Auth.method.userDelete, { name: checkString(name, "name") }, own);
    },

    async changePassword(name, password, options) {
      const own = ownOptions("auth.users.changePassword", options);
      const request = { name: checkString(name, "name"), password: checkPassword(password) };
      await connection.unary(Auth.method.userChangePassword, request, own);
    },

    async grantRole(name, role, options) {
      const own = ownOptions("auth.users.grantRole", options);
      const request = { user: checkString(name, "name"), role: checkString(role, "role") };
      await connection.unary(Auth.method.userGrantRole, request, own);
    },

    async revokeRole(name, role, options) {
      const own = ownOptions("auth.users.revokeRole", options);
      const request = { name: checkString(name, "name"), role: checkString(role, "role") };
      await connection.unary(Auth.method.userRevokeRole, request, own);
    },
  };
}

function isNoPassword(password: unknown): password is NoPassword {
  if (typeof password !== "object" || password === null) return false;
  return Object.keys(password).join() === "noPassword" && Reflect.get(password, "noPassword") === true;
}

/** The text must not show it, whatever it is. */
function checkPassword(password: unknown): string {
  if (typeof password === "string" && password !== "") return password;
  throw invalidArgument("password: expected a string that is not empty, or { noPassword: true }");
}
