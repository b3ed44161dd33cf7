import { KV } from "../../transport/codec/services.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { EtcdError, notApplied, unexpected } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds, withOptions } from "../../transport/options.ts";
import { callKinds, checkRevision, keyLeaseKind, revisionKind } from "../check.ts";
import { compare } from "./compare.ts";
import { Entry, entryOf } from "./entry.ts";
import type { Guard, RunGuarded } from "./guarded.ts";
import { type Key, type Selector, type Value, valueBytes } from "../keys.ts";
import { withJson } from "../json-form.ts";
import type { Keyspace } from "../namespace.ts";
import {
  deleteKinds,
  type DeleteOp,
  type DeleteOpResult,
  type DeleteQuery,
  op,
  putKinds,
  type PutOp,
  type OpResult,
  type PutQuery,
} from "./op.ts";
import { appliesOnce, type RunTxn, type WriteOptions, writeKinds } from "./txn.ts";
import { encodePut } from "./txn-codec.ts";
import { isObject } from "../../transport/platform.ts";

/** A condition that every write can carry. */
interface Guarded {
  /** Write only if nobody wrote the key since; otherwise reject with `GuardFailed`. */
  readonly guard?: Guard | undefined;
}

/** Options of `put`. */
export type PutOptions = WriteOptions & Guarded & PutQuery;
/** Options of `delete`. */
export type DeleteOptions = WriteOptions & Guarded & DeleteQuery;
/** For the writes that carry a condition of their own. */
export type ConditionalPutOptions = WriteOptions & Omit<PutQuery, "prev" | "ignoreValue">;

/** Options of `compact`. */
export interface CompactOptions extends CallOptions {
  /** Resolve only when the space is freed for reuse, rather than when the history is closed. @default false */
  readonly physical?: boolean | undefined;
}

/** Calls that write keys. */
export interface Writes {
  /**
   * Writes a value under a key, whatever was there. Resolves with the revision of the write, and, with `prev: true`,
   * the entry it replaced, or `null`. Without `lease` a key that had one loses it.
   *
   * @throws an `EtcdError`, whose `outcome` says whether the write was applied.
   * @example
   * await etcd.put("config/color", "green");
   */
  put(key: Key, value: Value, options?: PutOptions): Promise<{ revision: bigint; prev: Entry | null }>;
  /** Puts the key if it does not exist. */
  create(key: Key, value: Value, options?: ConditionalPutOptions): Promise<{ created: boolean; revision: bigint }>;
  /** Puts the key if its value is `expected`. The key keeps its lease, unless `lease` is given: `0n` takes it off. */
  replace(
    key: Key,
    expected: Value,
    value: Value,
    options?: ConditionalPutOptions,
  ): Promise<{ replaced: boolean; revision: bigint }>;
  /**
   * Puts the key of `entry` if nobody wrote it since `entry` was read. The key keeps its lease, unless `lease` is given:
   * `0n` takes it off. `entry` of the answer is the new one, or the one that stood in the way, `null` if the key is gone.
   */
  update(
    entry: Entry,
    value: Value,
    options?: ConditionalPutOptions,
  ): Promise<{ updated: boolean; revision: bigint; entry: Entry | null }>;
  /** Deletes all keys of a range, which may be none. */
  delete(selector: Selector, options?: DeleteOptions): Promise<{ deleted: bigint; revision: bigint; prev: Entry[] }>;
  /** Deletes a key and answers what it held, `null` if it did not exist. */
  pop(key: Key, options?: WriteOptions): Promise<Entry | null>;
  /**
   * Discards the history before a revision. Reads and watches before it are refused from then on.
   *
   * @throws `Compacted` where it is discarded already; `FutureRev` for a revision that the store has not reached
   */
  compact(revision: bigint, options?: CompactOptions): Promise<void>;
}

const putOptionKinds: Kinds<PutOptions> = { ...writeKinds, ...putKinds, guard: kind.anything };
const deleteOptionKinds: Kinds<DeleteOptions> = { ...writeKinds, ...deleteKinds, guard: kind.anything };
const conditionalKinds: Kinds<ConditionalPutOptions> = {
  ...writeKinds,
  lease: keyLeaseKind,
  ignoreLease: kind.boolean,
};
const compactKinds: Kinds<CompactOptions> = { ...callKinds, physical: kind.boolean };
const guardKinds: Kinds<Guard> = { modRevision: revisionKind };

interface Runs {
  readonly runTxn: RunTxn;
  readonly runGuarded: RunGuarded;
  /** Whether writes that do not say are applied exactly once. */
  readonly exactlyOnce: boolean;
}

export function createWrites(
  connection: Connection,
  keyspace: Keyspace,
  { runTxn, runGuarded, exactlyOnce }: Runs,
): Writes {
  /** Whether a write is more than its own RPC. */
  function needsTxn(options: WriteOptions & Guarded): boolean {
    return options.guard !== undefined || appliesOnce(options, exactlyOnce);
  }

  /** Runs a write as a transaction of one step. */
  async function runWrite(write: PutOp | DeleteOp, options: WriteOptions & Guarded): Promise<OpResult | undefined> {
    const { guard } = options;
    if (guard === undefined) return (await runTxn({ then: [write] }, options)).results[0];
    checkOptions("guard", guard, guardKinds);
    const { succeeded, results } = await runGuarded(write, guard, options);
    if (succeeded) return results[0];
    throw notApplied(`the key is no longer at mod revision ${guard.modRevision}`, "GuardFailed");
  }

  async function deleteRange(selector: Selector, options: DeleteOptions): Promise<Omit<DeleteOpResult, "type">> {
    const request = { ...keyspace.range(selector), prevKv: options.prev === true };
    if (options.guard !== undefined) keyspace.key(selector, "guard: the key");
    if (needsTxn(options)) {
      const done = await runWrite({ type: "delete", selector, query: { prev: options.prev } }, options);
      if (done?.type === "delete") return done;
    }
    const { deleted, prevKvs, header } = await connection.unary(KV.method.deleteRange, request, options);
    return { deleted, revision: header?.revision ?? 0n, prev: prevKvs.map((kv) => entryOf(kv, keyspace)) };
  }

  return {
    async put(key, value, options = {}) {
      options = checkOptions("put", options, putOptionKinds);
      const { prev, ignoreValue, lease, ignoreLease } = options;
      const query = { prev, ignoreValue, lease, ignoreLease } as PutQuery;
      const request = encodePut(key, value, query, keyspace);
      if (needsTxn(options)) {
        const done = await runWrite({ type: "put", key, value, query }, options);
        if (done?.type === "put") return withJson({ revision: done.revision, prev: done.prev });
      }
      const { prevKv, header } = await connection.unary(KV.method.put, request, options);
      return withJson({
        revision: header?.revision ?? 0n,
        prev: prevKv === undefined ? null : entryOf(prevKv, keyspace),
      });
    },

    async create(key, value, options = {}) {
      options = checkOptions("create", options, conditionalKinds);
      const then = [op.put(key, value, leaseOf(options))];
      const { succeeded, revision } = await runTxn({ if: [compare.missing(key)], then }, options);
      return withJson({ created: succeeded, revision });
    },

    async replace(key, expected, value, options = {}) {
      options = checkOptions("replace", options, conditionalKinds);
      const then = [op.put(key, value, keptLease(options))];
      const condition = compare.value(key, "=", valueBytes(expected, "expected"));
      const { succeeded, revision } = await runTxn({ if: [condition], then }, options);
      return withJson({ replaced: succeeded, revision });
    },

    async update(entry, value, options = {}) {
      options = checkOptions("update", options, conditionalKinds);
      checkEntry(entry);
      const { keyBytes, createRevision, version, modRevision } = entry;
      const bytes = valueBytes(value);
      const write = op.put(keyBytes, bytes, keptLease(options));
      const { succeeded, revision, results } = await runGuarded(write, { modRevision }, options);
      const [read] = results;
      if (!succeeded) return withJson({ updated: false, revision, entry: read?.type === "get" ? read.entry : null });
      const lease = options.lease ?? entry.lease;
      const written = {
        keyBytes,
        // Bytes of this realm, like those of answers: under jsdom `TextEncoder` makes bytes of another one.
        value: new Uint8Array(bytes),
        createRevision,
        modRevision: revision,
        version: version + 1n,
        lease,
      };
      return withJson({ updated: true, revision, entry: new Entry(written) });
    },

    async delete(selector, options = {}) {
      options = checkOptions("delete", options, deleteOptionKinds);
      const { deleted, revision, prev } = await deleteRange(selector, options);
      return withJson({ deleted, revision, prev });
    },

    async pop(key, options = {}) {
      options = checkOptions("pop", options, writeKinds);
      keyspace.key(key);
      return (await deleteRange(key, withOptions<DeleteOptions>(options, { prev: true }))).prev[0] ?? null;
    },

    async compact(revision, options = {}) {
      options = checkOptions("compact", options, compactKinds);
      const request = { revision: checkRevision(revision, "revision"), physical: options.physical === true };
      try {
        // Freeing the space takes long, and etcd answers a second copy of the request no sooner than it is freed.
        await connection.unary(KV.method.compact, request, { ...options, patient: request.physical });
      } catch (error) {
        // A copy of this request without an answer has done it.
        const done = EtcdError.is(error) && error.reason === "Compacted" && error.outcome === "unknown";
        if (!done) throw error;
      }
    },
  };
}

/** What `get` answers may be `null`. */
function checkEntry(entry: unknown): void {
  if (isObject(entry)) return;
  throw unexpected("entry", "an entry of get", entry);
}

/** What types exclude, a lease to hang on and one to keep, the request's own check refuses. */
function leaseOf({ lease, ignoreLease }: ConditionalPutOptions): PutQuery {
  return { lease, ignoreLease } as PutQuery;
}

/** Of a write whose condition says that the key exists. */
function keptLease(options: ConditionalPutOptions): PutQuery {
  return options.lease === undefined ? { ignoreLease: true } : leaseOf(options);
}
