import { compare, Entry, type Etcd, EtcdError, op } from "../../src/index.ts";
import type { Action, Operation, Seen, SeenEntry, Watched } from "./client-history.ts";

export interface Workload {
  /** One for each line of work. */
  readonly clients: readonly Etcd[];
  readonly seed: number;
  /** What the keys start with. */
  readonly prefix: string;
  /** Ends it: what is under way is waited for. */
  readonly stop: AbortSignal;
  /** Called after each operation. */
  readonly done?: (operation: Operation) => void;
}

/** So many clients on one key on average that they meet. */
const clientsPerKey = 5;
/** New keys after so many operations on one, since a search over one key has its limits. */
const operationsPerKey = 1200;
/** Leases that outlive the run by far. */
export const shortestTtl = 1_000_000;

/** Clients that read and write a few keys as fast as they are answered, and what they were told. */
export async function runWorkload({ clients, seed, prefix, stop, done }: Workload): Promise<Operation[]> {
  const operations: Operation[] = [];
  const keysAtATime = Math.max(5, Math.round(clients.length / clientsPerKey));
  let written = 0;

  async function line(etcd: Etcd, client: number): Promise<void> {
    const random = randomOf(seed + client);
    const lastSeen = new Map<string, SeenEntry | null>();
    while (!stop.aborted) {
      const generation = Math.floor(operations.length / (operationsPerKey * keysAtATime));
      const at = Math.floor(random() * keysAtATime);
      const [key, other] = [at, (at + 1) % keysAtATime].map((i) => `${prefix}${generation}-${i}`) as [string, string];
      const id = written++;
      const value = `${client}/${id}`;
      const plan = planned(etcd, { key, other, value, id, expected: lastSeen.get(key) ?? null }, random);
      const call = performance.now();
      let outcome: Operation["outcome"] = "ok";
      let guardFailed = false;
      let actions: KeyActions = [];
      try {
        actions = await plan.run();
        for (const [seen, action] of actions) lastSeen.set(seen, seenIn(action, lastSeen.get(seen) ?? null));
      } catch (error) {
        if (!EtcdError.is(error)) throw error;
        actions = plan.failed;
        guardFailed = error.reason === "GuardFailed";
        // Of a transaction that asks for something first, "applied" does not tell what the answer was.
        outcome = error.outcome === "applied" && plan.method === "txn" ? "unknown" : error.outcome;
      }
      const end = performance.now();
      for (const [seen, action] of actions) {
        const { method } = plan;
        const operation: Operation = { client, method, key: seen, call, end, outcome, guardFailed, action };
        operations.push(operation);
        done?.(operation);
      }
    }
  }
  await Promise.all(clients.map(line));
  return operations;
}

type KeyActions = readonly (readonly [key: string, action: Action])[];

interface Plan {
  readonly method: string;
  run(): Promise<KeyActions>;
  /** What to write down if it fails: nothing of a read, which says nothing then. */
  readonly failed: KeyActions;
}

interface Subject {
  readonly key: string;
  readonly other: string;
  readonly value: string;
  /** Which write of all this is. */
  readonly id: number;
  readonly expected: SeenEntry | null;
}

function planned(etcd: Etcd, { key, other, value, id, expected }: Subject, random: () => number): Plan {
  const dice = random();
  const exactlyOnce = random() < 0.25;
  if (dice < 0.43) {
    const serializable = dice < 0.03;
    return {
      method: "range",
      failed: [],
      run: async () => [[key, { type: "get", serializable, seen: seenOf(await etcd.range(key, { serializable })) }]],
    };
  }
  if (dice < 0.65) {
    const prev = random() < 0.5;
    return {
      method: "put",
      failed: [[key, { type: "put", value }]],
      run: async () => {
        const answer = await etcd.put(key, value, { prev, exactlyOnce });
        const replaced = prev ? { prev: entryOf(answer.prev) } : {};
        return [[key, { type: "put", value, revision: answer.revision, ...replaced }]];
      },
    };
  }
  if (dice < 0.68) {
    const [one, two] = [`${value}/a`, `${value}/b`];
    return {
      method: "txn of two keys",
      failed: [
        [key, { type: "put", value: one }],
        [other, { type: "put", value: two }],
      ],
      run: async () => {
        const { revision } = await etcd.txn({ then: [op.put(key, one), op.put(other, two)] }, { exactlyOnce });
        return [
          [key, { type: "put", value: one, revision }],
          [other, { type: "put", value: two, revision }],
        ];
      },
    };
  }
  if (dice < 0.71) {
    const ttl = shortestTtl + id;
    const chosen = random() < 0.5 ? BigInt(ttl) : undefined;
    return {
      method: "lease.grant",
      failed: [["", { type: "grant", ttl }]],
      run: async () => [["", { type: "grant", ttl, id: (await etcd.lease.grant(ttl, { id: chosen })).id }]],
    };
  }
  if (dice < 0.89 && expected !== null) {
    return guarded(etcd, { key, value, expected, exactlyOnce }, random);
  }
  if (dice < 0.96) {
    const unchanged = expected === null ? compare.missing(key) : compare.modRevision(key, "=", expected.modRevision);
    return {
      method: "txn",
      failed: [[key, { type: "swap", expected, value }]],
      run: async () => {
        const steps = { if: [unchanged], then: [op.put(key, value)], else: [op.get(key)] } as const;
        const { succeeded, revision, results } = await etcd.txn(steps, { exactlyOnce });
        const swap = { type: "swap", expected, value } as const;
        if (succeeded) return [[key, { ...swap, revision }]];
        return [[key, { ...swap, refusedBy: { revision, entry: entryOf(results[0].entry) } }]];
      },
    };
  }
  return {
    method: "delete",
    failed: [[key, { type: "delete" }]],
    run: async () => {
      const { deleted, revision } = await etcd.delete(key, { exactlyOnce });
      return [[key, { type: "delete", deleted: deleted > 0n, revision }]];
    },
  };
}

interface GuardedSubject {
  readonly key: string;
  readonly value: string;
  readonly expected: SeenEntry;
  readonly exactlyOnce: boolean;
}

/** A write on the condition that nobody wrote the key since. */
function guarded(etcd: Etcd, { key, value, expected, exactlyOnce }: GuardedSubject, random: () => number): Plan {
  const dice = random();
  const guard = { modRevision: expected.modRevision };
  const swap = { type: "swap", expected, value } as const;
  if (dice < 0.5) {
    return {
      method: "update",
      failed: [[key, swap]],
      run: async () => {
        const utf8 = new TextEncoder();
        const before = new Entry({
          ...expected,
          keyBytes: utf8.encode(key),
          value: utf8.encode(expected.value),
          lease: 0n,
        });
        const { updated, revision, entry } = await etcd.update(before, value, { exactlyOnce });
        return [[key, updated ? { ...swap, revision } : { ...swap, refusedBy: { revision, entry: entryOf(entry) } }]];
      },
    };
  }
  if (dice < 0.8) {
    return {
      method: "put with guard",
      failed: [[key, swap]],
      run: async () => [[key, { ...swap, revision: (await etcd.put(key, value, { guard, exactlyOnce })).revision }]],
    };
  }
  return {
    method: "delete with guard",
    failed: [[key, { type: "delete", expected }]],
    run: async () => {
      const { deleted, revision } = await etcd.delete(key, { guard, exactlyOnce });
      return [[key, { type: "delete", expected, deleted: deleted > 0n, revision }]];
    },
  };
}

/** What the client knows of the key now. */
function seenIn(action: Action, before: SeenEntry | null): SeenEntry | null {
  if (action.type === "get") return action.seen.entry;
  if (action.type === "swap" && action.refusedBy !== undefined) return action.refusedBy.entry;
  return before;
}

function seenOf({ entries, revision }: { readonly entries: readonly Entry[]; readonly revision: bigint }): Seen {
  return { revision, entry: entryOf(entries[0] ?? null) };
}

function entryOf(entry: Entry | null): SeenEntry | null {
  if (entry === null) return null;
  const { modRevision, createRevision, version } = entry;
  return { value: entry.text(), modRevision, createRevision, version };
}

/** How long a watch may take to come to the end once all faults are over. */
const patienceMs = 30_000;

/** Watches all that the workload writes, until it is told to stop after a revision. */
export function recordWatch(
  etcd: Etcd,
  prefix: string,
  from: bigint,
  waitMs: number = patienceMs,
): { end(revision: bigint): Promise<Watched> } {
  const batches: {
    revision: bigint;
    changes: { revision: bigint; type: "put" | "delete"; key: string; value: string }[];
  }[] = [];
  const watch = etcd.watch({ prefix }, { from });
  let until: bigint | undefined;
  const reading = (async () => {
    for await (const { revision, events } of watch.batches()) {
      batches.push({
        revision,
        changes: events.map(({ type, entry }) => ({
          revision,
          type,
          key: entry.key,
          value: type === "put" ? entry.text() : "",
        })),
      });
      if (until !== undefined && revision >= until) break;
    }
  })();
  // The caller that asks for the end gets the failure.
  reading.catch(() => undefined);
  return {
    async end(revision) {
      until = revision;
      // A last change has been made at this revision, so that there is an end to come to.
      if (batches.some((batch) => batch.revision >= revision)) await watch.cancel();
      // A watch that lost what it waits for is told so by the checker.
      const late = setTimeout(() => void watch.cancel(), waitMs);
      await reading;
      clearTimeout(late);
      return { from, batches };
    },
  };
}

/** Numbers from 0 to 1 in an order that the seed fixes. */
export function randomOf(seed: number): () => number {
  let state = ((seed * 7919) >>> 0) % 2147483646;
  return () => (state = ((state + 1) * 48271) % 2147483647) / 2147483647;
}
