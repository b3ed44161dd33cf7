/** The longest line read when nothing else is said: etcd splits bigger watch answers when asked to. */
export const defaultMaxLineBytes: number = 32 * 1024 * 1024;

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

const lastAscii = 0x7f;

/**
 * A push parser for newline-delimited JSON, for bytes cut anywhere. Each byte is looked at once: the pieces of a line
 * are kept apart until its newline arrives, for joining at every chunk would cost the square of the line's length.
 */
export function createJsonLines(maxLineBytes: number = defaultMaxLineBytes): JsonLines {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let pieces: string[] = [];
  let length = 0;

  function take(rest: string): string {
    if (pieces.length === 0) return rest;
    pieces.push(rest);
    const line = pieces.join("");
    pieces = [];
    length = 0;
    return line;
  }

  return {
    *feed(chunk) {
      // A stream is decoded several times as slowly: only where a character may be cut.
      const cut = (chunk[chunk.length - 1] ?? Infinity) > lastAscii;
      const text = decoder.decode(chunk, { stream: cut });
      let start = 0;
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
        if (length + end - start > maxLineBytes) throw new LineTooLong(maxLineBytes);
        const line = take(text.slice(start, end));
        start = end + 1;
        if (line.trim() !== "") yield JSON.parse(line) as unknown;
      }
      if (start < text.length) {
        pieces.push(text.slice(start));
        length += text.length - start;
        if (length > maxLineBytes) throw new LineTooLong(maxLineBytes);
      }
    },
    end() {
      return take(decoder.decode());
    },
  };
}
