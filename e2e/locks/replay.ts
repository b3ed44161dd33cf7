import type { Written } from "../faults/ground-truth.ts";

/** A waiter of a queue, as the store has it. */
export interface StoredWaiter {
  readonly key: string;
  readonly token: number;
  /** The revision that deleted it; `Infinity` while it is there. */
  deleted: number;
}

export interface Replayed {
  readonly violations: readonly string[];
  /** Every waiter that there was. */
  readonly waiters: readonly StoredWaiter[];
  /** The first waiter after each change of it: its key and mod revision, `null` for none. */
  readonly firsts: readonly string[];
  /** The tokens of those who were the first at some time. */
  readonly holders: ReadonlySet<number>;
  /** Tokens that wrote to the log, in its order, each once. */
  readonly tokens: readonly number[];
}

/** Goes through the history of a line, `name/`, and of the log that its holders write. */
export function replay(history: readonly Written[], line: string, log: string): Replayed {
  const violations: string[] = [];
  const waiters: StoredWaiter[] = [];
  const there = new Map<string, StoredWaiter & { modified: number }>();
  const firsts: string[] = ["null"];
  const holders = new Set<number>();
  const tokens: number[] = [];
  const first = (): (StoredWaiter & { modified: number }) | undefined =>
    [...there.values()].sort((a, b) => a.token - b.token)[0];
  for (const { type, key, value, revision, version } of history) {
    if (key.startsWith(line)) {
      const waiter = there.get(key);
      if (type === "delete") {
        there.delete(key);
        if (waiter !== undefined) waiter.deleted = revision;
      } else if (version === 1) {
        const created = { key, token: revision, deleted: Infinity, modified: revision };
        there.set(key, created);
        waiters.push(created);
      } else if (waiter !== undefined) waiter.modified = revision;
      const now = first();
      if (now !== undefined) holders.add(now.token);
      const shown = now === undefined ? "null" : `${now.key}@${now.modified}`;
      if (shown !== firsts.at(-1)) firsts.push(shown);
    } else if (key === log && type === "put") {
      const token = Number(value);
      const holder = first();
      if (holder?.token !== token)
        violations.push(`revision ${revision}: ${token} wrote, ${holder?.token} is the holder`);
      const last = tokens.at(-1) ?? 0;
      if (token < last) violations.push(`revision ${revision}: ${token} wrote after ${last}`);
      if (token !== last) tokens.push(token);
    }
  }
  return { violations, waiters, firsts, holders, tokens };
}
