import type { Change, Violation, Watched } from "./client-history.ts";

/**
 * Holds what a watch gave against the log: every change from its start on, once, in order, and all changes of one
 * revision together. `until`: the revision that it has to have come to.
 */
export function checkWatch({ from, batches }: Watched, log: readonly Change[], until: bigint): Violation[] {
  const expected = new Map<bigint, Change[]>();
  for (const change of log) {
    if (change.revision < from || change.revision > until) continue;
    expected.set(change.revision, [...(expected.get(change.revision) ?? []), change]);
  }
  const violations: Violation[] = [];
  const seen = new Set<bigint>();
  let last = 0n;
  for (const { revision, changes } of batches) {
    if (revision < from) violations.push({ rule: "watch: filter", what: `revision ${revision} is before ${from}` });
    if (seen.has(revision)) violations.push({ rule: "watch: unique", what: `revision ${revision} came twice` });
    else if (revision < last) violations.push({ rule: "watch: ordered", what: `${revision} came after ${last}` });
    seen.add(revision);
    if (revision > last) last = revision;
    if (revision > until) continue;
    const wanted = expected.get(revision) ?? [];
    if (shown(changes) !== shown(wanted)) {
      violations.push({ rule: "watch: atomic", what: `revision ${revision}: ${shown(changes)}, not ${shown(wanted)}` });
    }
  }
  for (const revision of expected.keys()) {
    if (!seen.has(revision)) violations.push({ rule: "watch: reliable", what: `revision ${revision} never came` });
  }
  return violations;
}

function shown(changes: readonly Change[]): string {
  return changes
    .map(({ type, key, value }) => `${type} ${key} ${value}`)
    .sort()
    .join(", ");
}
