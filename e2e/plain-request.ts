import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

/** TLS material in PEM, and whether the server's certificate is looked at. */
export interface PlainTls {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface PlainRequest {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: PlainTls | undefined;
  /** Milliseconds until the request is given up; 10 s by default. */
  readonly timeout?: number;
}

export interface PlainAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * One HTTP request on a connection of its own: a GET, or a POST when there is a body (sent as JSON).
 * The rig's own voice; it shares nothing with the client under test, not even the pool of `fetch`.
 */
export function plainRequest(url: string, options: PlainRequest = {}): Promise<PlainAnswer> {
  const { body, headers, tls, timeout = 10_000 } = options;
  return new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? httpsRequest : httpRequest;
    const method = body === undefined ? "GET" : "POST";
    const sent = send(url, { method, headers, agent: false, timeout, ...tls }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    sent.on("timeout", () => sent.destroy(new Error(`${url} did not answer within ${timeout} ms`)));
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
