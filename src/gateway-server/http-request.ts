import { isRequest } from "../transport/platform.ts";
/** A request as the server sees it, from whatever `fetch` was called with. */
export interface ServedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** What it was read from. */
  readonly source?: Request;
  readonly body: string;
  readonly signal: AbortSignal | undefined;
}

/** Reads the whole body, as servers do over HTTP/1.1 before they answer. Rejects as `fetch` does. */
export async function readRequest(input: string | URL | Request, init: RequestInit = {}): Promise<ServedRequest> {
  // Most requests are made of texts, and a Request costs more than all that the server does with a get.
  if (!isRequest(input) && (init.body === undefined || init.body === null || typeof init.body === "string")) {
    const method = (init.method ?? "GET").toUpperCase();
    const { body, signal } = init;
    return {
      method,
      url: new URL(input),
      headers: new Headers(init.headers),
      body: body ?? "",
      signal: signal ?? undefined,
    };
  }
  const request = new Request(input, init);
  const { method, url, headers, signal } = request;
  return { method, url: new URL(url), headers, body: await request.text(), signal, source: request };
}
