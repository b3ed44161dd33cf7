import { Buffer } from "node:buffer";
import { nextTick } from "node:process";
import type { Readable } from "node:stream";
import type { BodyReader } from "../transport/http/body-reader.ts";

/**
 * The bytes of an answer, taken from a stream of Node by hand: its own conversion to a web stream throws where nobody
 * can catch it when a reader leaves while bytes arrive. What goes wrong is kept until somebody takes the next bytes.
 */
export interface BodySource {
  /** What has arrived; `null` at the end, `undefined` before more arrives. Throws why it broke. */
  take(): Buffer | null | undefined;
  /** Resolves when `take` has something else to say. */
  changed(): Promise<void>;
  /** Calls `listener` when it breaks, at once if it has. */
  onFailure(listener: (reason: unknown) => void): void;
  /** Breaks it. Nothing happens when it has ended. */
  fail(reason: unknown): void;
  /** Where all has arrived, drops it and resolves with true when the connection is free again; false otherwise. */
  discard(): Promise<boolean>;
}

/**
 * `isWhole` tells that all has arrived, though perhaps not been taken; `settled` is called once, at the end. The end is
 * told only when the connection is back in its pool: a caller who goes on at once finds it there.
 */
export function bodySource(stream: Readable, isWhole: () => boolean, settled: () => void): BodySource {
  let ended = false;
  let failure: { readonly reason: unknown } | undefined;
  let failed: ((reason: unknown) => void) | undefined;
  let waiting: (() => void)[] = [];
  let listening = false;

  function changed(): Promise<void> {
    // Of a whole body, only the end is still to come.
    if (!listening && !isWhole()) {
      stream.on("readable", notify);
      listening = true;
    }
    return new Promise((resolve) => waiting.push(resolve));
  }
  function notify(): void {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  }
  function end(): void {
    if (ended || failure !== undefined) return;
    ended = true;
    settled();
    notify();
  }
  function fail(reason: unknown): void {
    if (ended || failure !== undefined) return;
    failure = { reason };
    settled();
    notify();
    failed?.(reason);
  }
  stream.on("end", () => nextTick(end));
  stream.on("error", (error) => fail(new TypeError("terminated", { cause: error })));
  stream.on("close", () => {
    // Each body closes: the error, whose stack costs as much as reading a small one, is made where it is needed.
    if (!ended) fail(new TypeError("terminated", { cause: new Error("closed before the body ended") }));
  });

  return {
    take() {
      if (failure !== undefined) throw failure.reason;
      if (ended) return null;
      return (stream.read() as Buffer | null) ?? undefined;
    },
    changed,
    onFailure(listener) {
      if (failure !== undefined) listener(failure.reason);
      else failed = listener;
    },
    fail,
    async discard() {
      if (!isWhole()) return false;
      stream.read();
      if (!ended && failure === undefined) await changed();
      return true;
    },
  };
}

/** All of it. Rejects when it breaks. */
export async function wholeBody(source: BodySource): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (;;) {
    const bytes = source.take();
    if (bytes === null) break;
    if (bytes === undefined) await source.changed();
    else pieces.push(bytes);
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}

/** Piece by piece. `cancel` is called when the reader cancels. */
export function sourceReader(source: BodySource, cancel: () => Promise<void>): BodyReader {
  return {
    async read() {
      for (;;) {
        const value = source.take();
        if (value === null) return { done: true };
        if (value !== undefined) return { done: false, value };
        await source.changed();
      }
    },
    cancel,
  };
}

/** As a byte stream, which asks for more only when its reader does. `cancel` is called when the reader cancels. */
export function sourceStream(source: BodySource, cancel: () => Promise<void>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = false;
  return new ReadableStream({
    type: "bytes",
    start: (controller) => source.onFailure((reason) => controller.error(reason)),
    async pull(controller) {
      for (;;) {
        if (left) return;
        const bytes = source.take();
        if (bytes === undefined) {
          await source.changed();
        } else if (bytes === null) {
          controller.close();
          // A reader that brought a buffer of its own gets it back.
          controller.byobRequest?.respond(0);
          return;
        } else {
          // The stream takes the memory away, which Node may share between pieces.
          controller.enqueue(new Uint8Array(bytes));
          return;
        }
      }
    },
    cancel() {
      left = true;
      return cancel();
    },
  });
}
