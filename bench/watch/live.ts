import type { Etcd } from "../../src/index.ts";
import { plainRequest } from "../../e2e/plain-request.ts";
import { costRow, costTitle } from "./cost.ts";
import { allWays, names, type Ways } from "./ways.ts";
import { startWriter } from "./writer.ts";

// What the events of a real etcd cost, and how long they take.

const value = "v".repeat(100);
const past = 20_000;

/** One watcher that reads what has been, in answers of 1,000 revisions. */
export async function pastTable(endpoint: string, etcd: Etcd, ways: Ways): Promise<void> {
  using writer = startWriter();
  const { revision } = await etcd.put("past", value);
  await writer.write({ endpoint, keys: ["past"], puts: past, value });
  const work = { keys: ["past"], from: revision + 1n, events: past, write: () => Promise.resolve() };
  console.log(costTitle("catch-up"));
  console.log(await costRow("20,000 revisions of one key", ways, work));
}

/** Watchers while another process writes. */
export async function liveTable(endpoint: string, ways: Ways): Promise<void> {
  using writer = startWriter();
  console.log(costTitle("live events"));
  for (const one of [false, true])
    for (const watchers of one ? [10, 100, 1000] : [1, 10, 100, 1000]) {
      const watched = Array.from({ length: watchers }, (_, i) => (one ? "one" : `of-many/${i}`));
      const keys = one ? ["one"] : watched;
      const puts = one ? Math.max(100, 4000 / watchers) : 4000;
      const events = (watchers * puts) / keys.length;
      const work = {
        keys: watched,
        from: undefined,
        events,
        write: () => writer.write({ endpoint, keys, puts, value }),
      };
      console.log(await costRow(`${watchers} watchers of ${one ? "one key" : "as many keys"}`, ways, work));
    }
}

/** From the sending of a put to the event of it, one at a time. The ways take turns. */
export async function latencyTable(endpoint: string, ways: Ways): Promise<void> {
  const took = new Map(allWays.map((way): [string, number[]] => [way, []]));
  const body = { key: btoa("latency"), value: btoa(value) };
  for (let round = 0; round < 21; round++)
    for (const way of allWays) {
      let heard: () => void = () => undefined;
      const end = await ways[way]("latency", undefined, () => heard());
      for (let i = 0; i < 30; i++) {
        const event = new Promise<void>((resolve) => (heard = resolve));
        const start = performance.now();
        const answered = plainRequest(`${endpoint}/v3/kv/put`, { body });
        await event;
        // The first round is for the compiler.
        if (round > 0) took.get(way)?.push(performance.now() - start);
        await answered;
      }
      await end();
    }
  console.log(`\n${"put to event, ms".padEnd(34)}${"median".padStart(10)}${"95 %".padStart(10)}${"99 %".padStart(10)}`);
  for (const way of allWays) {
    const sorted = (took.get(way) ?? []).toSorted((a, b) => a - b);
    const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? NaN).toFixed(2).padStart(10);
    console.log(`${names[way].padEnd(34)}${at(0.5)}${at(0.95)}${at(0.99)}`);
  }
}
