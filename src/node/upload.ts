import type { ClientRequest } from "node:http";
import { drained } from "./drained.ts";

/** Sends a body piece by piece, no faster than the server takes it. Rejects when the stream breaks. */
export async function upload(request: ClientRequest, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (request.destroyed) return;
    if (done) break;
    if (!ArrayBuffer.isView(value)) throw new TypeError("fetch: a stream as body must yield Uint8Arrays");
    if (!request.write(value)) await drained(request);
  }
  request.end();
}
