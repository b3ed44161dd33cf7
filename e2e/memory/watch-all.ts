import { comparable } from "./comparable-answers.ts";

export interface WatchedEvents {
  /** Every event up to the revision, as the gateway wrote it. Waits for the last one, and ends the watch. */
  until(revision: bigint): Promise<unknown[]>;
}

/** Watches all keys from now on, with what was there before. Resolves when the watch is there. */
export async function watchAll(
  url: string,
  fetch: (url: string, init: RequestInit) => Promise<Response>,
): Promise<WatchedEvents> {
  const body = JSON.stringify({ create_request: { key: "AA==", range_end: "AA==", prev_kv: true } });
  const aborter = new AbortController();
  const response = await fetch(`${url}/v3/watch`, { method: "POST", body, signal: aborter.signal });
  const lines = linesOf(response);
  await lines.next();
  const events: unknown[] = [];
  let last = 0n;
  let wake = (): void => undefined;
  const reading = (async () => {
    for await (const line of lines) {
      const { result } = JSON.parse(line) as { result: { events?: { kv: { mod_revision: string } }[] } };
      for (const event of result.events ?? []) {
        events.push(comparable(event));
        last = BigInt(event.kv.mod_revision);
        wake();
      }
    }
  })().catch(() => undefined);
  return {
    async until(revision) {
      while (last < revision) await new Promise<void>((resolve) => (wake = resolve));
      aborter.abort();
      await reading;
      return events;
    },
  };
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
