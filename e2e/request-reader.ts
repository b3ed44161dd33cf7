/** A request as it came in. */
export interface RawRequest {
  readonly method: string;
  /** The request target as sent, with its query. */
  readonly path: string;
  /** Names in lower case; a repeated header is joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface RequestReader {
  /** Takes bytes and returns the requests that are now complete. Throws on what is not HTTP/1.1. */
  push(bytes: Buffer): RawRequest[];
}

interface Head {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
}

/** Reads HTTP/1.1 requests, with and without chunked bodies, from the bytes of one connection. */
export function requestReader(onContinue: () => void): RequestReader {
  let pending = Buffer.alloc(0);
  let head: Head | undefined;

  const next = (): RawRequest | undefined => {
    if (!head) {
      const end = pending.indexOf("\r\n\r\n");
      if (end < 0) return undefined;
      head = parseHead(pending.subarray(0, end).toString("latin1"));
      pending = pending.subarray(end + 4);
      if (head.headers["expect"]?.toLowerCase() === "100-continue") onContinue();
    }
    const chunked = /chunked/i.test(head.headers["transfer-encoding"] ?? "");
    const complete = chunked ? readChunked(pending) : readSized(pending, Number(head.headers["content-length"] ?? 0));
    if (!complete) return undefined;
    const request = { ...head, body: complete.body };
    pending = pending.subarray(complete.length);
    head = undefined;
    return request;
  };
  return {
    push(bytes) {
      pending = Buffer.concat([pending, bytes]);
      const requests: RawRequest[] = [];
      for (let request = next(); request; request = next()) requests.push(request);
      return requests;
    },
  };
}

function parseHead(text: string): Head {
  const [requestLine = "", ...lines] = text.split("\r\n");
  const [, method, path] = /^([A-Z]+) (\S+) HTTP\/1\.1$/.exec(requestLine) ?? [];
  if (method === undefined || path === undefined) throw new Error(`not a request line: ${requestLine}`);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { method, path, headers };
}

interface Complete {
  readonly body: Buffer;
  /** How many bytes it took up. */
  readonly length: number;
}

function readSized(bytes: Buffer, length: number): Complete | undefined {
  return bytes.length < length ? undefined : { body: Buffer.from(bytes.subarray(0, length)), length };
}

function readChunked(bytes: Buffer): Complete | undefined {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString("latin1"), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return undefined;
    // Trailers are not expected from fetch: the last chunk ends with the empty line.
    if (size === 0) return { body: Buffer.concat(chunks), length: start + 2 };
    chunks.push(Buffer.from(bytes.subarray(start, start + size)));
    at = start + size + 2;
  }
}
