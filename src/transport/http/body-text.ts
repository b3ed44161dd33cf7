/** The largest whole answer read when nothing else is said. */
export const defaultMaxResponseBytes: number = 64 * 1024 * 1024;

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
 */
export async function bodyText(response: Response, maxBytes: number, onBytes?: () => void): Promise<BodyText> {
  if (onBytes === undefined && lengthOf(response) <= maxBytes) return { text: await response.text(), whole: true };
  return readBounded(response, maxBytes, onBytes);
}

/**
 * The length of the body where it is certain beforehand. A compressed one may grow a thousandfold, and a page cannot
 * see that an answer from another origin is compressed.
 */
function lengthOf({ headers, type }: Response): number {
  const announced = headers.get("content-length");
  return announced === null || headers.has("content-encoding") || type === "cors" ? Infinity : Number(announced);
}

async function readBounded(response: Response, maxBytes: number, onBytes?: () => void): Promise<BodyText> {
  if (response.body === null) return { text: "", whole: true };
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
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
  return { text: pieces.length === 1 ? (pieces[0] ?? "") : pieces.join(""), whole: true };
}
