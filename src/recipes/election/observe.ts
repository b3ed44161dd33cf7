import type { Etcd } from "../../v3/client.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import type { NamedQueue } from "../lock/wait-queue.ts";
import { createScope, isReason, readsOfWait } from "../wait.ts";
import { type Leader, leaderOf } from "./leadership.ts";

/** The first waiter of a queue: the present one, then every change, in order. Ends when `signal` aborts, with its reason. */
export function observeQueue(
  etcd: Etcd,
  queue: NamedQueue,
  outer: AbortSignal | undefined,
): AsyncIterableIterator<Leader | null> {
  const returned = new AbortController();
  const scope = createScope([outer, returned.signal]);
  const source = changes(etcd, queue, scope.signal);
  return {
    async next() {
      try {
        return await source.next();
      } catch (error) {
        scope.end();
        if (returned.signal.aborted) return { done: true, value: undefined };
        throw error;
      }
    },
    async return() {
      returned.abort();
      scope.end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* changes(etcd: Etcd, queue: NamedQueue, signal: AbortSignal): AsyncGenerator<Leader | null, undefined> {
  let last: Entry | null | undefined;
  const reading = readsOfWait(signal);
  for (;;) {
    const { entries, revision } = await reading(() => etcd.range({ prefix: queue.prefix }, { signal }));
    const waiters = new Map<string, Entry>();
    for (const entry of entries) if (queue.holds(entry)) waiters.set(entry.key, entry);
    const now = firstOf(waiters);
    if (last === undefined || !same(last, now)) yield now && leaderOf(now);
    last = now;
    const watch = etcd.watch({ prefix: queue.prefix }, { from: revision + 1n, signal });
    try {
      for await (const { events } of watch.batches()) {
        for (const { type, entry } of events) {
          if (!queue.holds(entry)) continue;
          if (type === "delete") waiters.delete(entry.key);
          else waiters.set(entry.key, entry);
        }
        const next = firstOf(waiters);
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

function firstOf(waiters: ReadonlyMap<string, Entry>): Entry | null {
  let first: Entry | null = null;
  for (const entry of waiters.values()) {
    if (first === null || entry.createRevision < first.createRevision) first = entry;
  }
  return first;
}

/** The same leader with the same value. */
function same(a: Entry | null, b: Entry | null): boolean {
  return a === b || (a !== null && b !== null && a.modRevision === b.modRevision && a.key === b.key);
}
