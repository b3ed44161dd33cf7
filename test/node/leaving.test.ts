import { expect, it, onTestFinished } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { createNodeFetch, serve } from "../../src/node/index.ts";

/** Numbers from 0 to 1 that are the same in each run. */
function randomly(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
}

/** What no promise carries to anybody, from now to the end of the test. */
function uncaught(): readonly unknown[] {
  const errors: unknown[] = [];
  const note = (error: unknown): void => void errors.push(error);
  process.on("uncaughtExceptionMonitor", note).on("unhandledRejection", note);
  onTestFinished(() => void process.off("uncaughtExceptionMonitor", note).off("unhandledRejection", note));
  return errors;
}

// It is a matter of moments: a run tries hundreds of them, the long form thousands.
const times = process.env["FETCD_LEAVING"] === "long" ? 4 : 1;

it.each([
  [
    "createNodeFetch",
    25,
    () => {
      const fetch = createNodeFetch();
      onTestFinished(() => fetch.close());
      return fetch;
    },
  ],
  ["the global fetch", 13, () => undefined],
  ["a memory server's own fetch", 25, (memory: MemoryEtcd) => memory.fetch],
] as const)(
  "leaving hundreds of watches over %s, while events arrive, throws nothing uncaught",
  async (_, rounds, fetchOf) => {
    const errors = uncaught();
    const random = randomly(7);
    const memory = createMemoryEtcd();
    await using server = await serve(memory);
    const fetch = fetchOf(memory);
    const connect = (): Etcd => {
      const etcd = createEtcd({ endpoints: server.url, fetch });
      onTestFinished(() => etcd.close());
      return etcd;
    };
    const writer = connect();
    let on = true;
    const writing = (async () => {
      while (on) await writer.put("k/a", "v".repeat(Math.floor(random() * 500)));
    })();
    // Each with a client of its own: two of the same client would share a request, which stays.
    const watchers = Array.from({ length: 20 }, async () => {
      const etcd = connect();
      for (let round = 0; round < rounds * times; round++) {
        if (random() < 0.2) {
          await etcd.watchOnce({ prefix: "k/" });
          continue;
        }
        const stop = new AbortController();
        const watch = etcd.watch({ prefix: "k/" }, { signal: stop.signal });
        const least = Math.floor(random() * 4);
        const way = random();
        let events = 0;
        try {
          for await (const _ of watch) {
            if (++events < least) continue;
            if (way < 0.4) break;
            if (way < 0.7) stop.abort();
            else setImmediate(() => stop.abort());
          }
        } catch (error) {
          expect(error).toBe(stop.signal.reason);
        }
      }
    });
    await Promise.all(watchers);
    on = false;
    await writing;
    expect(errors).toEqual([]);
  },
  300_000,
);

it("leaving a stream at random moments throws nothing, and frees its connection", async () => {
  const errors = uncaught();
  const random = randomly(3);
  let streams = 0;
  await using server = await serve(() => {
    streams++;
    let running = true;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setImmediate(resolve));
        if (running) controller.enqueue(new Uint8Array(1 + Math.floor(random() * 20_000)));
      },
      cancel() {
        running = false;
        streams--;
      },
    });
    return new Response(body);
  });
  await using fetch = createNodeFetch();
  const leave = async (): Promise<void> => {
    const stop = new AbortController();
    const answer = await fetch(server.url, { signal: stop.signal });
    const reader = answer.body?.getReader();
    const pieces = Math.floor(random() * 5);
    for (let i = 0; i < pieces; i++) await reader?.read();
    const reading = reader?.read();
    const way = random();
    if (way < 0.3) await reader?.cancel();
    else if (way < 0.6) stop.abort();
    else setImmediate(() => stop.abort());
    await reading?.catch((error: unknown) => expect(error).toBe(stop.signal.reason));
    if (!stop.signal.aborted) stop.abort();
  };
  for (let round = 0; round < 50; round++) await Promise.all(Array.from({ length: 20 }, leave));
  await expect.poll(() => streams, { timeout: 10_000 }).toBe(0);
  expect(errors).toEqual([]);
}, 120_000);
