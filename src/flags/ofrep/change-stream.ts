import type { Flags } from "../flags.ts";

/** A comment as often keeps proxies from taking the stream for dead, in milliseconds. */
const heartbeatMs = 25_000;

/**
 * Server-sent events that ask clients to evaluate again, each time flags are stored anew. They say no more than that, so
 * that readers of the stream learn nothing about flags.
 */
export function changeStream(flags: Flags<object>, request: Request, onEnd: () => void): Response {
  const end = new AbortController();
  const utf8 = new TextEncoder();
  let timer: ReturnType<typeof setInterval> | undefined;
  let over = false;

  function stop(): void {
    if (over) return;
    over = true;
    clearInterval(timer);
    request.signal.removeEventListener("abort", stop);
    end.abort();
    onEnd();
  }

  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string): void => {
        // A client that does not read is not written to for ever: it asks again when it comes back.
        if (!over && (controller.desiredSize ?? 0) > -16) controller.enqueue(utf8.encode(text));
      };
      request.signal.addEventListener("abort", stop);
      timer = setInterval(() => send(":\n\n"), heartbeatMs);
      send("retry: 2000\n\n");
      tell(send).then(
        () => finish(controller),
        () => finish(controller),
      );
    },
    cancel: stop,
  });

  async function tell(send: (text: string) => void): Promise<void> {
    for await (const digest of flags.follow({ signal: end.signal })) {
      const data = JSON.stringify({ type: "refetchEvaluation", etag: digest });
      send(`id: ${digest}\nevent: message\ndata: ${data}\n\n`);
    }
  }

  function finish(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (!over) controller.close();
    stop();
  }

  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" },
  });
}
