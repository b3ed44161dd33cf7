import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { BodyReader, OwnReader } from "../transport/http/body-reader.ts";
import { type BodySource, sourceReader, sourceStream, wholeBody } from "./body-source.ts";

/** Where the body of a response comes from: a connection, or the stream of another response. */
export interface ResponseBody {
  readonly source: BodySource;
  /** Frees the connection. */
  cancel(): Promise<void>;
}

/**
 * What Node received, as the platform's `Response`. A body that is read as a whole never becomes a web stream, which
 * would cost more than the request; headers are made when somebody looks at them. Everything that is asked for rarely
 * is done by a real `Response` around the stream.
 */
export class NodeResponse implements Response, OwnReader {
  readonly type = "basic";
  readonly redirected = false;
  readonly status: number;
  readonly statusText: string;
  readonly #url: URL;
  readonly #message: IncomingMessage;
  readonly #body: ResponseBody | null;
  #headers: Headers | undefined;
  #used = false;
  /** Has the body once it is a stream. */
  #real: Response | undefined;

  static {
    // `instanceof Response` holds; all that the platform's own getters would look for inside is overridden.
    Object.setPrototypeOf(this.prototype, Response.prototype);
  }

  constructor(url: URL, message: IncomingMessage, body: ResponseBody | null, real?: Response) {
    this.#url = url;
    this.status = message.statusCode ?? 0;
    this.statusText = message.statusMessage ?? "";
    this.#message = message;
    this.#body = body;
    this.#real = real;
  }

  get url(): string {
    return this.#url.href.split("#", 1)[0] ?? "";
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get headers(): Headers {
    this.#headers ??= headersOf(this.#message.rawHeaders);
    return this.#headers;
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#body === null ? null : this.#streamed().body;
  }

  get bodyUsed(): boolean {
    return this.#used || this.#real?.bodyUsed === true;
  }

  /** The body without a web stream, for one reader. */
  bodyReader(): BodyReader {
    const body = this.#body;
    if (this.#real?.body) return this.#real.body.getReader();
    if (this.#used) throw new TypeError("the body is used already");
    this.#used = true;
    return body === null ? noBody : sourceReader(body.source, body.cancel);
  }

  async text(): Promise<string> {
    const text = (await this.#whole()).toString();
    return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text;
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    // A copy: Node may share the memory with other answers.
    return new Uint8Array(await this.#whole());
  }

  blob(): Promise<Blob> {
    return this.#streamed().blob();
  }

  formData(): Promise<FormData> {
    return this.#streamed().formData();
  }

  clone(): NodeResponse {
    if (this.bodyUsed) throw new TypeError("a response whose body is used cannot be cloned");
    return new NodeResponse(this.#url, this.#message, this.#body, this.#streamed().clone());
  }

  #streamed(): Response {
    if (this.#real === undefined) {
      if (this.#used) throw new TypeError("the body is used already");
      const stream = this.#body && sourceStream(this.#body.source, this.#body.cancel);
      this.#real = new Response(stream, { headers: this.headers });
    }
    return this.#real;
  }

  async #whole(): Promise<Buffer> {
    if (this.#real !== undefined) return Buffer.from(await this.#real.arrayBuffer());
    if (this.#used) throw new TypeError("the body is used already");
    if (this.#body === null) return Buffer.alloc(0);
    this.#used = true;
    return wholeBody(this.#body.source);
  }
}

const noBody: BodyReader = { read: async () => ({ done: true }), cancel: async () => undefined };

const byteOrderMark = 0xfeff;

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < raw.length; i += 2) headers.append(raw[i] ?? "", raw[i + 1] ?? "");
  return headers;
}
