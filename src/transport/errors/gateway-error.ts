import { shorten } from "./shorten.ts";
import { Code, isCode } from "./code.ts";
import { amend, EtcdError, notApplied, type Outcome } from "./etcd-error.ts";
import { type ServerError, classify, type Retryability } from "./server-errors.ts";
import type { Reason } from "./reasons.ts";
import { parseJson } from "../codec/parse-json.ts";
import { isObject, isRecord } from "../platform.ts";

/** The longest piece of a server's or proxy's text that goes into an error. */
const maxTextLength = 1024;
/** A page of HTML says little, and may echo what was sent. */
const maxForeignLength = 200;

/** What etcd does not know, or cannot vouch for. */
const undecided: ReadonlySet<Retryability> = new Set<Retryability>(["unknown", "fatal"]);

/** An error that etcd stated, by its message and gRPC code. */
export function statedError(message: string, code: Code, cause?: unknown): EtcdError {
  const known: ServerError = classify(message, code);
  return new EtcdError(shorten(message, maxTextLength), known.reason, {
    code: known.code,
    outcome: undecided.has(known.retryability) ? "unknown" : "not-applied",
    cause,
  });
}

/**
 * The error in a JSON value of the gateway, whichever dialect: `{error: "m", code}` and `{code, message}` as a whole
 * answer, `{error: {grpc_code, message}}` and `{error: {code, message}}` in a stream. `undefined`: it is not an error.
 */
export function errorIn(json: unknown, path = "this path", status = 200): EtcdError | undefined {
  if (!isRecord(json)) return undefined;
  const { error } = json;
  const body = isObject(error) ? error : json;
  const code = body["grpc_code"] ?? body["code"];
  const message = body["message"] ?? body["error"];
  if (!isCode(code) || (status >= 500 && status !== 501 && refusals.test(`${code}`))) return undefined;
  if (code === Code.NotFound && message === gatewayNotFound) return notServed(path);
  return statedError(typeof message === "string" ? message : "", code);
}

/** Codes of refusals, which gateways answer with statuses below 500, and with 501. */
const refusals = /^(?:[35-9]|1[0126])$/;

/** An HTTP answer with a status other than 2xx. */
export interface RefusedAnswer {
  readonly status: number;
  readonly body: string;
  readonly path: string;
  readonly retryAfterMs: number | undefined;
}

/** The error that such an answer stands for, of etcd itself or of a proxy in between. */
export function httpError({ status, body, path, retryAfterMs }: RefusedAnswer): EtcdError {
  const stated = errorIn(parsed(body), path, status);
  if (stated !== undefined) return amend(stated, { retryAfterMs });
  const text = quotable(body.trim(), path);
  if (status === 404 && text === gatewayNotFound) return notServed(path);
  const said = `HTTP ${status} on ${path}${text === "" ? "" : `: ${text}`}`;
  if (status === 404 || status === 405 || status === 501) return notEtcd(said);
  const [reason, outcome] = foreignStatus(status);
  return new EtcdError(said, reason, { outcome, retryAfterMs });
}

function parsed(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

/** What may be shown of a foreign text. It may echo the request: nothing at all where that held a password. */
function quotable(text: string, path: string): string {
  if (path.startsWith("/v3/auth/") && text !== gatewayNotFound) return "";
  return shorten(text, maxForeignLength);
}

/** What either gateway says itself of a path it does not know, as plain text or in JSON. */
const gatewayNotFound = "Not Found";

function notServed(path: string): EtcdError {
  const said = `${path} is not served: etcd is too old, or this is not its JSON gateway`;
  return notApplied(said, "Unsupported");
}

function notEtcd(said: string): EtcdError {
  const hint = "not an etcd JSON gateway? (before 3.4, --enable-grpc-gateway=false, or another server)";
  return notApplied(`${said} - ${hint}`, "NotEtcd");
}

/**
 * What a status means that nobody explained in etcd's words. Plain-text refusals come before any handler ran, and so do
 * those of a proxy; a 5xx of one may hide an answer that etcd gave.
 */
function foreignStatus(status: number): [Reason, Outcome] {
  switch (status) {
    case 401:
    case 403:
    case 407:
    case 451:
      return ["PermissionDenied", "not-applied"];
    case 413:
    case 414:
    case 431:
      return ["RequestTooLarge", "not-applied"];
    case 425:
    case 429:
      return ["TooManyRequests", "not-applied"];
    // A proxy timed out; it does not tell whether it waited for the request or for the server behind it.
    case 408:
    case 460:
    case 499:
      return ["Timeout", "unknown"];
    default:
      if (status >= 400 && status < 500) return ["InvalidArgument", "not-applied"];
      return status < 400 ? ["MalformedResponse", "unknown"] : ["Unreachable", "unknown"];
  }
}
