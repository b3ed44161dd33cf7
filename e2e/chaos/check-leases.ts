import { type Lease, type Operation, shownOperation, type Violation } from "./client-history.ts";

/**
 * Holds every grant against the leases that the store has in the end, none of which has had the time to expire: each
 * acknowledged one is there once, under its id, and what was not applied is not there.
 */
export function checkLeases(operations: readonly Operation[], leases: readonly Lease[]): Violation[] {
  const made = new Map<number, Lease[]>();
  for (const lease of leases) made.set(lease.ttl, [...(made.get(lease.ttl) ?? []), lease]);
  const violations: Violation[] = [];
  const known = new Set<number>();
  for (const operation of operations) {
    const { action, outcome } = operation;
    if (action.type !== "grant") continue;
    known.add(action.ttl);
    const complain = (rule: string, what: string): void => {
      violations.push({ rule, what: `${what}: ${shownOperation(operation)}` });
    };
    const [lease, ...more] = made.get(action.ttl) ?? [];
    if (more.length > 0) complain("once", `it was made ${more.length + 1} times`);
    if (outcome === "not-applied" && lease !== undefined) complain("not applied", "the store has it all the same");
    if (outcome === "applied" && lease === undefined) complain("acknowledged", "the store does not have it");
    if (outcome === "ok" && lease?.id !== action.id) complain("acknowledged", "the store does not have it so");
  }
  for (const ttl of made.keys()) {
    if (!known.has(ttl)) violations.push({ rule: "known", what: `nobody asked for a lease of ${ttl} s` });
  }
  return violations;
}
