import { createHash, timingSafeEqual } from "node:crypto";
import { fileAnswer } from "./file-answer.ts";
import type { PageFile } from "./page-files.ts";
import { readOnlyBody } from "./read-only.ts";

/** What the page learns about its server. */
export interface UiConfig {
  readonly connections: readonly UiConnection[];
  readonly readOnly: boolean;
}

/** An etcd that the page shows in a tab. */
export interface UiConnection {
  /** The name given on the command line; the first connection has none. */
  readonly name?: string;
  /** Shown to people, not used for requests. */
  readonly endpoints: readonly string[];
  /** Whether it is an etcd in memory with sample data. */
  readonly memory: boolean;
  /** The user that the program logs in as. */
  readonly login?: { readonly username: string; readonly password: string } | undefined;
}

/** Where requests for one etcd are forwarded. */
export interface UiWay {
  /** The handler for all endpoints, and one for each of them. */
  readonly proxy: Handler;
  readonly members: readonly Handler[];
  /** Why passwords must not be forwarded; `undefined` if they may. */
  readonly noPasswords?: string | undefined;
}

export interface UiParts {
  readonly files: ReadonlyMap<string, PageFile>;
  readonly config: UiConfig;
  /** Required on every request except those for the files of the page. */
  readonly secret: string;
  /** Allowed host names, without ports. Any other name may be a DNS rebinding attack by another page. */
  readonly hosts: readonly string[];
  /** Whether requests need a token of etcd, except those that log in or work without one. */
  readonly loginRequired: boolean;
  /** One for each connection: the first at `/`, the others at `/at/1`, `/at/2` and so on. */
  readonly ways: readonly UiWay[];
}

export type Handler = (request: Request) => Promise<Response>;

/** The header that carries the secret. A page of another origin cannot send it unless CORS allows it. */
export const secretHeader = "x-fetcd-secret";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const security = {
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cache-control": "no-store",
};

/** Calls that are allowed without a login. */
const withoutLogin: ReadonlySet<string> = new Set(["/v3/auth/authenticate", "/v3/auth/status", "/version", "/health"]);
const withPassword: ReadonlySet<string> = new Set([
  "/v3/auth/authenticate",
  "/v3/auth/user/add",
  "/v3/auth/user/changepw",
]);

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/**
 * Serves the page, and forwards requests that carry the secret to the etcd of each connection. Checks in this order: the
 * host name (`Host`), the page that calls (`Origin`), the secret, and whether the call is allowed. Forwards bodies unchanged.
 */
export function createUiHandler(parts: UiParts): Handler {
  const { files, config, hosts, loginRequired, ways } = parts;
  const secret = digest(parts.secret);
  const names = new Set(hosts.map((name) => name.toLowerCase()));

  /** Why a request does not come from the page; `undefined` if it does. */
  function foreign(request: Request, url: URL): string | undefined {
    if (!names.has(url.hostname)) return "this Host is not allowed (--allowed-hosts)";
    const origin = request.headers.get("origin");
    const site = request.headers.get("sec-fetch-site") ?? "same-origin";
    // The scheme is not compared: behind a proxy with TLS the origin has https.
    const same = origin === null ? site === "same-origin" || site === "none" : hostOf(origin) === url.host;
    return same ? undefined : "this Origin is not allowed";
  }

  async function passOn(request: Request, to: Handler, url: URL, noPasswords?: string): Promise<Response> {
    const { method, signal } = request;
    const path = url.pathname;
    const headers = new Headers();
    for (const name of ["accept", "authorization", "content-type", "grpc-timeout", "grpc-metadata-hasleader"]) {
      const value = request.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    if (loginRequired && !withoutLogin.has(path) && !headers.has("authorization")) return refused(401, "log in first");
    if (noPasswords !== undefined && withPassword.has(path)) return denied(noPasswords);
    let body = method === "POST" ? await request.text() : null;
    if (config.readOnly && body !== null) {
      const read = readOnlyBody(path, body);
      if (read === undefined) return denied("fetcd ui: started with --read-only");
      body = read;
    }
    const answer = await to(new Request(url, { method, headers, body, signal }));
    answer.headers.set("x-content-type-options", "nosniff");
    return answer;
  }

  return async (request) => {
    const url = new URL(request.url);
    const page = request.method === "GET" || request.method === "HEAD" ? files.get(url.pathname) : undefined;
    if (page !== undefined && names.has(url.hostname)) return fileAnswer(request, page, security);
    const why = foreign(request, url);
    if (why !== undefined) return refused(403, why);
    const given = request.headers.get(secretHeader);
    if (given === null || !timingSafeEqual(digest(given), secret)) {
      return refused(403, "the secret is missing or wrong: open the address that fetcd ui printed");
    }
    if (request.method === "GET" && url.pathname === "/ui/config") {
      return Response.json(config, { headers: { ...security, "content-type": "application/json" } });
    }
    const [, at = "0", index, rest = ""] =
      /^(?:\/at\/(\d{1,4}))?(?:\/member\/(\d{1,4}))?(\/.*)$/.exec(url.pathname) ?? [];
    const way = ways[Number(at)];
    const to = index === undefined ? way?.proxy : way?.members[Number(index)];
    url.pathname = rest;
    const known = request.method === "POST" ? /^\/v3\/[\w/-]+$/ : /^\/(?:health|version|metrics)$/;
    if (to === undefined || !known.test(url.pathname) || (request.method !== "GET" && request.method !== "POST")) {
      return refused(404, "there is nothing here");
    }
    return passOn(request, to, url, way?.noPasswords);
  };
}

function refused(status: number, why: string): Response {
  return new Response(`${why}\n`, { status, headers: { ...security, "content-type": "text/plain;charset=utf-8" } });
}

/** A refusal in the form of etcd, so that the client in the page recognizes it. */
function denied(message: string): Response {
  return Response.json({ error: message, message, code: 7 }, { status: 403, headers: security });
}

/** A hash: all have the same length, as `timingSafeEqual` requires. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
