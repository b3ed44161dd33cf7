import type { Change, SeenEntry } from "./client-history.ts";

/** What each key held at each revision, as the changes of the store say. */
export interface StoreStates {
  at(key: string, revision: bigint): SeenEntry | null;
  readonly last: bigint;
}

export function storeStates(log: readonly Change[]): StoreStates {
  const keys = new Map<string, { revision: bigint; entry: SeenEntry | null }[]>();
  for (const { revision, type, key, value } of log) {
    const states = keys.get(key) ?? [];
    keys.set(key, states);
    const before = states.at(-1)?.entry ?? null;
    const entry =
      type === "delete"
        ? null
        : {
            value,
            modRevision: revision,
            createRevision: before?.createRevision ?? revision,
            version: (before?.version ?? 0n) + 1n,
          };
    states.push({ revision, entry });
  }
  return {
    last: log.at(-1)?.revision ?? 0n,
    at(key, revision) {
      const states = keys.get(key) ?? [];
      let [low, high] = [0, states.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((states[middle]?.revision ?? 0n) <= revision) low = middle + 1;
        else high = middle;
      }
      return states[low - 1]?.entry ?? null;
    },
  };
}

export function sameEntry(a: SeenEntry | null, b: SeenEntry | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.value === b.value &&
    a.modRevision === b.modRevision &&
    a.createRevision === b.createRevision &&
    a.version === b.version
  );
}
