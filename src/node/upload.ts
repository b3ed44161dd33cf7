import type { ClientRequest } from "node:http";

/** Sends a body piece by piece, no faster than the server takes it. Rejects when the stream breaks. */
export async function upload(request: ClientRequest, body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  // The other end of the stream is told when nobody reads on.
  request.once("close", () => void reader.cancel().catch(() => undefined));
  for (;;) {
    const { done, value } = await reader.read();
    if (request.destroyed) return;
    if (done) break;
    if (!ArrayBuffer.isView(value)) throw new TypeError("fetch: a stream as a body has to give Uint8Arrays");
    if (!request.write(value)) await drained(request);
  }
  request.end();
}

function drained(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    if (request.destroyed) return resolve();
    const done = (): void => {
      request.off("drain", done).off("close", done);
      resolve();
    };
    request.on("drain", done).on("close", done);
  });
}
