import type { MessageInitShape } from "@bufbuild/protobuf";
import { Compare_CompareResult, Compare_CompareTarget } from "../../gen/enums.ts";
import type { CompareSchema, Compare as WireCompare } from "../../gen/etcdserverpb/kv_pb.ts";
import { invalidArgument, unexpected } from "../../transport/errors/etcd-error.ts";
import { checkCount, checkOneOf } from "../check.ts";
import { type Selector, type Value, valueBytes } from "../keys.ts";
import type { Keyspace } from "../namespace.ts";

/** How a condition compares: both sides equal, unequal, the key's less, or the key's greater. */
export type CompareOperator = "=" | "!=" | "<" | ">";

/** What a condition looks at, and what it compares that with. */
type Operand =
  | {
      /** A number that etcd keeps of each key. */
      readonly target: "version" | "createRevision" | "modRevision" | "lease";
      /** The number to compare with. */
      readonly operand: bigint;
    }
  | {
      /** The value of each key, bytewise. */
      readonly target: "value";
      /** The bytes to compare with. */
      readonly operand: Uint8Array;
    };

/**
 * A condition of a transaction, as plain data: which keys it is about is settled by the client that sends it. Over a
 * range of keys it holds if it holds for each of them.
 */
export type Compare = Operand & {
  /** The keys that it is about. */
  readonly selector: Selector;
  /** How they compare with `operand`. */
  readonly operator: CompareOperator;
};

/** Builds a condition on a number of each key that `selector` names. */
type Counter = (selector: Selector, operator: CompareOperator, operand: bigint) => Compare;

const counter =
  (target: "version" | "createRevision" | "modRevision" | "lease"): Counter =>
  (selector, operator, operand) => ({
    target,
    selector,
    operator: checkOneOf(operator, operators, `compare.${target}`),
    operand: target === "lease" ? checkLease(operand) : checkCount(operand, `compare.${target}`),
  });

const operators = ["=", "!=", "<", ">"] as const;

/** Lease ids may be negative, and 0 stands for no lease. */
function checkLease(operand: unknown): bigint {
  if (typeof operand === "bigint") return operand;
  throw unexpected("compare.lease", "a bigint", operand);
}

/** Builders for the conditions of a transaction: see {@link compare}. */
export interface CompareBuilders {
  /** Bytewise. A key that does not exist fails every comparison of its value, `!=` too. */
  value(selector: Selector, operator: CompareOperator, operand: Value): Compare;
  /** The number of writes since creation; 0 for a key that does not exist. */
  readonly version: Counter;
  /** 0 for a key that does not exist. */
  readonly createRevision: Counter;
  /** 0 for a key that does not exist. */
  readonly modRevision: Counter;
  /** 0 for no lease. */
  readonly lease: Counter;
  /** Every key of the range exists, and there is at least one. */
  exists(selector: Selector): Compare;
  /** No key of the range exists. */
  missing(selector: Selector): Compare;
}

/** Builders for the conditions of a transaction. */
export const compare: CompareBuilders = {
  value: (selector, operator, operand) => ({
    target: "value",
    selector,
    operator: checkOneOf(operator, operators, "compare.value"),
    operand: valueBytes(operand, "compare.value"),
  }),
  version: counter("version"),
  createRevision: counter("createRevision"),
  modRevision: counter("modRevision"),
  lease: counter("lease"),
  exists: (selector) => ({ target: "createRevision", selector, operator: ">", operand: 0n }),
  missing: (selector) => ({ target: "createRevision", selector, operator: "=", operand: 0n }),
};

const results: Record<CompareOperator, WireCompare["result"]> = {
  "=": Compare_CompareResult.EQUAL,
  "!=": Compare_CompareResult.NOT_EQUAL,
  "<": Compare_CompareResult.LESS,
  ">": Compare_CompareResult.GREATER,
};

const targets: Record<Compare["target"], WireCompare["target"]> = {
  value: Compare_CompareTarget.VALUE,
  version: Compare_CompareTarget.VERSION,
  createRevision: Compare_CompareTarget.CREATE,
  modRevision: Compare_CompareTarget.MOD,
  lease: Compare_CompareTarget.LEASE,
};

export function encodeCompare(condition: Compare, keyspace: Keyspace): MessageInitShape<typeof CompareSchema> {
  const { selector, operator, target, operand } = condition;
  if (!Object.hasOwn(targets, target)) throw invalidArgument("if: expected conditions made by compare");
  checkOneOf(operator, operators, "if");
  return {
    ...keyspace.range(selector, "compare"),
    result: results[operator],
    target: targets[target],
    targetUnion: { case: target, value: operand } as WireCompare["targetUnion"],
  };
}
