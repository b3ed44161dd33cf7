import { isRecord } from "../../transport/platform.ts";

/** Patterns: a key, or the beginning of keys with "*" after it. `null` where none were ever given. */
export interface KeyPatterns {
  readonly read: readonly string[] | null;
  readonly write: readonly string[] | null;
}

export interface Permissions {
  readonly kv: KeyPatterns;
}

export interface V2Role {
  readonly role: string;
  readonly permissions: Permissions;
  /** What a request changes. A new role keeps them where they change nothing. */
  readonly grant?: Permissions;
  readonly revoke?: Permissions;
}

export interface V2User {
  readonly user: string;
  readonly password: string;
  readonly roles: readonly string[] | null;
}

/** What a request says of a user. */
export interface UserInput extends V2User {
  readonly grant: readonly string[];
  readonly revoke: readonly string[];
}

/** A refusal about users and roles. */
export class V2AuthError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`auth: ${message}`);
    this.status = status;
  }
}

const everything: KeyPatterns = { read: ["/*"], write: ["/*"] };

export const rootRole: V2Role = { role: "root", permissions: { kv: everything } };
export const guestRole: V2Role = { role: "guest", permissions: { kv: everything } };

export function grantsNothing(permissions: Permissions | undefined): boolean {
  const { read, write } = permissions?.kv ?? {};
  return (read ?? []).length === 0 && (write ?? []).length === 0;
}

/** `undefined` for a body that is not a JSON object with those fields. */
export function readRole(body: string): V2Role | undefined {
  const json = readObject(body);
  const role = json && textOf(json["role"]);
  const permissions = json && permissionsOf(json["permissions"]);
  const grant = json && permissionsOf(json["grant"]);
  const revoke = json && permissionsOf(json["revoke"]);
  if (role === undefined || permissions === undefined || grant === undefined || revoke === undefined) return undefined;
  const given = (json: unknown): boolean => json !== undefined && json !== null;
  return {
    role,
    permissions,
    ...(given(json?.["grant"]) ? { grant } : {}),
    ...(given(json?.["revoke"]) ? { revoke } : {}),
  };
}

/** `undefined` for a body that is not a JSON object with those fields. */
export function readUser(body: string): UserInput | undefined {
  const json = readObject(body);
  const user = json && textOf(json["user"]);
  const password = json && textOf(json["password"]);
  const roles = json && listOf(json["roles"]);
  const grant = json && listOf(json["grant"]);
  const revoke = json && listOf(json["revoke"]);
  if (user === undefined || password === undefined || roles === undefined) return undefined;
  if (grant === undefined || revoke === undefined) return undefined;
  return { user, password, roles, grant: grant ?? [], revoke: revoke ?? [] };
}

function readObject(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown = ""): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function listOf(value: unknown = null): readonly string[] | null | undefined {
  if (value === null) return null;
  return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined;
}

function permissionsOf(value: unknown): Permissions | undefined {
  const object = value ?? {};
  const kv = isRecord(object) ? (object["kv"] ?? {}) : undefined;
  if (!isRecord(kv)) return undefined;
  const read = listOf(kv["read"]);
  const write = listOf(kv["write"]);
  return read === undefined || write === undefined ? undefined : { kv: { read, write } };
}
