const utf8 = new TextEncoder();

/**
 * An answer that comes in lines. As with etcd, there is not even a header before the first line: `response` resolves
 * with it. Whatever ends the answer, `onEnd` is called once.
 */
export class StreamReply {
  readonly response: Promise<Response>;
  readonly #headers: Record<string, string>;
  readonly #onEnd: () => void;
  #resolve: (response: Response) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #ended = false;

  constructor(headers: Record<string, string>, onEnd: () => void) {
    this.#headers = headers;
    this.#onEnd = onEnd;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Whether the header has been sent. */
  get started(): boolean {
    return this.#controller !== undefined;
  }

  send(line: string): void {
    if (this.#ended) return;
    this.#start(200)?.enqueue(utf8.encode(line));
  }

  /** Ends the answer, after one more piece perhaps; `status` counts if it is the first one. */
  end(last = "", status = 200): void {
    if (this.#ended) return;
    const controller = this.#start(status);
    if (last !== "") controller?.enqueue(utf8.encode(last));
    controller?.close();
    this.#finish();
  }

  /** Breaks the connection: whoever waits or reads gets `reason`. */
  abort(reason: unknown): void {
    if (this.#ended) return;
    if (this.#controller === undefined) this.#reject(reason);
    else this.#controller.error(reason);
    this.#finish();
  }

  #start(status: number): ReadableStreamDefaultController<Uint8Array> | undefined {
    if (this.#controller !== undefined) return this.#controller;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#finish(),
    });
    this.#resolve(new Response(body, { status, headers: this.#headers }));
    return this.#controller;
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
  }
}
