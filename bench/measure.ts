import { cpuUsage } from "node:process";

/** What one contestant does in one case. */
export type Call = () => Promise<unknown>;

export interface Cost {
  /** Milliseconds from the call to its answer: the median. */
  readonly latencyMs: number;
  /** Milliseconds of processor time this process spent per call, on all its threads. */
  readonly cpuMs: number;
}

/** The costs of all contestants, one element per round. Those of one round were measured within the same moments. */
export type Rounds = ReadonlyMap<string, readonly Cost[]>;

/** How long one contestant's turn is to take, in milliseconds: long against a timer tick, short against a noisy neighbour. */
const turnMs = 50;
const leastRounds = 3;

/**
 * Lets the contestants take turns (A B C, B C A, C A B, …) for about `budgetMs`, with `concurrency` calls in flight
 * during a turn. All make the same number of calls per turn. The first turns are not counted.
 */
export async function measure(
  contestants: ReadonlyMap<string, Call>,
  { concurrency, budgetMs }: { readonly concurrency: number; readonly budgetMs: number },
): Promise<Rounds> {
  const names = [...contestants.keys()];
  const rounds = new Map(names.map((name): [string, Cost[]] => [name, []]));
  const start = performance.now();
  let calls = concurrency;
  // Until compiled and connected, calls cost several times as much: warm up, and see how many fit into a turn.
  for (let warm = 0; warm < 4 && performance.now() - start < budgetMs / 3; warm++) {
    let slowest = 0;
    for (const call of contestants.values()) slowest = Math.max(slowest, (await turn(call, calls, concurrency)).wallMs);
    calls = Math.max(concurrency, Math.min(3000, Math.ceil((calls * turnMs) / slowest)));
  }
  for (let round = 0; round < leastRounds || performance.now() - start < budgetMs; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length] ?? "";
      const call = contestants.get(name);
      if (call !== undefined) rounds.get(name)?.push(await turn(call, calls, concurrency));
    }
  }
  return rounds;
}

async function turn(call: Call, calls: number, concurrency: number): Promise<Cost & { readonly wallMs: number }> {
  const latencies: number[] = [];
  let left = calls;
  async function worker(): Promise<void> {
    while (left-- > 0) {
      const begin = performance.now();
      await call();
      latencies.push(performance.now() - begin);
    }
  }
  const wall = performance.now();
  const before = cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { user, system } = cpuUsage(before);
  return { latencyMs: median(latencies), cpuMs: (user + system) / 1000 / calls, wallMs: performance.now() - wall };
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** How many times the cost of `other` that of `one` is: the median of the rounds' own ratios. */
export function ratio(rounds: Rounds, one: string, other: string, of: keyof Cost): number {
  const others = rounds.get(other) ?? [];
  return median((rounds.get(one) ?? []).map((cost, i) => cost[of] / (others[i]?.[of] ?? NaN)));
}
