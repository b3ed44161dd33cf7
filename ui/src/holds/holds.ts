import type { Entry } from "fetcd";
import type { SeenLease } from "../leases/leases.ts";
import { labelOf } from "../keys/key-id.ts";

/** A holder of a lock, a leader, or a waiter for either. */
export interface Candidate {
  readonly entry: Entry;
  readonly lease: SeenLease;
}

/** A lock or an election: both are the same in etcd. The first candidate has it; the others wait in this order. */
export interface LockOrElection {
  readonly name: string;
  readonly candidates: readonly Candidate[];
}

/** Keys of leases that look like those of locks and elections: a name, a slash, and the lease's own id in hex. */
export function candidateKeys(leases: readonly SeenLease[]): { key: Uint8Array; lease: SeenLease }[] {
  return leases.flatMap((lease) =>
    (lease.keys ?? []).flatMap((key) => (labelOf(key).endsWith(`/${lease.id.toString(16)}`) ? [{ key, lease }] : [])),
  );
}

/** Groups candidates by name, in the order in which they came. */
export function holdsOf(candidates: readonly Candidate[]): LockOrElection[] {
  const byName = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const key = labelOf(candidate.entry.keyBytes);
    const name = key.slice(0, key.lastIndexOf("/"));
    byName.set(name, [...(byName.get(name) ?? []), candidate]);
  }
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, of]) => ({
      name,
      candidates: of.sort((a, b) => (a.entry.createRevision < b.entry.createRevision ? -1 : 1)),
    }));
}
