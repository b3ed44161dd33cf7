import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { networkFailure } from "../transport/errors/network-failure.ts";
import { bodySource, type BodySource } from "./body-source.ts";
import { type Connections, NotConnected, type Scheme } from "./connections.ts";
import { decoded } from "./content-coding.ts";
import { NodeResponse, type ResponseBody } from "./node-response.ts";
import { isStreamBody, type Outgoing } from "./outgoing.ts";
import { headerValue } from "./header-lines.ts";
import { upload } from "./upload.ts";

/** Breaks a request on its way, or an answer whose body is not whole. */
export type Break = (reason: unknown) => void;

/** What a request is sent by. */
export interface Sender {
  readonly connections: Connections;
  /** The requests under way. */
  readonly inFlight: Set<Break>;
  /** Called when the connection of the request is free, or gone. */
  readonly onFree: (() => void) | undefined;
}

/**
 * Sends one request, once. Resolves with the answer when its headers are there; rejects with the reason of the signal,
 * or as fetch does with a `TypeError` that has the cause.
 */
export function sendRequest(outgoing: Outgoing, { connections, inFlight, onFree }: Sender): Promise<NodeResponse> {
  const { url, method, signal } = outgoing;
  return new Promise((resolve, reject) => {
    const { body } = outgoing;
    const reader = isStreamBody(body) ? body.getReader() : undefined;
    // The other end of the stream is told when nobody reads on.
    const stopUpload = (reason: unknown): void => void reader?.cancel(reason).catch(() => undefined);
    if (signal?.aborted) {
      stopUpload(signal.reason);
      throw signal.reason;
    }
    const scheme = url.protocol as Scheme;
    const request = (scheme === "https:" ? httpsRequest : httpRequest)({
      agent: connections.agent(scheme),
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? (scheme === "https:" ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      method,
      headers: outgoing.headers,
      // The time limit of the pool is for idle connections.
      timeout: 0,
    });
    let source: BodySource | undefined;
    const fail = (reason: unknown): void => {
      settle();
      if (source === undefined) reject(reason);
      else source.fail(reason);
      request.destroy();
      stopUpload(reason);
    };
    const broken = (cause: unknown): void => fail(new TypeError("fetch failed", { cause }));
    const abort = (): void => fail(signal?.reason);
    const settle = (): void => {
      signal?.removeEventListener("abort", abort);
      inFlight.delete(fail);
    };
    inFlight.add(fail);
    signal?.addEventListener("abort", abort);

    request.on("error", (error) => {
      fail(source === undefined ? failed(error, request, connections) : new TypeError("terminated", { cause: error }));
    });
    request.on("close", () => {
      onFree?.();
      stopUpload(undefined);
      // Without an error, after a switch of protocols that nobody asked for.
      if (source === undefined) broken(new Error("closed without an answer"));
    });
    request.on("response", (message) => {
      if (outgoing.redirect === "error" && redirectStatuses.has(message.statusCode ?? 0)) {
        message.on("error", () => undefined);
        return broken(new Error("unexpected redirect"));
      }
      const body = responseBody(message, request, method, settle);
      source = body?.source;
      resolve(new NodeResponse(url, message, body));
    });
    if (reader !== undefined) upload(request, reader).catch(broken);
    else request.end(body ?? undefined);
  });
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

function responseBody(
  message: IncomingMessage,
  request: ClientRequest,
  method: string,
  settled: () => void,
): ResponseBody | null {
  if (method === "HEAD" || withoutBody.has(message.statusCode ?? 0)) {
    message.on("error", () => undefined).on("close", settled);
    message.resume();
    return null;
  }
  // An empty body has no end of a coding, which a decoder would miss.
  const isEmpty = headerValue(message.rawHeaders, "content-length") === "0";
  const encoding = isEmpty ? undefined : headerValue(message.rawHeaders, "content-encoding");
  const plain = decoded(message, encoding) ?? message;
  const source = bodySource(plain, () => plain === message && message.complete, settled);
  return {
    source,
    async cancel() {
      // Where all of it has come, the connection is good for the next request.
      if (await source.discard()) return;
      request.destroy();
      plain.destroy();
    },
  };
}

function failed(error: Error, request: ClientRequest, connections: Connections): TypeError {
  // The bytes that were not HTTP: they may be a token, or echo a password.
  Reflect.deleteProperty(error, "rawPacket");
  const unsure = networkFailure(error, "").kind === "lost" && !connections.wasConnected(request.socket);
  const cause = unsure ? new NotConnected(`no connection was made: ${error.message}`, "ERR_NOT_CONNECTED") : error;
  return new TypeError("fetch failed", { cause });
}
