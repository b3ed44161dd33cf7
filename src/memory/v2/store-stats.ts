type Counted = "gets" | "sets" | "delete" | "update" | "create" | "compareAndSwap" | "compareAndDelete";

const kinds: readonly Counted[] = ["gets", "sets", "delete", "update", "create", "compareAndSwap", "compareAndDelete"];

export type StatName = `${Counted}${"Success" | "Fail"}` | "expireCount";

/** How often what was done, under the names of `/v2/stats/store`. */
export type OperationCounts = Record<StatName, number>;

export function emptyStats(): OperationCounts {
  const counts = kinds.flatMap((kind) => [[`${kind}Success`, 0] as const, [`${kind}Fail`, 0] as const]);
  return Object.fromEntries([...counts, ["expireCount", 0]]) as OperationCounts;
}

export type { Counted };
