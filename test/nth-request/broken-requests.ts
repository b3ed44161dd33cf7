import { type Break, breaks, type Plan } from "./broken-fetch.ts";
import type { Operation } from "./run-broken-request.ts";

export interface Case<C> {
  readonly operation: Operation<C>;
  readonly plan: Plan;
}

export function titleOf<C>({ operation, plan }: Case<C>): string {
  return `${operation.name}: ${[...plan].map(([n, kind]) => `request ${n} ${kind}`).join(", ")}`;
}

/** Every request of an operation of so many, broken in every way; then every pair of them. */
export function casesOf<C>(operation: Operation<C>, requests: number): { singles: Case<C>[]; pairs: Case<C>[] } {
  const numbers = Array.from({ length: requests }, (_, i) => i + 1);
  const one = numbers.flatMap((n) => breaks.map((kind) => [n, kind] as const));
  const singles = one.map((each) => ({ operation, plan: new Map([each]) }));
  // The second of a pair may be the repetition of the first, where that is one.
  const last = Math.max(2, requests);
  const pairs = numbers.flatMap((first) =>
    Array.from({ length: last - first }, (_, i) => first + 1 + i).flatMap((second) =>
      breaks.flatMap((a) =>
        breaks.map((b) => ({
          operation,
          plan: new Map<number, Break>([
            [first, a],
            [second, b],
          ]),
        })),
      ),
    ),
  );
  return { singles, pairs };
}

/** So many of a list, evenly spread; `offset` from 0 to 1 moves them, so that runs differ. */
export function sampled<T>(all: readonly T[], size: number, offset: number): T[] {
  if (size >= all.length) return [...all];
  const step = all.length / size;
  return Array.from({ length: size }, (_, i) => all[Math.floor((i + offset) * step)]).flatMap((each) => each ?? []);
}

/** Runs all, so many at a time, and resolves with what is wrong. */
export async function faultsIn<C>(
  cases: readonly Case<C>[],
  atATime: number,
  run: (each: Case<C>) => Promise<string | undefined>,
): Promise<string[]> {
  const faults: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const each = cases[next++];
      if (each === undefined) return;
      const fault = await run(each).catch((error: unknown) => `the case itself failed: ${String(error)}`);
      if (fault !== undefined) faults.push(`${titleOf(each)}: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return faults.sort();
}
