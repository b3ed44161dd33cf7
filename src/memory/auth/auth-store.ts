import type { Permission } from "../../gen/authpb/auth_pb.ts";
import { compareBytes, compareText } from "../store/comparators.ts";
import { isEmptySpan, keyRange } from "../store/key-range.ts";
import { UserRights } from "./rights.ts";
import { code, etcdFailure, RpcError } from "../../gateway-server/rpc-error.ts";
import type { Tokens } from "./tokens.ts";

export interface StoredUser {
  /** `undefined` for a user without a password; `null` for one that no text matches. */
  readonly password: string | null | undefined;
  readonly roles: string[];
}

const root = "root";

/** Users, roles and what they may do. Every method that refuses throws an `RpcError` and has changed nothing. */
export class AuthStore {
  readonly users: Map<string, StoredUser> = new Map();
  readonly roles: Map<string, Permission[]> = new Map();
  readonly #tokens: Tokens;
  readonly #checksRanges: boolean;
  /** The rights of users, as far as they were asked for since the last change. */
  readonly #rights = new Map<string, UserRights>();
  #enabled = false;
  #revision = 1n;

  /** `checksRanges`: permissions for no key at all are refused, as since 3.5. */
  constructor(tokens: Tokens, checksRanges: boolean) {
    this.#checksRanges = checksRanges;
    this.#tokens = tokens;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** Grows with every change but the one that turns authentication on. */
  get revision(): bigint {
    return this.#revision;
  }

  enable(): void {
    if (this.#enabled) return;
    const user = this.users.get(root);
    if (user === undefined) throw etcdFailure("rootUserMissing");
    if (!user.roles.includes(root)) throw etcdFailure("rootRoleMissing");
    this.#enabled = true;
  }

  disable(): void {
    if (!this.#enabled) return;
    this.#enabled = false;
    this.#tokens.drop();
    this.#changed();
  }

  checkPassword(name: string, password: string): void {
    if (!this.#enabled) throw etcdFailure("authNotEnabled");
    const user = this.users.get(name);
    if (user !== undefined && user.password === undefined) throw noPasswordUser();
    if (user?.password !== password) throw etcdFailure("authFailed");
  }

  addUser(name: string, password: string | undefined): void {
    if (name === "") throw etcdFailure("userEmpty");
    if (this.users.has(name)) throw etcdFailure("userExists");
    this.users.set(name, { password, roles: [] });
    this.#changed();
  }

  user(name: string): StoredUser {
    const user = this.users.get(name);
    if (user === undefined) throw etcdFailure("userNotFound");
    return user;
  }

  deleteUser(name: string): void {
    if (this.#enabled && name === root) throw etcdFailure("invalidAuthManagement");
    this.user(name);
    this.users.delete(name);
    this.#tokens.drop(name);
    this.#changed();
  }

  /** A user without a password stays without one. */
  changePassword(name: string, password: string | null): void {
    const user = this.user(name);
    if (user.password !== undefined) this.users.set(name, { ...user, password });
    this.#tokens.drop(name);
    this.#changed();
  }

  grantRole(name: string, role: string): void {
    const { roles } = this.user(name);
    if (role !== root) this.role(role);
    if (roles.includes(role)) return;
    roles.push(role);
    roles.sort(compareText);
    this.#changed();
  }

  revokeRole(name: string, role: string): void {
    if (this.#enabled && name === root && role === root) throw etcdFailure("invalidAuthManagement");
    const { roles } = this.user(name);
    if (!roles.includes(role)) throw etcdFailure("roleNotGranted");
    roles.splice(roles.indexOf(role), 1);
    this.#changed();
  }

  addRole(name: string): void {
    if (name === "") throw etcdFailure("roleEmpty");
    if (this.roles.has(name)) throw etcdFailure("roleExists");
    this.roles.set(name, []);
    this.#changed();
  }

  role(name: string): Permission[] {
    const permissions = this.roles.get(name);
    if (permissions === undefined) throw etcdFailure("roleNotFound");
    return permissions;
  }

  deleteRole(name: string): void {
    if (this.#enabled && name === root) throw etcdFailure("invalidAuthManagement");
    this.role(name);
    this.roles.delete(name);
    for (const { roles } of this.users.values()) if (roles.includes(name)) roles.splice(roles.indexOf(name), 1);
    this.#changed();
  }

  /**
   * Of the permissions that start with the same key, etcd looks at the first: if it has the same range, it is replaced.
   */
  grantPermission(role: string, permission: Permission | undefined): void {
    if (permission === undefined) throw etcdFailure("permissionNotGiven");
    const none = permission.key.length === 0 || isEmptySpan(keyRange(permission.key, permission.rangeEnd));
    if (this.#checksRanges && none) throw etcdFailure("invalidAuthManagement");
    const permissions = this.role(role);
    const first = permissions.findIndex(({ key }) => compareBytes(key, permission.key) === 0);
    const known = permissions[first];
    const all =
      known !== undefined && sameRange(known, permission)
        ? permissions.map((other, i) => (i === first ? permission : other))
        : [...permissions, permission].sort((a, b) => compareBytes(a.key, b.key));
    this.roles.set(role, all);
    this.#changed();
  }

  revokePermission(role: string, range: Pick<Permission, "key" | "rangeEnd">): void {
    const permissions = this.role(role);
    const kept = permissions.filter((other) => !sameRange(other, range));
    if (kept.length === permissions.length) throw etcdFailure("permissionNotGranted");
    this.roles.set(role, kept);
    this.#changed();
  }

  isAdmin(name: string): boolean {
    return this.users.get(name)?.roles.includes(root) ?? false;
  }

  /** What a user may do by all of its roles together. */
  rights(name: string): UserRights {
    const known = this.#rights.get(name);
    if (known !== undefined) return known;
    const rights = new UserRights((this.users.get(name)?.roles ?? []).flatMap((role) => this.roles.get(role) ?? []));
    this.#rights.set(name, rights);
    return rights;
  }

  #changed(): void {
    this.#revision++;
    this.#rights.clear();
  }
}

function sameRange(a: Pick<Permission, "key" | "rangeEnd">, b: Pick<Permission, "key" | "rangeEnd">): boolean {
  return compareBytes(a.key, b.key) === 0 && compareBytes(a.rangeEnd, b.rangeEnd) === 0;
}

function noPasswordUser(): RpcError {
  return new RpcError(code.unknown, "auth: authentication failed, password was given for no password user");
}
