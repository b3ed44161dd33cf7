import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { allWays, names, type Ways } from "./ways.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What 1,000 watchers at rest hold, of the heap and of buffers; what the system holds for connections is not in it. */
export async function memoryTable(ways: Ways): Promise<void> {
  const watchers = 1000;
  console.log(
    `\n${"KiB per watcher, of 1,000".padEnd(34)}${"of as many keys".padStart(18)}${"of one key".padStart(18)}`,
  );
  // Those without connections of their own first: what the others leave behind is not gone at once.
  for (const way of allWays.toReversed()) {
    let row = names[way].padEnd(34);
    for (const key of [(i: number) => `memory/${i}`, () => "memory"]) {
      const open = async (count: number): Promise<() => Promise<unknown>> => {
        const ends = await Promise.all(
          Array.from({ length: count }, (_, i) => ways[way](key(i), undefined, () => undefined)),
        );
        return () => Promise.all(ends.map((end) => end()));
      };
      // What the first of them loads and compiles is not part of the others.
      const few = await open(10);
      await few();
      const before = await atRest();
      const end = await open(watchers);
      row += (((await atRest()) - before) / watchers / 1024).toFixed(2).padStart(18);
      await end();
    }
    console.log(row);
  }
}

/** What is held when streams have been put together, and when what was before is gone. */
async function atRest(): Promise<number> {
  for (let last = Infinity; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const now = held();
    if (Math.abs(last - now) < 50_000) return now;
    last = now;
  }
}

function held(): number {
  collect();
  // Buffers are freed in the background after a collection; the next one begins by waiting for that.
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
