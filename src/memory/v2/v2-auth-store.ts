import type { KeyStore } from "./key-store.ts";
import { sortedTexts } from "./sorted-texts.ts";
import { directory, file } from "./tree.ts";
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
    if (this.#readNewest("/users/root") === undefined) {
      throw new V2AuthError(409, "No root user available, please create one");
    }
    if (this.#readNewest("/roles/guest") === undefined) this.#create("/roles/guest", guestRole);
    this.#update("/enabled", true);
  }

  disable(): void {
    if (!this.enabled) throw new V2AuthError(409, "already disabled");
    this.#update("/enabled", false);
  }

  /** Names, in order. */
  users(): string[] {
    return this.#list("/users");
  }

  user(name: string): V2User {
    return userIn(name, this.#read(`/users/${name}`));
  }

  createUser({ user, password, roles }: V2User): V2User {
    const record = withRootRole({ user, password, roles });
    if (password === "") throw new V2AuthError(400, `Cannot create user ${user} with an empty password`);
    this.#refusing(v2Code.nodeExist, new V2AuthError(409, `User ${user} already exists.`), () =>
      this.#create(`/users/${user}`, record),
    );
    return record;
  }

  updateUser(input: UserInput): V2User {
    const old = userIn(input.user, this.#readNewest(`/users/${input.user}`));
    const record = mergeUser(old, input);
    if (input.password === "" && same(old, record)) {
      throw new V2AuthError(400, "User not updated. Use grant/revoke/password to update the user.");
    }
    this.#update(`/users/${input.user}`, record);
    return record;
  }

  hasUser(name: string): boolean {
    return this.#readNewest(`/users/${name}`) !== undefined;
  }

  deleteUser(name: string): void {
    if (this.enabled && name === "root") throw new V2AuthError(403, "Cannot delete root user while auth is enabled.");
    this.#delete(`/users/${name}`, new V2AuthError(404, `User ${name} does not exist`));
  }

  /** Names, in order. */
  roles(): string[] {
    return sortedTexts(["root", ...this.#list("/roles")]);
  }

  role(name: string): V2Role {
    return name === rootRole.role ? rootRole : roleIn(name, this.#read(`/roles/${name}`));
  }

  createRole(record: V2Role): V2Role {
    const { role } = record;
    checkNotRoot(role);
    this.#refusing(v2Code.nodeExist, new V2AuthError(409, `Role ${role} already exists.`), () =>
      this.#create(`/roles/${role}`, record),
    );
    return record;
  }

  updateRole(input: V2Role): V2Role {
    checkNotRoot(input.role);
    const old = roleIn(input.role, this.#readNewest(`/roles/${input.role}`));
    const record = mergeRole(old, input);
    if (same(old, record)) throw new V2AuthError(400, "Role not updated. Use grant/revoke to update the role.");
    this.#update(`/roles/${input.role}`, record);
    return record;
  }

  deleteRole(name: string): void {
    checkNotRoot(name);
    this.#delete(`/roles/${name}`, new V2AuthError(404, `Role ${name} doesn't exist.`));
  }

  /** By the log, so that nothing older is read. */
  #readNewest(path: string): string | undefined {
    this.#propose();
    return this.#read(path);
  }

  #read(path: string): string | undefined {
    return this.#found(() => this.#store.get(root + path))?.node.value;
  }

  #list(path: string): string[] {
    const nodes = this.#found(() => this.#store.get(root + path))?.node.nodes ?? [];
    return sortedTexts(nodes.map(({ key }) => key.slice(key.lastIndexOf("/") + 1)));
  }

  #create(path: string, value: unknown): void {
    this.#prepare();
    this.#propose();
    this.#store.create(root + path, file(JSON.stringify(value)));
  }

  #update(path: string, value: unknown): void {
    this.#prepare();
    this.#propose();
    this.#store.update(root + path, JSON.stringify(value));
  }

  #delete(path: string, missing: V2AuthError): void {
    this.#prepare();
    this.#propose();
    this.#refusing(v2Code.keyNotFound, missing, () => {
      this.#store.delete(root + path, { dir: false, recursive: false });
    });
  }

  /** Makes the directories, before the first change. */
  #prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    for (const path of [root, `${root}/users`, `${root}/roles`]) {
      this.#propose();
      this.#store.create(path, directory);
    }
    this.#propose();
    this.#store.create(`${root}/enabled`, file("false"));
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

function userIn(name: string, text: string | undefined): V2User {
  if (text === undefined) throw new V2AuthError(404, `User ${name} does not exist.`);
  return withRootRole(JSON.parse(text) as V2User);
}

function roleIn(name: string, text: string | undefined): V2Role {
  if (text === undefined) throw new V2AuthError(404, `Role ${name} does not exist.`);
  return JSON.parse(text) as V2Role;
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
