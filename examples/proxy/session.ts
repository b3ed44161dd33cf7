// A session without a store: the cookie names the user and the end, and a keyed hash of both.

const hours = 8;

export interface Session {
  readonly user: string;
  readonly until: Date;
}

export async function sessionCookie(
  user: string,
  { ORIGIN, SESSION_KEY }: { readonly ORIGIN: string; readonly SESSION_KEY: string },
): Promise<string> {
  const end = Date.now() + hours * 3_600_000;
  const named = `${encodeURIComponent(user)}~${end}`;
  const secure = ORIGIN.startsWith("https:") ? "; Secure" : "";
  return `session=${named}~${await sign(named, SESSION_KEY)}; HttpOnly; SameSite=Strict; Path=/${secure}`;
}

/** Whose request it is; `null` for nobody's. */
export async function userOf(request: Request, key: string): Promise<Session | null> {
  const [, value = ""] = /(?:^|;\s*)session=([^;]+)/.exec(request.headers.get("cookie") ?? "") ?? [];
  const [user = "", end = "", signature = ""] = value.split("~");
  const until = new Date(Number(end));
  if (user === "" || !(until.getTime() > Date.now())) return null;
  if (!(await verify(`${user}~${end}`, signature, key))) return null;
  return { user: decodeURIComponent(user), until };
}

const utf8 = new TextEncoder();

async function hmacKey(key: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", utf8.encode(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

async function sign(text: string, key: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", await hmacKey(key), utf8.encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function verify(text: string, signature: string, key: string): Promise<boolean> {
  const bytes = Uint8Array.from(signature.match(/[\da-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));
  return crypto.subtle.verify("HMAC", await hmacKey(key), bytes, utf8.encode(text));
}
