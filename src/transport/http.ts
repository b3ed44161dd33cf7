import type { Address } from "./address.ts";
import { amend, EtcdError } from "./errors.ts";
import { httpError } from "./gateway-error.ts";
import { networkError } from "./network-error.ts";

/** The largest whole answer read when nothing else is said. */
export const defaultMaxResponseBytes: number = 64 * 1024 * 1024;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpRequest {
  readonly fetch: Fetch;
  readonly endpoint: Address;
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly headers: Record<string, string> | undefined;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Statuses beyond 2xx that are answers all the same. */
  readonly statuses?: readonly number[] | undefined;
}

/**
 * One attempt against one endpoint. Resolves with an answer whose body is still to be read, if its status is 2xx or one
 * of those asked for; everything else is an `EtcdError`, or the signal's own reason. The body of an error is read or
 * cancelled, for an open one would hold a connection. (`redirect` is manual since a followed 307 would send the body, a
 * password perhaps, to another host.)
 */
export async function send(request: HttpRequest): Promise<Response> {
  const { fetch, endpoint, path, signal } = request;
  if (signal?.aborted) throw unsent(signal.reason);
  if (globalThis.navigator?.onLine === false && !endpoint.loopback) {
    throw new EtcdError(`${endpoint.origin}: this device is offline`, "Unreachable", { outcome: "not-applied" });
  }
  const { method, headers, body } = request;
  const init: RequestInit = { method, redirect: "manual", credentials: "omit" };
  if (headers !== undefined) init.headers = headers;
  if (body !== undefined) init.body = body;
  if (signal !== undefined) init.signal = signal;
  let response: Response;
  try {
    response = await fetch(endpoint.url + path, init);
  } catch (error) {
    throw failure(error, request);
  }
  if (response.ok || request.statuses?.includes(response.status) === true) return response;
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
    throw redirectRefused(request, response);
  }
  const { text } = await read(response, request, maxErrorBytes);
  const retryAfter = response.headers.get("retry-after");
  throw httpError({ status: response.status, body: text, path, retryAfter, token: headers?.["authorization"] });
}

/** No error of etcd is longer; of a longer page the beginning will do. */
const maxErrorBytes = 64 * 1024;

/** What a caller whose signal aborted gets to see: its own reason, or a time-out that says nothing was sent. */
function unsent(reason: unknown): unknown {
  return EtcdError.is(reason) ? amend(reason, { outcome: "not-applied" }) : reason;
}

/** Engines differ in the error that an abort gives: only our own signal tells. */
function failure(error: unknown, { signal, endpoint }: HttpRequest): unknown {
  if (signal?.aborted) return signal.reason;
  return EtcdError.is(error) ? error : networkError(error, endpoint.origin);
}

function redirectRefused({ endpoint, path }: HttpRequest, response: Response): EtcdError {
  void response.body?.cancel().catch(() => undefined);
  const location = response.headers.get("location");
  const target =
    location !== null && URL.canParse(location, endpoint.url) ? new URL(location, endpoint.url).origin : "";
  return new EtcdError(
    `${endpoint.origin}${path} answered with a redirect${target === "" ? "" : ` to ${target}`}, which is not followed`,
    "RedirectRefused",
    { outcome: "not-applied" },
  );
}

/** The whole body as text. Rejects with `ResponseTooLarge` when it outgrows `maxBytes`, and frees the connection. */
export async function readText(response: Response, request: HttpRequest, maxBytes: number): Promise<string> {
  const { text, whole } = await read(response, request, maxBytes);
  if (whole) return text;
  throw new EtcdError(`the answer is larger than ${maxBytes} bytes`, "ResponseTooLarge", { outcome: "unknown" });
}

interface BodyText {
  readonly text: string;
  readonly whole: boolean;
}

/** The body, or its beginning where it is larger than `maxBytes`; the rest is cancelled. */
async function read(response: Response, request: HttpRequest, maxBytes: number): Promise<BodyText> {
  try {
    if (lengthOf(response) <= maxBytes) return { text: await response.text(), whole: true };
    return await readBounded(response, maxBytes);
  } catch (error) {
    throw failure(error, request);
  }
}

/**
 * The length of the body where it is certain beforehand. A compressed one may grow a thousandfold, and a page cannot
 * see that an answer from another origin is compressed.
 */
function lengthOf({ headers, type }: Response): number {
  const announced = headers.get("content-length");
  return announced === null || headers.has("content-encoding") || type === "cors" ? Infinity : Number(announced);
}

async function readBounded(response: Response, maxBytes: number): Promise<BodyText> {
  if (response.body === null) return { text: "", whole: true };
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      void reader.cancel().catch(() => undefined);
      pieces.push(decoder.decode(value.subarray(0, maxBytes - length), { stream: true }));
      return { text: pieces.join(""), whole: false };
    }
    pieces.push(decoder.decode(value, { stream: true }));
  }
  pieces.push(decoder.decode());
  return { text: pieces.length === 1 ? (pieces[0] ?? "") : pieces.join(""), whole: true };
}
