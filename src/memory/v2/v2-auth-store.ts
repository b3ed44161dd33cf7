import type { KeyStore } from "./key-store.ts";
import { sortedTexts } from "./sorted-texts.ts";
import { mergeRole, mergeUser } from "./v2-auth-merge.ts";
import { guestRole, rootRole, type UserInput, V2AuthError, type V2Role, type V2User } from "./v2-auth-records.ts";
import { type V2Code, V2Error, v2Code } from "./v2-error.ts";

/** The directory of the store that users and roles are kept in, as JSON. */
const root = "/2";

/** Users, roles, and whether they count. Methods that refuse throw `V2AuthError`. */
export class V2AuthStore {
  readonly #store: KeyStore;
  readonly #propose: () => void;
  #prepared = false;

  /** `propose` is called for every entry that the log gets. */
  constructor(store: KeyStore, propose: () => void) {
    this.#store = store;
    this.#propose = propose;
  }

  get enabled(): boolean {
    return this.#read("/enabled") === "true";
  }

  enable(): void {
    if (this.enabled) throw new V2AuthError(409, "already enabled");
    if (this.#read("/users/root", true) === undefined) {
      throw new V2AuthError(409, "No root user available, please create one");
    }
    if (this.#read("/roles/guest", true) === undefined) this.#write("/roles/guest", guestRole, false);
    this.#write("/enabled", true, true);
  }

  disable(): void {
    if (!this.enabled) throw new V2AuthError(409, "already disabled");
    this.#write("/enabled", false, true);
  }

  /** Names, in order. */
  users(): string[] {
    return this.#list("/users");
  }

  user(name: string, quorum = false): V2User {
    const text = this.#read(`/users/${name}`, quorum);
    if (text === undefined) throw new V2AuthError(404, `User ${name} does not exist.`);
    return withRootRole(JSON.parse(text) as V2User);
  }

  createUser({ user, password, roles }: V2User): V2User {
    const record = withRootRole({ user, password, roles });
    if (password === "") throw new V2AuthError(400, `Cannot create user ${user} with an empty password`);
    this.#refusing(v2Code.nodeExist, new V2AuthError(409, `User ${user} already exists.`), () =>
      this.#write(`/users/${user}`, record, false),
    );
    return record;
  }

  updateUser(input: UserInput): V2User {
    const old = this.user(input.user, true);
    const record = mergeUser(old, input);
    if (input.password === "" && same(old, record)) {
      throw new V2AuthError(400, "User not updated. Use grant/revoke/password to update the user.");
    }
    this.#write(`/users/${input.user}`, record, true);
    return record;
  }

  hasUser(name: string): boolean {
    return this.#read(`/users/${name}`, true) !== undefined;
  }

  deleteUser(name: string): void {
    if (this.enabled && name === "root") throw new V2AuthError(403, "Cannot delete root user while auth is enabled.");
    this.#delete(`/users/${name}`, new V2AuthError(404, `User ${name} does not exist`));
  }

  /** Names, in order. */
  roles(): string[] {
    return sortedTexts(["root", ...this.#list("/roles")]);
  }

  role(name: string, quorum = false): V2Role {
    if (name === rootRole.role) return rootRole;
    const text = this.#read(`/roles/${name}`, quorum);
    if (text === undefined) throw new V2AuthError(404, `Role ${name} does not exist.`);
    return JSON.parse(text) as V2Role;
  }

  createRole(record: V2Role): V2Role {
    const { role } = record;
    checkNotRoot(role);
    this.#refusing(v2Code.nodeExist, new V2AuthError(409, `Role ${role} already exists.`), () =>
      this.#write(`/roles/${role}`, record, false),
    );
    return record;
  }

  updateRole(input: V2Role): V2Role {
    checkNotRoot(input.role);
    const old = this.role(input.role, true);
    const record = mergeRole(old, input);
    if (same(old, record)) throw new V2AuthError(400, "Role not updated. Use grant/revoke to update the role.");
    this.#write(`/roles/${input.role}`, record, true);
    return record;
  }

  deleteRole(name: string): void {
    checkNotRoot(name);
    this.#delete(`/roles/${name}`, new V2AuthError(404, `Role ${name} doesn't exist.`));
  }

  #read(path: string, quorum = false): string | undefined {
    if (quorum) this.#propose();
    return this.#found(() => this.#store.get(root + path))?.node.value;
  }

  #list(path: string): string[] {
    const nodes = this.#found(() => this.#store.get(root + path))?.node.nodes ?? [];
    return sortedTexts(nodes.map(({ key }) => key.slice(key.lastIndexOf("/") + 1)));
  }

  #write(path: string, value: unknown, exists: boolean): void {
    this.#prepare();
    this.#propose();
    const text = JSON.stringify(value);
    if (exists) this.#store.update(root + path, text);
    else this.#store.create(root + path, false, text, false);
  }

  #delete(path: string, missing: V2AuthError): void {
    this.#prepare();
    this.#propose();
    this.#refusing(v2Code.keyNotFound, missing, () => void this.#store.delete(root + path, false, false));
  }

  /** Makes the directories, before the first change. */
  #prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    for (const path of [root, `${root}/users`, `${root}/roles`]) {
      this.#propose();
      this.#store.create(path, true, "", false);
    }
    this.#propose();
    this.#store.create(`${root}/enabled`, false, "false", false);
  }

  #found<T>(get: () => T): T | undefined {
    try {
      return get();
    } catch (error) {
      if (error instanceof V2Error && error.errorCode === v2Code.keyNotFound) return undefined;
      throw error;
    }
  }

  #refusing(code: V2Code, refusal: V2AuthError, run: () => void): void {
    try {
      run();
    } catch (error) {
      throw error instanceof V2Error && error.errorCode === code ? refusal : error;
    }
  }
}

function withRootRole(user: V2User): V2User {
  const { roles } = user;
  return user.user !== "root" || roles?.includes("root") === true
    ? user
    : { ...user, roles: [...(roles ?? []), "root"] };
}

function checkNotRoot(role: string): void {
  if (role === rootRole.role) throw new V2AuthError(403, `Cannot modify role ${role}: is root role.`);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
