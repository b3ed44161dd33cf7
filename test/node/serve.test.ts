import { expect, it, onTestFinished, vi } from "vitest";
import { createNodeFetch, type FetchHandler, serve } from "../../src/node/index.ts";

async function served(handler: FetchHandler): Promise<string> {
  const server = await serve(handler);
  onTestFinished(() => server.close());
  return server.url;
}

it.each([
  ["between two pieces", 0],
  ["while it does not read", 64 * 1024 * 1024],
])("a client that goes away %s cancels the body of the answer", async (_, size) => {
  let canceled = false;
  const url = await served(() => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(size + 1)),
      cancel: () => void (canceled = true),
    });
    return new Response(body);
  });
  const stop = new AbortController();
  const answer = await fetch(url, { signal: stop.signal });
  expect(answer.status).toBe(200);
  stop.abort();
  await vi.waitUntil(() => canceled);
});

it("options that do not exist are refused, and the nearest named", async () => {
  const handler: FetchHandler = () => new Response("");
  await expect(serve(handler, { prt: 1 } as never)).rejects.toThrow(
    'serve: unknown option "prt"; did you mean "port"?',
  );
  await expect(serve(handler, { tls: { crt: "" } } as never)).rejects.toThrow('did you mean "cert"?');
  expect(() => createNodeFetch({ servername: "a" } as never)).toThrow('did you mean "serverName"?');
});
