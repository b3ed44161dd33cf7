import { checkLinearizable } from "./check-linearizable.ts";
import { checkRevisions } from "./check-revisions.ts";
import { checkWatch } from "./check-watch.ts";
import type { Change, Operation, Violation, Watched } from "./history.ts";

/** What all checkers say of a run. `start`: the revision before its first change. */
export function verdict(
  operations: readonly Operation[],
  log: readonly Change[],
  watches: readonly Watched[],
): { readonly byRevision: Violation[]; readonly linearizable: Violation[]; readonly watch: Violation[] } {
  const until = log.at(-1)?.revision ?? 0n;
  return {
    byRevision: checkRevisions(operations, log),
    linearizable: checkLinearizable(operations),
    watch: watches.flatMap((watched) => checkWatch(watched, log, until)),
  };
}
