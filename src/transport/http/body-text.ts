import { readerOf } from "./body-reader.ts";

/**
 * The largest whole answer read when nothing else is said. The worst answer of that size takes about 100 MB of memory
 * before it is read or refused, so that a Worker, which has 128 MB, survives it.
 */
export const defaultMaxResponseBytes: number = 8 * 1024 * 1024;

/** No error of etcd is longer; of a longer page the beginning will do. */
export const maxErrorBytes: number = 64 * 1024;

export interface BodyText {
  readonly text: string;
  /** Whether it is all of the body. */
  readonly whole: boolean;
}

/**
 * The body, or its beginning where it is larger than `maxBytes`; the rest is cancelled. Rejects as the stream does.
 * `onBytes` is called whenever some have arrived.
 *
 * The bytes are counted as they arrive. `content-length` is not asked: it may lie (Deno, Bun and Chromium go by the
 * chunks of an answer that has both), and a compressed body grows a thousandfold.
 */
export async function bodyText(response: Response, maxBytes: number, onBytes?: () => void): Promise<BodyText> {
  const reader = readerOf(response);
  if (reader === undefined) return { text: "", whole: true };
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done || value === undefined) break;
    onBytes?.();
    length += value.length;
    if (length > maxBytes) {
      void reader.cancel().catch(() => undefined);
      pieces.push(decoder.decode(value.subarray(0, maxBytes - length), { stream: true }));
      return { text: pieces.join(""), whole: false };
    }
    pieces.push(decoder.decode(value, { stream: true }));
  }
  pieces.push(decoder.decode());
  return { text: pieces.join(""), whole: true };
}
