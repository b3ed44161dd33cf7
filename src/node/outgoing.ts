import { Buffer } from "node:buffer";
import { has, headerLines, headerValue } from "./header-lines.ts";

/** A request as HTTP takes it. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: OutgoingBody;
  readonly redirect: "manual" | "error";
  readonly signal: AbortSignal | undefined;
}

export type OutgoingBody = string | Uint8Array | ReadableStream<Uint8Array> | null;

/** What of `init` says nothing here: there are no cookies, no cache and no page. */
const withoutEffect: ReadonlySet<string> = new Set(["credentials", "keepalive", "priority", "window", "duplex"]);
const used: ReadonlySet<string> = new Set(["method", "headers", "body", "redirect", "signal"]);
/** The only value that can be kept of these. */
const defaults: Readonly<Record<string, readonly unknown[]>> = {
  mode: ["cors"],
  cache: ["default", "no-store", "reload", "no-cache"],
  integrity: [""],
  referrer: ["about:client", "no-referrer", ""],
  referrerPolicy: ["", "no-referrer"],
};
const redirects: readonly unknown[] = ["manual", "error", "follow"];

/** What fetch would send. Throws `TypeError` for what cannot be sent, and for what would be ignored in silence. */
export async function outgoingOf(input: string | URL | Request, init: RequestInit): Promise<Outgoing> {
  checkInit(init);
  const request = typeof input === "object" && "url" in input ? input : undefined;
  const url = urlOf(request?.url ?? input);
  const method = methodOf(init.method ?? request?.method ?? "GET");
  const given = init.body === undefined ? bodyOf(request) : init.body;
  if (given !== null && (method === "GET" || method === "HEAD")) throw new TypeError(`a ${method} request has no body`);
  const encoded = typeof given === "string" || given === null ? { body: given, type: textType } : await encode(given);
  const headers = headerLines(init.headers ?? request?.headers);
  const { body } = encoded;
  if (!has(headers, "host")) headers.push("host", url.host);
  if (body !== null && encoded.type !== undefined && !has(headers, "content-type"))
    headers.push("content-type", encoded.type);
  frame(headers, method, body);
  return { url, method, headers, body, redirect: redirectOf(init, request), signal: signalOf(init, request) };
}

const textType = "text/plain;charset=UTF-8";

function checkInit(init: RequestInit): void {
  for (const [name, value] of Object.entries(init)) {
    if (value === undefined || used.has(name) || withoutEffect.has(name)) continue;
    const kept = defaults[name];
    if (kept === undefined) throw new TypeError(`the option ${name} of fetch is not supported`);
    if (!kept.includes(value)) throw new TypeError(`${name}: ${JSON.stringify(value)} is not supported`);
  }
}

function urlOf(input: string | URL | Request): URL {
  const url = parsed(typeof input === "string" ? input : "href" in input ? input.href : input.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`fetch: expected an http: or https: URL, got ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "")
    throw new TypeError(`fetch: the URL of ${url.host} has a user name or password`);
  return url;
}

function parsed(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // The error of the platform shows the URL, which may hold a password.
    throw new TypeError("fetch: not an absolute URL");
  }
}

const upperCased: ReadonlySet<string> = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);
const refused: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

function methodOf(method: string): string {
  const upper = method.toUpperCase();
  if (refused.has(upper)) throw new TypeError(`fetch: the method ${upper} is not allowed`);
  return upperCased.has(upper) ? upper : method;
}

function bodyOf(request: Request | undefined): Body | null {
  if (request === undefined || request.body === null) return null;
  if (request.bodyUsed) throw new TypeError("fetch: the body of the request is already used");
  return request.body;
}

type Body = Exclude<RequestInit["body"], null | undefined>;

interface Encoded {
  readonly body: OutgoingBody;
  readonly type?: string;
}

/** Kinds are asked for by name, since the object may be of another realm. */
async function encode(body: Body): Promise<Encoded> {
  if (ArrayBuffer.isView(body)) return { body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) };
  const kind = Object.prototype.toString.call(body).slice(8, -1);
  if (kind === "ReadableStream") return { body: body as ReadableStream<Uint8Array> };
  if (kind === "ArrayBuffer" || kind === "SharedArrayBuffer") return { body: new Uint8Array(body as ArrayBuffer) };
  if (kind === "URLSearchParams")
    return { body: (body as URLSearchParams).toString(), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  if (kind === "Blob" || kind === "File") {
    const blob = body as Blob;
    return { body: new Uint8Array(await blob.arrayBuffer()), ...(blob.type !== "" && { type: blob.type }) };
  }
  if (kind === "FormData") {
    const form = new Response(body);
    const type = form.headers.get("content-type") ?? "";
    if (type.startsWith("multipart/")) return { body: new Uint8Array(await form.arrayBuffer()), type };
  }
  throw new TypeError(`fetch: a body of type ${kind} is not supported`);
}

export function isStreamBody(body: OutgoingBody): body is ReadableStream<Uint8Array> {
  return typeof body === "object" && body !== null && "getReader" in body;
}

/** How the server is told where the body ends. A length of the caller's must be the true one. */
function frame(headers: string[], method: string, body: OutgoingBody): void {
  if (isStreamBody(body)) {
    if (has(headers, "content-length")) throw new TypeError("fetch: a content-length with a stream as body");
    headers.push("transfer-encoding", "chunked");
    return;
  }
  if (body === null && method !== "POST" && method !== "PUT" && !has(headers, "content-length")) return;
  const length = body === null ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.length;
  const given = headerValue(headers, "content-length");
  if (given === undefined) headers.push("content-length", String(length));
  else if (given !== String(length)) throw new TypeError("fetch: the content-length differs from the body");
}

/** A `Request` says "follow" unless told otherwise, so it says nothing about what the caller wants. */
function redirectOf(init: RequestInit, request: Request | undefined): "manual" | "error" {
  const redirect = init.redirect ?? (request?.redirect === "error" ? "error" : "manual");
  if (!redirects.includes(redirect)) throw new TypeError(`redirect: ${JSON.stringify(redirect)} is not supported`);
  if (redirect === "follow") throw new TypeError('redirect: "follow" is not supported');
  return redirect;
}

function signalOf(init: RequestInit, request: Request | undefined): AbortSignal | undefined {
  const signal = init.signal === undefined ? request?.signal : (init.signal ?? undefined);
  if (signal === undefined || (typeof signal === "object" && "aborted" in signal && "addEventListener" in signal)) {
    return signal;
  }
  throw new TypeError("signal: expected an AbortSignal");
}
