import { type Change, type Operation, shownOperation, type Violation } from "./client-history.ts";
import { sameEntry, type StoreStates, storeStates } from "./store-states.ts";

/**
 * Holds every answer against the log of the store, by the revisions that the answers name. Linear in time, over all keys
 * at once.
 */
export function checkRevisions(operations: readonly Operation[], log: readonly Change[]): Violation[] {
  const states = storeStates(log);
  const written = new Map<string, Change[]>();
  for (const change of log) {
    if (change.type !== "put") continue;
    written.set(change.value, [...(written.get(change.value) ?? []), change]);
  }
  const deletes = new Map(log.filter(({ type }) => type === "delete").map((change) => [idOf(change), change]));
  const violations: Violation[] = [];
  const known = new Set<string>();

  for (const { operation, floor } of withFloors(operations)) {
    const complain = (rule: string, what: string): void => {
      violations.push({ rule, what: `${what}: ${shownOperation(operation)}` });
    };
    const { action, outcome, key } = operation;
    if (action.type === "put" || action.type === "swap") {
      known.add(action.value);
      checkWrite(operation, written.get(action.value) ?? [], floor, complain);
    }
    if (action.type === "delete" && action.deleted === true) {
      if (action.revision === undefined || !deletes.delete(`${key} ${action.revision}`))
        complain("acknowledged", "the log does not have this delete");
    }
    if (operation.guardFailed === true) checkGuardFailed(operation, log, states, floor, complain);
    if (outcome === "ok") checkAnswer(operation, states, floor, complain);
  }

  for (const [value, changes] of written) {
    if (changes.length > 1) violations.push({ rule: "once", what: `${value} was written ${changes.length} times` });
    if (!known.has(value)) violations.push({ rule: "known", what: `nobody wrote ${value}` });
  }
  return [...violations, ...strayDeletes(operations, states, [...deletes.values()])];
}

type Complain = (rule: string, what: string) => void;

function checkWrite(operation: Operation, changes: readonly Change[], floor: bigint, complain: Complain): void {
  const { action, outcome, key } = operation;
  if (action.type !== "put" && action.type !== "swap") return;
  const [change] = changes;
  const refused = action.type === "swap" && action.refusedBy !== undefined;
  if (change !== undefined && change.key !== key) complain("key", `it was written to ${change.key}`);
  if (change !== undefined && change.revision <= floor) complain("real time", `it came before revision ${floor}`);
  if (outcome === "not-applied" && change !== undefined) complain("not applied", "the log has it all the same");
  if (outcome === "applied" && change === undefined) complain("acknowledged", "the log does not have it");
  if (outcome !== "ok") return;
  if (refused && change !== undefined) complain("verdict", "it was refused, yet the log has it");
  if (!refused && change?.revision !== action.revision) complain("acknowledged", "the log does not have it there");
}

/** Refused by its guard: then there is a moment since its call at which somebody had written the key. */
function checkGuardFailed(
  { action, key }: Operation,
  log: readonly Change[],
  states: StoreStates,
  floor: bigint,
  complain: Complain,
): void {
  if (action.type !== "swap" && action.type !== "delete") return;
  const guard = action.expected?.modRevision ?? 0n;
  if ((states.at(key, floor)?.modRevision ?? 0n) !== guard) return;
  if (log.some((change) => change.key === key && change.revision > floor)) return;
  complain("verdict", "nobody wrote the key since");
}

function checkAnswer({ action, key }: Operation, states: StoreStates, floor: bigint, complain: Complain): void {
  if (action.type === "get") {
    const { revision, entry } = action.seen;
    if (!sameEntry(entry, states.at(key, revision))) complain("read", "the store held something else then");
    if (!action.serializable && revision < floor) complain("real time", `revision ${floor} was known before`);
    return;
  }
  if (action.type === "grant") return;
  const refusal = action.type === "swap" ? action.refusedBy : undefined;
  const revision = refusal?.revision ?? action.revision ?? 0n;
  if (action.type === "put" && action.prev !== undefined) {
    if (!sameEntry(action.prev, states.at(key, revision - 1n))) complain("read", "it replaced something else");
  }
  if (action.type === "swap") {
    const before = states.at(key, refusal === undefined ? revision - 1n : revision);
    const holds = (before?.modRevision ?? 0n) === (action.expected?.modRevision ?? 0n);
    if (holds === (refusal !== undefined)) complain("verdict", "the condition says otherwise");
    if (refusal !== undefined && !sameEntry(refusal.entry, before)) complain("read", "the store held something else");
    if (refusal !== undefined && revision < floor) complain("real time", `revision ${floor} was known before`);
  }
  if (action.type === "delete" && action.deleted === false) {
    if (states.at(key, revision) !== null) complain("verdict", "there was something to delete");
    if (revision < floor) complain("real time", `revision ${floor} was known before`);
  }
  if (action.type === "delete" && action.deleted === true) {
    if (revision <= floor) complain("real time", `it came before revision ${floor}`);
    const before = states.at(key, revision - 1n);
    if (action.expected && before?.modRevision !== action.expected.modRevision)
      complain("verdict", "the condition says otherwise");
  }
}

/** With each operation the highest revision that anybody knew of when it was called. */
function withFloors(operations: readonly Operation[]): { operation: Operation; floor: bigint }[] {
  const answered = operations
    .filter((operation) => operation.outcome === "ok" && revisionOf(operation) !== undefined)
    .sort((a, b) => a.end - b.end);
  const called = [...operations].sort((a, b) => a.call - b.call);
  let next = 0;
  let floor = 0n;
  return called.map((operation) => {
    for (; next < answered.length; next++) {
      const earlier = answered[next];
      if (earlier === undefined || earlier.end >= operation.call) break;
      const revision = revisionOf(earlier) ?? 0n;
      if (revision > floor) floor = revision;
    }
    return { operation, floor };
  });
}

/** A serializable read tells nothing about what others may see. */
function revisionOf({ action }: Operation): bigint | undefined {
  if (action.type === "grant") return undefined;
  if (action.type === "get") return action.serializable ? undefined : action.seen.revision;
  return action.type === "swap" ? (action.refusedBy?.revision ?? action.revision) : action.revision;
}

/** Deletes that nobody was told of have to be those of which nobody knows what became. */
function strayDeletes(operations: readonly Operation[], states: StoreStates, stray: readonly Change[]): Violation[] {
  const uncertain = new Map<string, number>();
  /** By the one entry that each could have deleted. */
  const guarded = new Set<string>();
  for (const { action, outcome, key } of operations) {
    if (action.type !== "delete" || (outcome !== "unknown" && outcome !== "applied")) continue;
    if (action.expected) guarded.add(`${key} ${action.expected.modRevision}`);
    else uncertain.set(key, (uncertain.get(key) ?? 0) + 1);
  }
  return stray.flatMap((change) => {
    if (guarded.has(`${change.key} ${states.at(change.key, change.revision - 1n)?.modRevision}`)) return [];
    const left = uncertain.get(change.key) ?? 0;
    uncertain.set(change.key, left - 1);
    return left > 0 ? [] : [{ rule: "once", what: `nobody deleted ${change.key} at revision ${change.revision}` }];
  });
}

function idOf({ key, revision }: Change): string {
  return `${key} ${revision}`;
}
