import { type Case, casesOf } from "./broken-requests.ts";
import { type Operation, runCase, type Subject } from "./run-broken-request.ts";

export interface Measured<C> {
  readonly singles: Case<C>[];
  readonly pairs: Case<C>[];
  /** Operations that do not do what their row says even where nothing breaks. */
  readonly wrong: unknown[];
}

/** Enough for any operation on a busy machine, in milliseconds. */
const limitMs = 20_000;

/** Runs each operation with nothing broken, which tells how many requests it has, and makes its cases. */
export async function measured<C>(
  operations: readonly Operation<C>[],
  subject: () => Subject<C>,
): Promise<Measured<C>> {
  const all: Measured<C> = { singles: [], pairs: [], wrong: [] };
  for (const operation of operations) {
    const { requests, fault, ended } = await runCase(subject(), operation, new Map(), limitMs);
    if (fault !== undefined || ended !== "done" || requests === 0) {
      all.wrong.push({ name: operation.name, fault, ended, requests });
    }
    const { singles, pairs } = casesOf(operation, requests);
    all.singles.push(...singles);
    all.pairs.push(...pairs);
  }
  return all;
}
