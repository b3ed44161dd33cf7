import { TrimmedList } from "./trimmed-list.ts";

const utf8 = new TextEncoder();

/** Characters that one read gets at least, if there are so many. */
const pieceLength = 32 * 1024;

/** Characters that may wait to be read before a sender that can wait does. */
const roomyLength = 1024 * 1024;

/**
 * An answer that comes in lines. As with etcd, there is not even a header before the first line: `response` resolves
 * with it. `onEnd` is called once, when the last line has been read, or nobody wants it any more.
 */
export class StreamReply {
  readonly response: Promise<Response>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #onEnd: () => void;
  #resolve: (response: Response) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Lines that nobody has read yet. */
  readonly #queue = new TrimmedList<string>();
  #queued = 0;
  /** Wakes the reader that waits for a line. */
  #wake: (() => void) | undefined;
  /** Senders that wait for the reader. */
  #waiting: (() => void)[] = [];
  /** No more lines. */
  #complete = false;
  #ended = false;

  constructor(headers: Readonly<Record<string, string>>, onEnd: () => void) {
    this.#headers = headers;
    this.#onEnd = onEnd;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Characters that nobody has read yet. */
  get queued(): number {
    return this.#queued;
  }

  /** Resolves when there is room for more, or nobody reads any more. */
  async drained(): Promise<void> {
    if (this.#queued < roomyLength || this.#ended) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  send(line: string): void {
    this.#add(line, 200);
  }

  /** Ends the answer, after one more piece perhaps; `status` counts if it is the first one. */
  end(last = "", status = 200): void {
    if (this.#complete) return;
    if (last !== "") this.#add(last, status);
    this.#complete = true;
    this.#start(status);
    this.#wake?.();
  }

  /** Breaks the connection: its readers get `reason`, and what was not read is lost. */
  abort(reason: unknown): void {
    if (this.#ended) return;
    if (this.#controller === undefined) this.#reject(reason);
    else this.#controller.error(reason);
    this.#finish();
  }

  #add(text: string, status: number): void {
    if (this.#complete) return;
    this.#queue.push(text);
    this.#queued += text.length;
    this.#start(status);
    this.#wake?.();
  }

  #start(status: number): void {
    if (this.#controller !== undefined || this.#ended) return;
    const start = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      this.#controller = controller;
    };
    const pull = (): Promise<void> => this.#pull();
    const cancel = (): void => this.#finish();
    const body = new ReadableStream<Uint8Array>({ start, pull, cancel }, { highWaterMark: 0 });
    this.#resolve(new Response(body, { status, headers: this.#headers }));
  }

  async #pull(): Promise<void> {
    if (this.#queue.length === 0 && !this.#complete) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#ended) return;
    const text = this.#nextPiece();
    if (text !== "") this.#controller?.enqueue(utf8.encode(text));
    if (!this.#complete || this.#queue.length > 0) return;
    this.#controller?.close();
    this.#finish();
  }

  /** Lines for one read: many small ones cost less together. */
  #nextPiece(): string {
    let length = 0;
    let lines = 0;
    while (lines < this.#queue.length && length < pieceLength) length += this.#queue.at(lines++)?.length ?? 0;
    this.#queued -= length;
    if (this.#queued < roomyLength) this.#resume();
    return this.#queue.trim(lines).join("");
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#complete = true;
    this.#wake?.();
    this.#resume();
    this.#onEnd();
  }

  #resume(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
