import { retryAfterMs } from "./retry-after.ts";
import type { Address } from "./address.ts";
import { type BodyText, bodyText, maxErrorBytes } from "./body-text.ts";
import { knowsCacheMode } from "./cache-mode.ts";
import { isControlFlow } from "./control-flow.ts";
import { EtcdError, describe, malformedResponse, notApplied, tooLarge, withOutcome } from "../errors/etcd-error.ts";
import type { Fetch } from "./fetch.ts";
import { httpError } from "../errors/gateway-error.ts";
import { networkError } from "../errors/network-error.ts";

export type { Fetch } from "./fetch.ts";

/** One HTTP request to an endpoint. */
export interface HttpRequest {
  /** What sends it. */
  readonly fetch: Fetch;
  /** Where it goes. */
  readonly endpoint: Address;
  /** The path below the endpoint. */
  readonly path: string;
  /** The HTTP method. */
  readonly method: "GET" | "POST";
  /** Its headers. */
  readonly headers: Record<string, string> | undefined;
  /** Its body, if it has one. */
  readonly body: string | undefined;
  /** Aborting it ends the request. */
  readonly signal: AbortSignal | undefined;
  /** Whether a browser sends cookies along. */
  readonly credentials?: "omit" | "include";
  /** Statuses beyond 2xx that are answers all the same. */
  readonly statuses?: readonly number[] | undefined;
  /** Called when the head of the answer has arrived, and with each piece of its body. */
  readonly onProgress?: (() => void) | undefined;
}

/**
 * One attempt against one endpoint. Resolves with an answer whose body is still to be read, if its status is 2xx or one
 * of those asked for; everything else is an `EtcdError`, or the signal's own reason. The body of an error is read or
 * cancelled, for an open one would hold a connection. (`redirect` is manual since a followed 307 would send the body, a
 * password perhaps, to another host.)
 */
export async function send(request: HttpRequest): Promise<Response> {
  const { fetch, endpoint, path, signal } = request;
  if (signal?.aborted) throw withOutcome(signal.reason, "not-applied");
  if (globalThis.navigator?.onLine === false && !endpoint.loopback)
    throw notApplied(`${endpoint.origin}: this device is offline`, "Unreachable");
  let response: Response;
  try {
    response = await fetch(endpoint.url + path, initOf(request));
  } catch (error) {
    throw failure(error, request);
  }
  checkResponse(response, request);
  request.onProgress?.();
  const answers = response.ok || request.statuses?.includes(response.status) === true;
  return answers ? response : refused(response, request);
}

function initOf({ method, headers, body, signal, credentials = "omit" }: HttpRequest): RequestInit {
  const init: RequestInit = { method, redirect: "manual", credentials };
  if (knowsCacheMode()) init.cache = "no-store";
  if (headers !== undefined) init.headers = headers;
  if (body !== undefined) init.body = body;
  if (signal !== undefined) init.signal = signal;
  return init;
}

/** Throws where a `fetch` gave no response, or one too late. */
function checkResponse(response: Response, { endpoint, signal }: HttpRequest): void {
  if (typeof response !== "object" || response === null || typeof response.status !== "number") {
    throw malformedResponse(`${endpoint.origin}: expected a Response from fetch, got ${describe(response)}`);
  }
  if (signal?.aborted) {
    // Too late, from a fetch that takes no notice of signals.
    void response.body?.cancel().catch(() => undefined);
    throw signal.reason;
  }
}

/** Rejects with the error that a response says. */
async function refused(response: Response, request: HttpRequest): Promise<never> {
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
    throw redirectRefused(request, response);
  }
  const { text } = await read(response, request, maxErrorBytes);
  const pauseMs = retryAfterMs(response.headers.get("retry-after"));
  throw httpError({ status: response.status, body: text, path: request.path, retryAfterMs: pauseMs });
}

/** Engines differ in the error that an abort gives: only our own signal tells. */
function failure(error: unknown, { signal, endpoint }: HttpRequest): unknown {
  if (signal?.aborted) return signal.reason;
  return EtcdError.is(error) || isControlFlow(error) ? error : networkError(error, endpoint.origin);
}

function redirectRefused({ endpoint, path }: HttpRequest, response: Response): EtcdError {
  void response.body?.cancel().catch(() => undefined);
  const location = response.headers.get("location");
  const target =
    location !== null && URL.canParse(location, endpoint.url) ? new URL(location, endpoint.url).origin : "";
  return notApplied(
    `${endpoint.origin}${path} answered with a redirect${target === "" ? "" : ` to ${target}`}, which the client does not follow`,
    "RedirectRefused",
  );
}

/** The whole body as text. Rejects with `ResponseTooLarge` when it outgrows `maxBytes`, and frees the connection. */
export function readText(response: Response, request: HttpRequest, maxBytes: number): Promise<string> {
  return read(response, request, maxBytes).then(({ text, whole }) => {
    if (whole) return text;
    throw tooLarge(`the answer is larger than ${maxBytes} bytes`);
  });
}

function read(response: Response, request: HttpRequest, maxBytes: number): Promise<BodyText> {
  return bodyText(response, maxBytes, request.onProgress).catch((error: unknown) => {
    throw failure(error, request);
  });
}
