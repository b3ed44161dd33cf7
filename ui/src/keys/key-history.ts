import { type Entry, type Etcd, EtcdError } from "fetcd";

export interface KeyHistory {
  /** The newest first. */
  readonly entries: readonly Entry[];
  /** Why there are no older ones. */
  readonly end: "created" | "compacted" | "more";
}

/** Reads at most `limit` versions of a key before `from`, back to its creation or to the compacted revision. */
export async function historyOf(etcd: Etcd, from: Entry, limit: number, signal: AbortSignal): Promise<KeyHistory> {
  const entries: Entry[] = [from];
  for (let entry = from; entries.length < limit; ) {
    if (entry.version === 1n) return { entries, end: "created" };
    try {
      const before = await etcd.get(entry.keyBytes, { revision: entry.modRevision - 1n, signal });
      if (before === null) return { entries, end: "created" };
      entries.push(before);
      entry = before;
    } catch (error) {
      if (EtcdError.is(error) && error.reason === "Compacted") return { entries, end: "compacted" };
      throw error;
    }
  }
  return { entries, end: "more" };
}
