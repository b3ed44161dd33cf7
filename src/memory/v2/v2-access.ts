import type { ServedRequest } from "../../gateway-server/http-request.ts";
import { fromBinary } from "../store/comparators.ts";
import type { V2AuthStore } from "./v2-auth-store.ts";
import { type KeyPatterns, V2AuthError, type V2Role, type V2User } from "./v2-auth-records.ts";

/** Whether who asks may use a key, written as it came; `recursive`: with all that begins like it. */
export function mayUseKey(auth: V2AuthStore, request: ServedRequest, key: string, recursive: boolean): boolean {
  if (!auth.enabled) return true;
  const write = request.method !== "GET" && request.method !== "HEAD";
  // As in etcd, a guest needs no further right for a recursive request.
  if (!request.headers.get("authorization")) return allows(knownRole(auth, "guest"), key, { write, recursive: false });
  const roles = signedIn(auth, request)?.roles ?? [];
  return roles.some((name) => allows(knownRole(auth, name), key, { write, recursive }));
}

/** Whether who asks may do anything. */
export function isRoot(auth: V2AuthStore, request: ServedRequest): boolean {
  return !auth.enabled || signedIn(auth, request)?.roles?.includes("root") === true;
}

function signedIn(auth: V2AuthStore, { headers }: ServedRequest): V2User | undefined {
  const [, encoded = ""] = /^basic (.*)$/i.exec(headers.get("authorization") ?? "") ?? [];
  const [, name, password] = /^([^:]*):(.*)$/s.exec(decode(encoded)) ?? [];
  if (name === undefined) return undefined;
  const user = found(() => auth.user(name));
  return user !== undefined && user.password === password ? user : undefined;
}

function decode(base64: string): string {
  try {
    return new TextDecoder().decode(fromBinary(atob(base64)));
  } catch {
    return "";
  }
}

/** The role, unless there is none: users keep the names of roles that went. */
export function knownRole(auth: V2AuthStore, name: string): V2Role | undefined {
  return found(() => auth.role(name));
}

function found<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch (error) {
    if (error instanceof V2AuthError) return undefined;
    throw error;
  }
}

interface Use {
  readonly write: boolean;
  readonly recursive: boolean;
}

function allows(role: V2Role | undefined, key: string, { write, recursive }: Use): boolean {
  if (role === undefined) return false;
  if (role.role === "root") return true;
  const kv: KeyPatterns = role.permissions.kv;
  return ((write ? kv.write : kv.read) ?? []).some((pattern) => {
    if (pattern.endsWith("*")) return key.startsWith(pattern.slice(0, -1));
    return !recursive && pattern === key;
  });
}
