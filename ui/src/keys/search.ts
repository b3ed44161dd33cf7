import type { Etcd } from "fetcd";
import { bytesOf, idOf, keyRef, labelOf } from "./key-id.ts";
import { pauses } from "./tree-store.ts";
import { losslessText } from "./value-form.ts";

export interface Hit {
  readonly id: string;
  /** The part of the value around the text; `undefined` if only the key contains it. */
  readonly excerpt: string | undefined;
}

export interface SearchProgress {
  readonly hits: readonly Hit[];
  readonly looked: number;
  readonly total: number;
  readonly done: boolean;
}

/** Nobody looks through more. */
export const mostHits = 1_000;
const pageSize = 200;
const around = 30;

/**
 * Searches the keys and values below a prefix for a text, page by page, all at one revision. Yields its progress after each
 * page. Ends at the last key, at the 1,000th hit, or when it is aborted.
 */
export async function* searchBelow(
  etcd: Etcd,
  prefix: string,
  text: string,
  signal: AbortSignal,
): AsyncGenerator<SearchProgress> {
  const selector = prefix === "" ? ({ all: true } as const) : { prefix: bytesOf(prefix) };
  const wanted = text.toLowerCase();
  const total = Number(await etcd.count(selector, { signal }));
  const hits: Hit[] = [];
  let looked = 0;
  const pause = pauses();
  for await (const { entries } of etcd.pages(selector, { pageSize, signal })) {
    for (const { keyBytes, value } of entries) {
      looked++;
      const excerpt = excerptOf(value, wanted);
      if (excerpt !== undefined || labelOf(keyBytes).toLowerCase().includes(wanted)) {
        hits.push({ id: keyRef(idOf(keyBytes)), excerpt });
      }
      await pause();
      if (hits.length >= mostHits) break;
    }
    const done = hits.length >= mostHits;
    yield { hits: [...hits], looked, total, done };
    if (done) return;
  }
  yield { hits, looked, total, done: true };
}

function excerptOf(value: Uint8Array, wanted: string): string | undefined {
  const text = losslessText(value);
  const at = text?.toLowerCase().indexOf(wanted) ?? -1;
  if (text === undefined || at < 0) return undefined;
  const [from, to] = [Math.max(0, at - around), at + wanted.length + around];
  return `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
}
