import type { Permission, Role, Selector, User } from "fetcd";

export interface KeyAccess {
  readonly read: boolean;
  readonly write: boolean;
  /** The roles that grant the access. */
  readonly by: readonly string[];
}

/** What a user may do with a key while authentication is on. The role root allows everything. */
export function accessOf(user: User, roles: readonly Role[], key: Uint8Array): KeyAccess {
  const own = roles.filter(({ name }) => user.roles.includes(name));
  const hits = own.flatMap((role) =>
    role.permissions.filter(({ selector }) => covers(selector, key)).map((permission) => ({ role, permission })),
  );
  const root = user.roles.includes("root");
  const allows = (what: Permission["permission"]): boolean =>
    root || hits.some(({ permission: { permission } }) => permission === what || permission === "readwrite");
  const by = [...new Set([...(root ? ["root"] : []), ...hits.map(({ role }) => role.name)])];
  return { read: allows("read"), write: allows("write"), by };
}

/** Whether a selector includes a key. */
export function covers(selector: Selector, key: Uint8Array): boolean {
  if (typeof selector === "string" || selector instanceof Uint8Array) return compareBytes(bytes(selector), key) === 0;
  if ("prefix" in selector && selector.prefix !== undefined) {
    const prefix = bytes(selector.prefix);
    return prefix.every((byte, i) => byte === key[i]);
  }
  if ("from" in selector && selector.from !== undefined) {
    if (compareBytes(bytes(selector.from), key) > 0) return false;
    return selector.to === undefined || compareBytes(key, bytes(selector.to)) < 0;
  }
  return true;
}

function bytes(key: string | Uint8Array): Uint8Array {
  return typeof key === "string" ? new TextEncoder().encode(key) : key;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
