import { isError } from "../platform.ts";
import { shorten } from "./shorten.ts";

/** The connection was never made, so the request was never sent. */
const notSent: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_CONNECT_TIMEOUT",
  "ERR_NOT_CONNECTED",
  "ConnectionRefused",
]);

const tlsRefused = /^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA)/;

/** Connections that were never made, where the text alone tells: Deno's, and Node's that ended in the TLS handshake. */
const neverMade = /client error \(Connect\)|before secure TLS connection/;

export interface NetworkFailure {
  readonly kind: "tls" | "unsent" | "lost";
  /** What happened, in words that begin with the origin. */
  readonly text: string;
}

/**
 * What a rejected `fetch` or body read means. Engines agree on nothing but that it throws: a few tell why in the `code`
 * of the error or of a cause; Workers and browsers say the same whether the connection was refused or reset. Only
 * certain evidence makes it `unsent`.
 */
export function networkFailure(error: unknown, origin: string): NetworkFailure {
  dropBytes(error);
  const codes = codesOf(error);
  const said = textOf(error);
  const text = (what: string): string => `${origin}: ${what} (${codes.join(", ") || shorten(said, 200)})`;
  if (codes.some((code) => tlsRefused.test(code))) return { kind: "tls", text: text("the TLS handshake failed") };
  const refused = codes.length > 0 && codes.every((code) => notSent.has(code));
  if (refused || neverMade.test(said)) return { kind: "unsent", text: text("no connection") };
  return { kind: "lost", text: text("the connection failed") };
}

/** Node's parser errors carry the bytes that were not HTTP: they may be a token, or echo a password. */
function dropBytes(error: unknown, depth = 0): void {
  if (!isError(error) || depth > 8) return;
  if (error.name === "HTTPParserError") Reflect.deleteProperty(error, "data");
  dropBytes(error.cause, depth + 1);
}

/** The codes of the innermost errors: of all of them where the platform tried several addresses. */
export function codesOf(error: unknown, depth = 0): string[] {
  if (typeof error !== "object" || error === null || depth > 8) return [];
  if ("errors" in error && Array.isArray(error.errors))
    return error.errors.flatMap((each: unknown) => codesOf(each, depth + 1));
  const inner = "cause" in error ? codesOf(error.cause, depth + 1) : [];
  if (inner.length > 0) return inner;
  return "code" in error && typeof error.code === "string" ? [error.code] : [];
}

/** What an error says, with what is behind it: "fetch failed" alone says nothing. */
function textOf(error: unknown): string {
  if (!isError(error)) return String(error);
  return isError(error.cause) ? `${error.message}: ${error.cause.message}` : error.message;
}
