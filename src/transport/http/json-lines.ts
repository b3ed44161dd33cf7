import { parseJson } from "../codec/parse-json.ts";

/** The longest line read when nothing else is said: etcd splits watch answers at 2 MB of events, save a larger one alone. */
export const defaultMaxLineBytes: number = 8 * 1024 * 1024;

/** Thrown by `feed` when a line outgrows the limit. The parser is of no use afterwards. */
export class LineTooLong extends Error {
  constructor(limit: number) {
    super(`a line of the answer is longer than ${limit} bytes`);
  }
}

export interface JsonLines {
  /**
   * The complete values that end in `chunk`, one by one. Throws `SyntaxError` at a line that is not JSON, and
   * `LineTooLong`: after the values before it, wherever the chunks are cut.
   */
  feed(chunk: Uint8Array): Iterable<unknown>;
  /** What stood after the last newline, whole or not. */
  end(): string;
}

const newline = 0x0a;
const lastAscii = 0x7f;

/**
 * A push parser for newline-delimited JSON, for bytes cut anywhere. Each byte is looked at once: the pieces of a line
 * are kept apart until its newline arrives, because joining at every chunk would cost the square of the line's length.
 */
export function createJsonLines(maxLineBytes: number = defaultMaxLineBytes): JsonLines {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let pieces: string[] = [];
  /** The bytes of the line so far. Its text may be shorter, or lack a character that is cut. */
  let bytes = 0;

  function grow(by: number): void {
    bytes += by;
    if (bytes > maxLineBytes) throw new LineTooLong(maxLineBytes);
  }

  function take(rest: string): string {
    bytes = 0;
    if (pieces.length === 0) return rest;
    pieces.push(rest);
    const line = pieces.join("");
    pieces = [];
    return line;
  }

  return {
    *feed(chunk) {
      // Decoding as a stream is several times as slow: only where a character may be cut.
      const cut = (chunk[chunk.length - 1] ?? Infinity) > lastAscii;
      const text = decoder.decode(chunk, { stream: cut });
      let start = 0;
      // Where the line begins in the chunk. No other character of UTF-8 holds the byte of a newline.
      let startByte = 0;
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
        const endByte = chunk.indexOf(newline, startByte);
        grow(endByte - startByte);
        const line = take(text.slice(start, end));
        start = end + 1;
        startByte = endByte + 1;
        if (line.trim() !== "") yield parseJson(line, maxLineBytes);
      }
      grow(chunk.length - startByte);
      if (start < text.length) pieces.push(text.slice(start));
    },
    end() {
      return take(decoder.decode());
    },
  };
}
