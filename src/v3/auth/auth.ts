import { Auth } from "../../transport/codec/services.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { EtcdError, malformedResponse, notApplied } from "../../transport/errors/etcd-error.ts";
import type { Reason } from "../../transport/errors/reasons.ts";
import { createRoles, type Roles } from "./roles.ts";
import { createUsers, type Users } from "./users.ts";
import { checkOneOf, ownOptions } from "../check.ts";
import type { Selector } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import { allows, everything, type Permission } from "./permissions.ts";
import { withJson } from "../json-form.ts";
import { operation } from "../operation.ts";
import { usernameInToken } from "./token-username.ts";

/** Whether auth is on, and the revision of its users and roles. */
export interface AuthStatus {
  /** Whether calls need a login. */
  readonly enabled: boolean;
  /** Grows with each change of users and roles. Since etcd 3.5, and for root only up to 3.6. */
  readonly authRevision?: bigint;
}

/** The user of a client, as `auth.whoami` returns it. */
export interface Identity {
  /** `undefined` while auth is off: then nobody is asked who they are. */
  readonly username: string | undefined;
  /** The names of the roles that the user has. */
  readonly roles: string[];
  /** Of all roles together, in the keys of the whole cluster. */
  readonly permissions: Permission[];
}

/** Authentication of the cluster: whether it is on, its users and its roles. */
export interface AuthService {
  /**
   * Turns auth on: every call then needs a login. Needs a user `root` with the role `root`.
   *
   * @throws `RootUserNotExist` or `RootRoleNotExist`: that user or its role is missing
   */
  enable(options?: CallOptions): Promise<void>;
  /** Turns auth off: calls need no login any more. Users and roles stay. */
  disable(options?: CallOptions): Promise<void>;
  /** Whether auth is on. */
  status(options?: CallOptions): Promise<AuthStatus>;
  /** The users: add, list, delete, change passwords, grant roles. */
  readonly users: Users;
  /** The roles: add, list, delete, grant permissions. */
  readonly roles: Roles;
  /**
   * Who this client is to the cluster. Rejects with `Unsupported` where a token was given that does not say whose it
   * is: etcd does not tell either.
   */
  whoami(options?: CallOptions): Promise<Identity>;
  /** Whether this client may read or write all of a range of its namespace, by the roles it has now. */
  can(what: "read" | "write", selector: Selector, options?: CallOptions): Promise<boolean>;
}

/** `username`: whom the client logs in as, `undefined` where it was given a token or nothing. */
export function createAuth(connection: Connection, keyspace: Keyspace, username: string | undefined): AuthService {
  const users = createUsers(connection);
  const roles = createRoles(connection);

  async function status(options: CallOptions): Promise<AuthStatus> {
    try {
      const { enabled, authRevision } = await connection.unary(Auth.method.authStatus, {}, options);
      return withJson({ enabled, authRevision });
    } catch (error) {
      if (!EtcdError.is(error)) throw error;
      // The login that the client is made with was told so.
      if (error.reason === "AuthNotEnabled") return { enabled: false };
      if (!silentOnStatus.has(error.reason)) throw error;
      return { enabled: await refusesNobody(options) };
    }
  }

  /** What a login without a name is told depends on whether auth is on, and needs no token. */
  async function refusesNobody(options: CallOptions): Promise<boolean> {
    try {
      await connection.unary(Auth.method.authenticate, {}, options);
    } catch (error) {
      if (EtcdError.is(error) && error.reason === "AuthNotEnabled") return false;
      if (EtcdError.is(error) && (error.reason === "AuthFailed" || error.reason === "UserEmpty")) return true;
      throw error;
    }
    throw malformedResponse("etcd accepted a login without a user name", "not-applied");
  }

  async function ownName(options: CallOptions): Promise<string> {
    if (username !== undefined) return username;
    const token = await connection.token?.get(options.signal ?? new AbortController().signal);
    const name = token === undefined ? undefined : usernameInToken(token);
    if (name !== undefined) return name;
    const why = token === undefined ? "it has no credentials" : "its token does not name one";
    throw notApplied(`the user of this client is unknown: ${why}`, "Unsupported");
  }

  async function whoami(options: CallOptions): Promise<Identity> {
    if (!(await status(options)).enabled) return { username: undefined, roles: [], permissions: [everything()] };
    const user = await users.get(await ownName(options), options);
    const permissions = await Promise.all(user.roles.map((role) => permissionsOf(role, options)));
    return { username: user.name, roles: user.roles, permissions: permissions.flat() };
  }

  /** The root role may do everything, whatever is granted to it. */
  async function permissionsOf(role: string, options: CallOptions): Promise<Permission[]> {
    return role === "root" ? [everything()] : (await roles.get(role, options)).permissions;
  }

  return {
    users,
    roles,

    async enable(options) {
      await connection.unary(Auth.method.authEnable, {}, ownOptions("auth.enable", options));
    },

    async disable(options) {
      await connection.unary(Auth.method.authDisable, {}, ownOptions("auth.disable", options));
    },

    async status(options) {
      return operation(connection, ownOptions("auth.status", options), status);
    },

    async whoami(options) {
      return operation(connection, ownOptions("auth.whoami", options), whoami);
    },

    async can(what, selector, options) {
      const own = ownOptions("auth.can", options);
      checkOneOf(what, ["read", "write"], "what");
      const range = keyspace.range(selector);
      const { permissions } = await operation(connection, own, whoami);
      return allows(permissions, what, range);
    },
  };
}

/**
 * etcd before 3.5 does not have this call, and up to 3.6 only root may make it. A server that asks for client
 * certificates takes a caller without a token for the user that the server's own certificate names.
 */
const silentOnStatus: ReadonlySet<Reason> = new Set<Reason>([
  "NotEtcd",
  "Unsupported",
  "PermissionDenied",
  "UserEmpty",
  "UserNotFound",
  "InvalidAuthToken",
  "AuthOldRevision",
]);
