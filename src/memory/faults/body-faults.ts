/** A body with something wrong about it, in front of the one that the server gave. */
export type BodyFault = (chunks: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>;

/** The first `bytes`, and then an end that looks as if all were there. */
export function truncated(bytes: number): BodyFault {
  return async function* (chunks) {
    let left = bytes;
    if (left <= 0) return;
    for await (const chunk of chunks) {
      yield chunk.subarray(0, left);
      left -= chunk.length;
      if (left <= 0) return;
    }
  };
}

/** Pieces of `size` bytes at most. */
export function split(size: number): BodyFault {
  return async function* (chunks) {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size);
    }
  };
}

/** The first `bytes`, and then neither more nor an end. */
export function stalled(bytes: number): BodyFault {
  return async function* (chunks) {
    yield* truncated(bytes)(chunks);
    await new Promise(() => undefined);
  };
}

/** The response with the fault. It ends with `signal` as any other does. */
export function withBody(response: Response, fault: BodyFault, signal: AbortSignal | undefined): Response {
  const { body, status, headers } = response;
  if (body === null) return response;
  const reader = body.getReader();
  const pieces = fault(chunksOf(reader));
  let stop: () => void = () => undefined;
  const faulty = new ReadableStream<Uint8Array>({
    start(controller) {
      const onAbort = (): void => {
        controller.error(signal?.reason);
        void reader.cancel().catch(() => undefined);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      stop = () => signal?.removeEventListener("abort", onAbort);
    },
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (value !== undefined) controller.enqueue(value);
      if (done !== true) return;
      stop();
      controller.close();
      void reader.cancel().catch(() => undefined);
    },
    cancel() {
      stop();
      void reader.cancel().catch(() => undefined);
    },
  });
  return new Response(faulty, { status, headers });
}

async function* chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
