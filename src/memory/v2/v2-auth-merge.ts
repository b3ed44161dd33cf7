import { sortedTexts } from "./sorted-texts.ts";
import { type KeyPatterns, type UserInput, V2AuthError, type V2Role, type V2User } from "./v2-auth-records.ts";

/** The user with what the request grants and revokes, and with its password if it names one. Throws `V2AuthError`. */
export function mergeUser(old: V2User, { user, password, grant, revoke }: UserInput): V2User {
  const roles = new Set(old.roles);
  for (const role of grant) {
    if (roles.has(role)) throw new V2AuthError(409, `Granting duplicate role ${role} for user ${user}`);
    roles.add(role);
  }
  for (const role of revoke) {
    if (!roles.delete(role)) throw new V2AuthError(409, `Revoking ungranted role ${role} for user ${user}`);
  }
  return { user, password: password === "" ? old.password : password, roles: sortedTexts(roles) };
}

/** The role with what the request grants and revokes. Throws `V2AuthError`. */
export function mergeRole({ role, permissions }: V2Role, { grant, revoke }: V2Role): V2Role {
  let { kv } = permissions;
  if (grant !== undefined) {
    const read = granted(kv.read, grant.kv.read, "read");
    kv = { read, write: granted(kv.write, grant.kv.write, "write") };
  }
  if (revoke !== undefined) {
    kv = { read: revoked(kv.read, revoke.kv.read), write: revoked(kv.write, revoke.kv.write) };
  }
  return { role, permissions: { kv } };
}

type List = KeyPatterns["read"];

function granted(old: List, more: List, what: string): string[] {
  const all = new Set(old);
  for (const pattern of more ?? []) {
    if (all.has(pattern)) throw new V2AuthError(409, `Granting duplicate ${what} permission ${pattern}`);
    all.add(pattern);
  }
  return sortedTexts(all);
}

/** What was not there to be revoked is passed over. */
function revoked(old: List, less: List): string[] {
  return sortedTexts((old ?? []).filter((pattern) => !(less ?? []).includes(pattern)));
}
