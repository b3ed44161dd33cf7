import { checkLeases } from "./check-leases.ts";
import { checkLinearizable } from "./check-linearizable.ts";
import { checkRevisions } from "./check-revisions.ts";
import { checkWatch } from "./check-watch.ts";
import type { Change, Lease, Operation, Violation, Watched } from "./client-history.ts";

export interface Violations {
  readonly byRevision: Violation[];
  readonly linearizable: Violation[];
  readonly leases: Violation[];
  readonly watch: Violation[];
}

/** What all checkers say of a run. */
export function judgement(
  operations: readonly Operation[],
  log: readonly Change[],
  watches: readonly Watched[],
  leases: readonly Lease[],
): Violations {
  const until = log.at(-1)?.revision ?? 0n;
  return {
    byRevision: checkRevisions(operations, log),
    linearizable: checkLinearizable(operations),
    leases: checkLeases(operations, leases),
    watch: watches.flatMap((watched) => checkWatch(watched, log, until)),
  };
}
