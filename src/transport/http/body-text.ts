import { noBytes } from "../bytes.ts";
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
  let bytes: Uint8Array = noBytes;
  let length = 0;
  while (length <= maxBytes) {
    const { done, value } = await reader.read();
    if (done || value === undefined) return { text: utf8.decode(bytes.subarray(0, length)), whole: true };
    onBytes?.();
    bytes = appended(bytes, length, value);
    length += value.length;
  }
  void reader.cancel().catch(() => undefined);
  return { text: new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true }), whole: false };
}

/** Decodes whole texts alone: engines take several times as long for one that comes piece by piece. */
const utf8 = new TextDecoder();

/** `bytes` up to `length` with `more` behind. Pieces are not kept: a hostile answer may come in single bytes. */
function appended(bytes: Uint8Array, length: number, more: Uint8Array): Uint8Array {
  if (length === 0) return more;
  const all = length + more.length > bytes.length ? new Uint8Array(2 * (length + more.length)) : bytes;
  if (all !== bytes) all.set(bytes.subarray(0, length));
  all.set(more, length);
  return all;
}
