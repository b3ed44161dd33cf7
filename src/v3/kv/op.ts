import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { keyLeaseKind } from "../check.ts";
import type { Compare } from "./compare.ts";
import type { Entry } from "./entry.ts";
import type { Key, Selector, Value } from "../keys.ts";
import { queryKinds, type RangeQuery, type RangeResult } from "./range.ts";

/** How a value is written: with the lease it is to hang on, or keeping the one it has. */
export type PutQuery = {
  /** Answer the entry that was replaced. */
  readonly prev?: boolean | undefined;
  /** Keep the value, only change the lease; the value given must be empty. The key must exist. */
  readonly ignoreValue?: boolean | undefined;
} & (
  | { readonly lease?: bigint | undefined; readonly ignoreLease?: false | undefined }
  /** Keep the lease. The key must exist. */
  | { readonly lease?: undefined; readonly ignoreLease: true }
);

export interface DeleteQuery {
  /** Answer the entries that were deleted. */
  readonly prev?: boolean | undefined;
}

export interface GetOp {
  readonly type: "get";
  readonly selector: Selector;
  readonly query: RangeQuery;
}
export interface PutOp {
  readonly type: "put";
  readonly key: Key;
  readonly value: Value;
  readonly query: PutQuery;
}
export interface DeleteOp {
  readonly type: "delete";
  readonly selector: Selector;
  readonly query: DeleteQuery;
}
export interface TxnOp<Then extends readonly Op[] = readonly Op[], Else extends readonly Op[] = readonly Op[]> {
  readonly type: "txn";
  readonly branches: TxnBranches<Then, Else>;
}
/** One step of a transaction, as plain data: which keys it is about is settled by the client that sends it. */
export type Op = GetOp | PutOp | DeleteOp | TxnOp;

export interface TxnBranches<Then extends readonly Op[] = readonly Op[], Else extends readonly Op[] = readonly Op[]> {
  /** All must hold for `then`, otherwise `else` runs. None: `then`. */
  readonly if?: readonly Compare[] | undefined;
  readonly then?: Then | undefined;
  readonly else?: Else | undefined;
}

export interface GetOpResult extends RangeResult {
  readonly type: "get";
  /** The first entry, for reads of a single key. */
  readonly entry: Entry | null;
}
export interface PutOpResult {
  readonly type: "put";
  readonly revision: bigint;
  readonly prev: Entry | null;
}
export interface DeleteOpResult {
  readonly type: "delete";
  readonly revision: bigint;
  readonly deleted: bigint;
  readonly prev: Entry[];
}
export type TxnOpResult<Then extends readonly Op[] = readonly Op[], Else extends readonly Op[] = readonly Op[]> = {
  readonly type: "txn";
} & TxnOutcome<Then, Else>;

export type OpResult = GetOpResult | PutOpResult | DeleteOpResult | TxnOpResult;

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

export type TxnOutcome<Then extends readonly Op[], Else extends readonly Op[]> =
  | { readonly succeeded: true; readonly revision: bigint; readonly results: ResultsOf<Then> }
  | { readonly succeeded: false; readonly revision: bigint; readonly results: ResultsOf<Else> };

interface OpBuilders {
  /** A read. One with a `revision` is refused beside a write: members could come to disagree over it (etcd#18667). */
  get(selector: Selector, query?: RangeQuery): GetOp;
  put(key: Key, value: Value, query?: PutQuery): PutOp;
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
