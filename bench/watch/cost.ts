import { median } from "../measure.ts";
import { allWays, names, type Watch, type Ways } from "./ways.ts";

/** What is watched, from where on, how many events are to come of it, and what makes them come. */
export interface Work {
  readonly keys: readonly string[];
  readonly from: bigint | undefined;
  readonly events: number;
  write(): Promise<unknown>;
}

interface Cost {
  readonly eventsPerSecond: number;
  readonly cpuMicros: number;
}

const rounds = 7;

export function costTitle(what: string): string {
  const units = allWays.map(() => `${"events/s".padStart(12)}${"cpu µs/event".padStart(16)}`);
  return `\n${what.padEnd(34)}${allWays.map((way) => names[way].padStart(28)).join("")}\n${"".padEnd(34)}${units.join("")}`;
}

/** Events a second and the processor time that each takes in this process: the ways take turns, medians of the rounds. */
export async function costRow(what: string, ways: Ways, work: Work): Promise<string> {
  const costs = allWays.map((): Cost[] => []);
  for (let round = 0; round <= rounds; round++)
    for (const [i, way] of allWays.entries()) {
      const cost = await costOf(ways[way], work);
      // The first is for the compiler.
      if (round > 0) costs[i]?.push(cost);
    }
  const cells = costs.map((each) => {
    const [rate, cpu] = [median(each.map((cost) => cost.eventsPerSecond)), median(each.map((cost) => cost.cpuMicros))];
    return `${rate.toFixed(0).padStart(12)}${cpu.toFixed(1).padStart(16)}`;
  });
  return what.padEnd(34) + cells.join("");
}

async function costOf(watch: Watch, { keys, from, events, write }: Work): Promise<Cost> {
  let left = events;
  let done: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (done = resolve));
  const onEvent = (): void => {
    if (--left === 0) done();
  };
  // A past comes as soon as it is asked for: there the opening counts.
  let [cpu, start] = [process.cpuUsage(), performance.now()];
  const ends = await Promise.all(keys.map((key) => watch(key, from, onEvent)));
  if (from === undefined) [cpu, start] = [process.cpuUsage(), performance.now()];
  await write();
  await all;
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - start;
  await Promise.all(ends.map((end) => end()));
  return { eventsPerSecond: (events * 1000) / ms, cpuMicros: (user + system) / events };
}
