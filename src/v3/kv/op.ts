import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { keyLeaseKind } from "../check.ts";
import type { Compare } from "./compare.ts";
import type { Entry } from "./entry.ts";
import type { Key, Selector, Value } from "../keys.ts";
import { queryKinds, type RangeQuery, type RangeResult } from "./range.ts";

/** How a value is written: with the lease it is to hang on, or keeping the one it has. */
export type PutQuery = {
  /** Answer the entry that was replaced. @default false */
  readonly prev?: boolean | undefined;
  /** Keep the value, only change the lease; the value given must be empty. The key must exist. @default false */
  readonly ignoreValue?: boolean | undefined;
} & (
  | {
      /** The lease to attach the key to. `0n`, the default: none, so that a key that had one loses it. */
      readonly lease?: bigint | undefined;
      /** `true` keeps the lease that the key has. */
      readonly ignoreLease?: false | undefined;
    }
  | {
      readonly lease?: undefined;
      /** Keep the lease that the key has. The key must exist. */
      readonly ignoreLease: true;
    }
);

/** What a delete answers. */
export interface DeleteQuery {
  /** Answer the entries that were deleted. @default false */
  readonly prev?: boolean | undefined;
}

/** A step that reads: see {@link op}. */
export interface GetOp {
  /** Tells the step from others. */
  readonly type: "get";
  /** The keys to read. */
  readonly selector: Selector;
  /** Which of them, in which order, and how much of each. */
  readonly query: RangeQuery;
}
/** A step that writes: see {@link op}. */
export interface PutOp {
  /** Tells the step from others. */
  readonly type: "put";
  /** The key to write. */
  readonly key: Key;
  /** The value to write. */
  readonly value: Value;
  /** With which lease, and what to answer. */
  readonly query: PutQuery;
}
/** A step that deletes: see {@link op}. */
export interface DeleteOp {
  /** Tells the step from others. */
  readonly type: "delete";
  /** The keys to delete. */
  readonly selector: Selector;
  /** What to answer. */
  readonly query: DeleteQuery;
}
/** A step that is a transaction of its own: see {@link op}. */
export interface TxnOp<Then extends readonly Op[] = readonly Op[], Else extends readonly Op[] = readonly Op[]> {
  /** Tells the step from others. */
  readonly type: "txn";
  /** Its conditions and branches. */
  readonly branches: TxnBranches<Then, Else>;
}
/** One step of a transaction, as plain data: which keys it is about is settled by the client that sends it. */
export type Op = GetOp | PutOp | DeleteOp | TxnOp;

/** A transaction: its conditions and its two branches. */
export interface TxnBranches<Then extends readonly Op[] = readonly Op[], Else extends readonly Op[] = readonly Op[]> {
  /** All must hold for `then`, otherwise `else` runs. None: `then`. */
  readonly if?: readonly Compare[] | undefined;
  /** The steps to run if all conditions hold. @default [] */
  readonly then?: Then | undefined;
  /** The steps to run if one of them does not hold. @default [] */
  readonly else?: Else | undefined;
}

/** What a `get` step of a transaction read. */
export interface GetOpResult extends RangeResult {
  /** Tells the result from those of other steps. */
  readonly type: "get";
  /** The first entry, for reads of a single key. */
  readonly entry: Entry | null;
}
/** What a `put` step of a transaction did. */
export interface PutOpResult {
  /** Tells the result from those of other steps. */
  readonly type: "put";
  /** The revision of the transaction. */
  readonly revision: bigint;
  /** The entry that it replaced, if `prev` was asked for; otherwise `null`. */
  readonly prev: Entry | null;
}
/** What a `delete` step of a transaction did. */
export interface DeleteOpResult {
  /** Tells the result from those of other steps. */
  readonly type: "delete";
  /** The revision of the transaction. */
  readonly revision: bigint;
  /** How many keys it deleted. */
  readonly deleted: bigint;
  /** The entries that it deleted, if `prev` was asked for; otherwise empty. */
  readonly prev: Entry[];
}
/** What a nested transaction did. */
export type TxnOpResult<Then extends readonly Op[] = readonly Op[], Else extends readonly Op[] = readonly Op[]> = {
  /** Tells the result from those of other steps. */
  readonly type: "txn";
} & TxnOutcome<Then, Else>;

/** What a step of a transaction did: `type` tells which. */
export type OpResult = GetOpResult | PutOpResult | DeleteOpResult | TxnOpResult;

/** The result that belongs to a step. */
type ResultOf<O extends Op> = O extends GetOp
  ? GetOpResult
  : O extends PutOp
    ? PutOpResult
    : O extends DeleteOp
      ? DeleteOpResult
      : O extends TxnOp<infer Then, infer Else>
        ? TxnOpResult<Then, Else>
        : never;

/** The results of a branch, in its order: a tuple where the branch is one. */
export type ResultsOf<Ops extends readonly Op[]> = { -readonly [I in keyof Ops]: ResultOf<Ops[I]> };

/** What a transaction did: which branch ran, at which revision, with which results. */
export type TxnOutcome<Then extends readonly Op[], Else extends readonly Op[]> =
  | {
      /** All conditions held: `then` ran. */
      readonly succeeded: true;
      /** The revision of the store after the transaction. */
      readonly revision: bigint;
      /** The results of the steps of `then`, in their order. */
      readonly results: ResultsOf<Then>;
    }
  | {
      /** A condition did not hold: `else` ran. */
      readonly succeeded: false;
      /** The revision of the store after the transaction. */
      readonly revision: bigint;
      /** The results of the steps of `else`, in their order. */
      readonly results: ResultsOf<Else>;
    };

/** Builders for the steps of a transaction: see {@link op}. */
export interface OpBuilders {
  /** A read. One with a `revision` is refused beside a write: members could come to disagree over it (etcd#18667). */
  get(selector: Selector, query?: RangeQuery): GetOp;
  /** Writes a value under a key. */
  put(key: Key, value: Value, query?: PutQuery): PutOp;
  /** Deletes all keys of a range, which may be none. */
  delete(selector: Selector, query?: DeleteQuery): DeleteOp;
  /** A transaction inside another: its own conditions, the same revision. */
  txn<const Then extends readonly Op[] = [], const Else extends readonly Op[] = []>(
    branches: TxnBranches<Then, Else>,
  ): TxnOp<Then, Else>;
}

export const putKinds: Kinds<PutQuery> = {
  prev: kind.boolean,
  ignoreValue: kind.boolean,
  lease: keyLeaseKind,
  ignoreLease: kind.boolean,
};
export const deleteKinds: Kinds<DeleteQuery> = { prev: kind.boolean };
// Lists of what is checked step by step when the transaction is sent.
export const branchKinds: Kinds<TxnBranches> = { if: kind.list, then: kind.list, else: kind.list };

/** Builders for the steps of a transaction. */
export const op: OpBuilders = {
  get(selector, query = {}) {
    query = checkOptions("op.get", query, queryKinds);
    return { type: "get", selector, query };
  },
  put(key, value, query = {}) {
    query = checkOptions("op.put", query, putKinds);
    return { type: "put", key, value, query };
  },
  delete(selector, query = {}) {
    query = checkOptions("op.delete", query, deleteKinds);
    return { type: "delete", selector, query };
  },
  txn(branches) {
    branches = checkOptions("op.txn", branches, branchKinds);
    return { type: "txn", branches };
  },
};
