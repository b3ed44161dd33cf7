import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { freePort } from "./ports.ts";
import { settled } from "./settled.ts";
import { requestReader, type RawRequest } from "./request-reader.ts";

/** What happens to the connection after an answer: stay for the next request, FIN, RST, or silence. */
export type After = "keep" | "fin" | "rst" | "hang";

/** A body: all at once, or in pieces with whatever the iterator waits for in between. Each piece is its own write. */
export type Body = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

export interface HttpAnswer {
  /** Interim answers before the real one, as in `{ status: 103 }`. */
  readonly informational?: readonly { readonly status: number; readonly headers?: HeaderLines }[];
  /** 200 by default. */
  readonly status?: number;
  readonly reason?: string;
  /** Sent as given, lies included: a content-length here is not put right. */
  readonly headers?: HeaderLines;
  readonly body?: Body;
  /**
   * How the client is told where the body ends: by its length (the default for a body in one piece), chunked (the
   * default for one in pieces), chunked but without the last chunk, by the end of the connection, or not at all.
   */
  readonly framing?: "length" | "chunked" | "unterminated" | "untilClose" | "none";
  /** "keep" by default, "fin" where the framing needs it. */
  readonly after?: After;
}

/** Bytes that need not be HTTP. */
export interface RawAnswer {
  readonly raw: string | Uint8Array;
  readonly after: After;
}

export type HeaderLines = Readonly<Record<string, string | readonly string[]>>;

/** An answer, or what happens instead of one. */
export type Answer = HttpAnswer | RawAnswer | "fin" | "rst" | "hang";

export interface RecordedRequest extends RawRequest {
  /** The body as UTF-8. */
  readonly text: string;
  /** Which connection it came over: 1 is the first one of this responder. */
  readonly socket: number;
}

export interface SocketInfo {
  readonly socket: number;
  /** How many requests this connection, and the responder, have had; 1 at the first. */
  readonly onSocket: number;
  readonly total: number;
}

export interface Responder {
  readonly port: number;
  /** http, or https when it has a certificate. */
  readonly url: string;
  /** Every request whose body came in whole, in order. */
  readonly requests: readonly RecordedRequest[];
  /** Connections taken so far. */
  readonly sockets: number;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ResponderOptions {
  /** PEM; serves TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A server on 127.0.0.1 that answers each request with what `answer` says. A throw in `answer` fails the test run. */
export async function responder(
  answer: (request: RecordedRequest, info: SocketInfo) => Answer | Promise<Answer>,
  { tls }: ResponderOptions = {},
): Promise<Responder> {
  const port = await freePort();
  const requests: RecordedRequest[] = [];
  const open = new Set<Socket>();
  let sockets = 0;

  const accept = (raw: Socket): void => {
    const socket = ++sockets;
    let onSocket = 0;
    open.add(raw);
    raw.once("close", () => open.delete(raw));
    const stream = tls ? new TLSSocket(raw, { isServer: true, ...tls }) : raw;
    // A client that goes away, or refuses the certificate, does not concern the responder.
    for (const one of new Set([raw, stream])) one.on("error", () => raw.destroy());
    const reader = requestReader(() => stream.write("HTTP/1.1 100 Continue\r\n\r\n"));
    let turn = Promise.resolve();
    stream.on("data", (bytes: Buffer) => {
      for (const request of reader.push(bytes)) {
        const recorded = { ...request, text: request.body.toString(), socket };
        requests.push(recorded);
        const info = { socket, onSocket: ++onSocket, total: requests.length };
        // One answer after the other, as they were asked for.
        turn = turn.then(async () => send(stream, raw, await answer(recorded, info)));
      }
    });
  };

  const server: Server = createServer({ noDelay: true, allowHalfOpen: false }, accept);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  server.unref();
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  };
  return {
    port,
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    requests,
    get sockets() {
      return sockets;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function send(stream: Socket, raw: Socket, answer: Answer): Promise<void> {
  if (typeof answer === "string") return finish(stream, raw, answer);
  if ("raw" in answer) {
    await write(stream, answer.raw);
    if (answer.after === "rst") await settled();
    return finish(stream, raw, answer.after);
  }
  const { informational = [], status = 200, reason = "Scripted", headers = {}, body = "" } = answer;
  const whole = typeof body === "string" || body instanceof Uint8Array;
  const framing = answer.framing ?? (whole ? "length" : "chunked");
  const chunked = framing === "chunked" || framing === "unterminated";
  for (const interim of informational) await write(stream, head(interim.status, "Interim", interim.headers ?? {}));
  const given = Object.keys(headers).map((name) => name.toLowerCase());
  const own: Record<string, string> = {};
  if (framing === "length" && whole && !given.includes("content-length"))
    own["content-length"] = String(Buffer.byteLength(body));
  if (chunked && !given.includes("transfer-encoding")) own["transfer-encoding"] = "chunked";
  await write(stream, head(status, reason, { ...own, ...headers }));
  for await (const piece of whole ? [body] : body) {
    if (stream.destroyed) return;
    const bytes = Buffer.from(piece);
    if (!chunked) await write(stream, bytes);
    // An empty chunk would be the last one.
    else if (bytes.length > 0)
      await write(stream, Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, crlf]));
  }
  if (framing === "chunked") await write(stream, "0\r\n\r\n");
  const after = answer.after ?? (framing === "untilClose" || framing === "none" ? "fin" : "keep");
  if (after === "rst") await settled();
  finish(stream, raw, after);
}

const crlf = Buffer.from("\r\n");

function head(status: number, reason: string, headers: HeaderLines): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((one) => `${name}: ${one}\r\n`),
  );
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n`;
}

function write(stream: Socket, bytes: string | Uint8Array): Promise<void> {
  // Waiting for the kernel keeps the pieces apart, and a reset behind what was said before it.
  return new Promise((resolve) => (stream.destroyed ? resolve() : void stream.write(bytes, () => resolve())));
}

function finish(stream: Socket, raw: Socket, after: After): void {
  if (after === "rst") raw.resetAndDestroy();
  if (after === "fin") stream.end();
}
