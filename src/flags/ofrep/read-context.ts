import type { FlagContext } from "../flag-format.ts";
import { isRecord } from "../../transport/platform.ts";

/** The most bytes that a request may have. */
const maxBytes = 256 * 1024;

/** The context that a request asks for, or what is wrong with it. */
export type GivenContext =
  | { readonly context: FlagContext; readonly fault?: undefined }
  | { readonly fault: string; readonly status: 400 | 413 };

/** Reads a body of JSON, no further than it may go, and takes the context out of it. An empty body has an empty one. */
export async function readContext(request: Request): Promise<GivenContext> {
  const text = await textWithin(request, maxBytes);
  if (text === undefined) return { status: 413, fault: `the request is larger than ${maxBytes} bytes` };
  if (text.trim() === "") return { context: {} };
  const body = parsed(text);
  if (!isRecord(body)) return { status: 400, fault: 'expected a JSON object, { "context": { … } }' };
  const context = body["context"] ?? {};
  return isRecord(context) ? { context } : { status: 400, fault: "context: expected an object" };
}

/** `undefined`: it has more. Bytes are counted as they come: a header may lie. */
async function textWithin({ body }: Request, most: number): Promise<string | undefined> {
  if (body === null) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return text + decoder.decode();
      bytes += value.length;
      if (bytes > most) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
