import type { PlainAnswer } from "./plain-request.ts";

export interface RigUser {
  readonly name: string;
  readonly password: string;
  /** What it may do; given to it through a role of the user's name. */
  readonly permissions?: readonly RigPermission[];
}

export interface RigPermission {
  readonly type: "READ" | "WRITE" | "READWRITE";
  /** A key, or with `prefix: true` all keys that start with it ("" for all). */
  readonly key: string;
  readonly prefix?: boolean;
}

export interface AuthSetup {
  readonly rootPassword: string;
  readonly users?: readonly RigUser[];
}

/** Makes root and the users and turns auth on, over a gateway that has it off. Rejects with the first refusal. */
export async function enableAuth(
  post: (path: string, body: unknown) => Promise<PlainAnswer>,
  { rootPassword, users = [] }: AuthSetup,
): Promise<void> {
  const call = async (path: string, body: unknown): Promise<void> => {
    const { status, text } = await post(`/v3/auth/${path}`, body);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
  };
  const addWithRole = async (name: string, password: string): Promise<void> => {
    await call("user/add", { name, password });
    await call("role/add", { name });
    await call("user/grant", { user: name, role: name });
  };
  await addWithRole("root", rootPassword);
  for (const { name, password, permissions = [] } of users) {
    await addWithRole(name, password);
    for (const permission of permissions) await call("role/grant", { name, perm: permissionMessage(permission) });
  }
  await call("enable", {});
}

function permissionMessage({ type, key, prefix }: RigPermission): Record<string, string> {
  const message = { permType: type, key: Buffer.from(key || "\0").toString("base64") };
  return prefix ? { ...message, range_end: rangeEnd(key).toString("base64") } : message;
}

/** The first key after all that start with the prefix; a zero byte stands for "no end". */
function rangeEnd(prefix: string): Buffer {
  const bytes = Buffer.from(prefix);
  let last = bytes.length - 1;
  while (last >= 0 && bytes[last] === 0xff) last--;
  if (last < 0) return Buffer.from([0]);
  const end = bytes.subarray(0, last + 1);
  end[last] = (end[last] ?? 0) + 1;
  return end;
}
