import { isBytes } from "../../transport/platform.ts";
import { raceAbort } from "../../transport/deadline.ts";
import { notApplied } from "../../transport/errors/etcd-error.ts";
import type { CallOptions } from "../../transport/connection.ts";
import * as kind from "../../transport/option-kinds.ts";
import { check, type Kinds } from "../../transport/options.ts";
import { ownOptions } from "../../v3/check.ts";
import type { Etcd } from "../../v3/client.ts";
import { compare, type Compare } from "../../v3/kv/compare.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import type { Key, Selector, Value } from "../../v3/keys.ts";
import type { Op } from "../../v3/kv/op.ts";
import { keyId } from "../key-ids.ts";
import { backOff, isReason, limited, type Limits } from "../wait.ts";
import { commit } from "./commit.ts";
import type { KeyHints } from "./revision-reader.ts";
import { createTransactReads, type Isolation, type TransactReads } from "./transact-reads.ts";
import { createWriteSet, type WriteSet } from "./transact-writes.ts";

/** `timeoutMs`: for all attempts together. Default: no limit but that of each request. */
export interface TransactOptions extends CallOptions {
  /** What counts as a change by others: see {@link Isolation}. @default "serializable-snapshot" */
  readonly isolation?: Isolation | undefined;
  /** How often the function may run before `Conflict`. @default as often as it takes */
  readonly maxAttempts?: number | undefined;
  /** The server's `--max-txn-ops`, if it is not etcd's default of 128. */
  readonly maxTxnOps?: number | undefined;
}

/** The store as the function of `transact` sees it: its own writes included, which happen when it has returned. */
export interface Transaction {
  /**
   * `null` if there is none. Of a key that the transaction itself has put, the entry has the new value and lease, and
   * `0n` for what is not known before the commit: its revisions and version.
   */
  get(key: Key): Promise<Entry | null>;
  /** Several keys in one request. */
  get(keys: readonly Key[]): Promise<(Entry | null)[]>;
  /** All of a range, in the order of the keys; each entry counts as a read, as does that there are no others. */
  range(selector: Selector): Promise<Entry[]>;
  /** A key that the transaction has read as well keeps its lease, unless `lease` is given: `0n` takes it off. */
  put(key: Key, value: Value, options?: { readonly lease?: bigint | undefined }): void;
  /** Deletes a key, when the function has returned. */
  delete(key: Key): void;
  /** 1 the first time that the function runs. */
  readonly attempt: number;
  /** Aborts when `transact` does, for what else the function waits for. */
  readonly signal: AbortSignal;
}

const isolations: readonly Isolation[] = ["serializable-snapshot", "serializable", "repeatable-read", "read-committed"];
const transactKinds: Kinds<Omit<TransactOptions, keyof CallOptions>> = {
  isolation: kind.oneOf(isolations),
  maxAttempts: kind.positiveInteger,
  maxTxnOps: kind.positiveInteger,
};
/** Of the steps that etcd takes, those that `exactlyOnce` needs for itself. */
const ownOps = 2;
const firstWaitMs = 5;
const longestWaitMs = 500;

/**
 * Runs `work` on a view of the store, then writes all that it put and deleted in one transaction, applied exactly once,
 * and resolves with what it returned. If others were in the way the function runs again, after a random pause: all else
 * that it does must bear that. Whatever it throws ends it, and nothing is written.
 * Rejects with `Conflict` after `maxAttempts`, and with `TooManyOps` before anything is sent if the commit would not fit
 * into one transaction.
 *
 * @example
 * await transact(etcd, async (tx) => {
 *   const stock = Number((await tx.get("stock"))?.text());
 *   if (stock < 1) throw new Error("sold out"); // writes nothing
 *   tx.put("stock", String(stock - 1));
 * });
 */
export async function transact<T>(
  etcd: Etcd,
  work: (tx: Transaction) => T | Promise<T>,
  given?: TransactOptions,
): Promise<T> {
  const options = ownOptions("transact", given, transactKinds);
  const { isolation = "serializable-snapshot", maxAttempts = Infinity, maxTxnOps = 128 } = options;
  check(kind.func, work, "work");

  const attempts = async ({ signal, tracker }: Limits): Promise<T> => {
    let hints: KeyHints = new Map();
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted) throw signal.reason;
      // Reads and commit go to one history, or the revisions in the conditions would mean something else.
      const pinned = etcd.pinned();
      const reads = createTransactReads(pinned, hints, { isolation, maxTxnOps, signal });
      const writes = createWriteSet({ read: reads.set.found, checked: isolation !== "read-committed" });
      const view = viewOf(reads, writes, attempt, signal);
      const result = await settled(raceAbort(runOf(work, view.tx), signal));
      view.end();
      if (!reads.outdated) {
        if ("error" in result) throw result.error;
        const conditions = conditionsOf(isolation, reads, writes);
        // Reads of one revision need no check: they were all true at that moment.
        if (writes.ops.length === 0 && (reads.snapshot || conditions.length <= 1)) return result.value;
        checkSize(conditions.length, writes.ops.length, maxTxnOps - ownOps);
        const committing = (): Promise<boolean> => committed(pinned, conditions, writes.ops, signal);
        if (await (writes.ops.length > 0 ? tracker.write(committing) : committing())) return result.value;
        tracker.learn("not-applied");
      }
      if (attempt >= maxAttempts)
        throw notApplied(`the keys of the transaction changed in each of ${attempt} attempts`, "Conflict");
      hints = reads.set.keys;
      await backOff(attempt, signal, { firstMs: firstWaitMs, longestMs: longestWaitMs });
    }
  };
  return limited(options, "the transaction was not committed", attempts);
}

/** `false` as well where the cluster changed before anything was sent: what was read means nothing any more. */
async function committed(
  etcd: Etcd,
  conditions: readonly Compare[],
  steps: readonly Op[],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await commit(etcd, conditions, steps, { signal });
  } catch (error) {
    if (isReason(error, "ClusterChanged") && error.outcome === "not-applied") return false;
    throw error;
  }
}

async function runOf<T>(work: (tx: Transaction) => T | Promise<T>, tx: Transaction): Promise<T> {
  return work(tx);
}

function settled<T>(promise: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

function viewOf(
  reads: TransactReads,
  writes: WriteSet,
  attempt: number,
  signal: AbortSignal,
): { readonly tx: Transaction; end(): void } {
  let ended = false;
  function check(): void {
    if (ended) throw notApplied("the transaction has ended", "Closed");
  }

  async function getAll(keys: readonly Key[]): Promise<(Entry | null)[]> {
    check();
    // Taken now, before the request: a later put does not change the answer.
    const written = keys.map((key) => writes.get(key));
    const missing = keys.filter((_, i) => written[i] === undefined);
    const found = missing.length === 0 ? [] : await reads.get(missing);
    let next = 0;
    return written.map((own) => (own === undefined ? (found[next++] ?? null) : own));
  }

  function get(key: Key): Promise<Entry | null>;
  function get(keys: readonly Key[]): Promise<(Entry | null)[]>;
  async function get(key: Key | readonly Key[]): Promise<Entry | null | (Entry | null)[]> {
    if (typeof key === "string" || isBytes(key)) return (await getAll([key]))[0] ?? null;
    return getAll(key);
  }

  const tx: Transaction = {
    attempt,
    signal,
    get,
    async range(selector) {
      check();
      const written = writes.within(selector);
      return written(await reads.range(selector));
    },
    put(key, value, options) {
      check();
      writes.put(key, value, options);
    },
    delete(key) {
      check();
      writes.delete(key);
    },
  };
  return {
    tx,
    end: () => {
      ended = true;
    },
  };
}

function conditionsOf(isolation: Isolation, reads: TransactReads, writes: WriteSet): Compare[] {
  const conditions = reads.set.conditions();
  const { revision } = reads;
  if (isolation !== "serializable-snapshot" || revision === undefined) return conditions;
  const blind = writes.keys.filter((key) => !reads.set.keys.has(keyId(key)));
  return [...conditions, ...blind.map((key) => compare.modRevision(key, "<", revision + 1n))];
}

function checkSize(conditions: number, writes: number, most: number): void {
  if (conditions <= most && writes <= most) return;
  const what = writes > most ? `writes ${writes} keys` : `has ${conditions} conditions`;
  throw notApplied(`the transaction ${what}; at most ${most} are possible`, "TooManyOps");
}
