import { invalidArgument } from "../../transport/errors/etcd-error.ts";
import { operationPrefix } from "./exactly-once.ts";
import { rangesOverlap } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";
import type { Op, TxnBranches } from "./op.ts";

/** All steps of a transaction, those of transactions inside it too. */
function stepsOf({ then = [], else: otherwise = [] }: TxnBranches): Exclude<Op, { type: "txn" }>[] {
  return [...then, ...otherwise].flatMap((each) => (each.type === "txn" ? stepsOf(each.branches) : [each]));
}

/** Copies the lists of steps: they are needed to decode the answer, and the caller may change its own. */
export function keptSteps(branches: TxnBranches): TxnBranches {
  const kept = (steps: readonly Op[] = []): Op[] =>
    steps.map((each) => (each.type === "txn" ? { type: "txn", branches: keptSteps(each.branches) } : each));
  return { then: kept(branches.then), else: kept(branches.else) };
}

export function onlyReads(branches: TxnBranches): boolean {
  return stepsOf(branches).every(({ type }) => type === "get");
}

/**
 * Refuses a transaction that both writes and reads at a revision of its own: when that revision is compacted or not
 * there yet, the members of a cluster disagree about whether the writes took place, for good (etcd#18667).
 */
export function checkReadRevisions(branches: TxnBranches): void {
  const steps = stepsOf(branches);
  const pinned = steps.some((each) => each.type === "get" && each.query.revision !== undefined);
  if (pinned && !onlyReads(branches)) {
    throw invalidArgument("revision: not for a read in a transaction that writes, over which members could diverge");
  }
}

/** Refuses to delete the record that tells whether the delete took place. */
export function checkRecordsStay(branches: TxnBranches, keyspace: Keyspace): void {
  const records = keyspace.range({ prefix: operationPrefix });
  for (const each of stepsOf(branches)) {
    if (each.type !== "delete" || !rangesOverlap(keyspace.range(each.selector), records)) continue;
    throw invalidArgument(`exactlyOnce: not for a delete of keys under ${operationPrefix}, which hold its record`);
  }
}
