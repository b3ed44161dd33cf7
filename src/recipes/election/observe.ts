import type { Etcd } from "../../v3/client.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { type Leader, leaderOf, type Line } from "../lock/wait-queue.ts";
import { createScope, isReason } from "../scope.ts";

/** Who is the first of a line: as it is, then every change, in order. Ends when `signal` aborts, with its reason. */
export function observeLine(
  etcd: Etcd,
  line: Line,
  outer: AbortSignal | undefined,
): AsyncIterableIterator<Leader | null> {
  const left = new AbortController();
  const scope = createScope([outer, left.signal]);
  const source = changes(etcd, line, scope.signal);
  return {
    async next() {
      try {
        return await source.next();
      } catch (error) {
        scope.end();
        if (left.signal.aborted) return { done: true, value: undefined };
        throw error;
      }
    },
    async return() {
      left.abort();
      scope.end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* changes(etcd: Etcd, line: Line, signal: AbortSignal): AsyncGenerator<Leader | null, undefined> {
  let last: Entry | null | undefined;
  for (;;) {
    const { entries, revision } = await etcd.range({ prefix: line.prefix }, { signal });
    const places = new Map<string, Entry>();
    for (const entry of entries) if (line.holds(entry)) places.set(entry.key, entry);
    const now = firstOf(places);
    if (last === undefined || !same(last, now)) yield now && leaderOf(now);
    last = now;
    const watch = etcd.watch({ prefix: line.prefix }, { from: revision + 1n, signal });
    try {
      for await (const { events } of watch.batches()) {
        for (const { type, entry } of events) {
          if (!line.holds(entry)) continue;
          if (type === "delete") places.delete(entry.key);
          else places.set(entry.key, entry);
        }
        const next = firstOf(places);
        if (!same(last, next)) yield next && leaderOf(next);
        last = next;
      }
    } catch (error) {
      // The history since is gone: what is there now is the least that can be told. (Where calls refuse a cluster that
      // has changed, the next read rejects.)
      if (signal.aborted || !(isReason(error, "Compacted") || isReason(error, "ClusterChanged"))) throw error;
    } finally {
      await watch.cancel();
    }
  }
}

function firstOf(places: ReadonlyMap<string, Entry>): Entry | null {
  let first: Entry | null = null;
  for (const entry of places.values()) {
    if (first === null || entry.createRevision < first.createRevision) first = entry;
  }
  return first;
}

/** The same leader with the same value. */
function same(a: Entry | null, b: Entry | null): boolean {
  return a === b || (a !== null && b !== null && a.modRevision === b.modRevision && a.key === b.key);
}
