/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Whom a flag is evaluated for: attributes, and a key to split by. */
export interface FlagContext {
  /** Who or what gets the same part of a split each time, such as a user's id. */
  readonly targetingKey?: string | undefined;
  readonly [attribute: string]: unknown;
}

export const conditionOps = [
  "=",
  "!=",
  "in",
  "not in",
  "<",
  "<=",
  ">",
  ">=",
  "starts with",
  "ends with",
  "contains",
  "exists",
  "missing",
] as const;
export type ConditionOp = (typeof conditionOps)[number];

/** Something that an attribute of the context must be. Without the attribute only `missing` holds. */
export interface Condition {
  readonly attribute: string;
  readonly op: ConditionOp;
  /** A list for `in` and `not in`; none for `exists` and `missing`. */
  readonly value?: Json;
}

/** A part of all, in percent. The parts of a split make 100. */
export interface Share {
  readonly variant: string;
  readonly percent: number;
}

/** What is served, if all conditions hold: a variant, or a split among some. */
export interface FlagRule {
  readonly if: readonly Condition[];
  readonly variant?: string;
  readonly split?: readonly Share[];
}

/**
 * A flag with rules, as it is stored in etcd. The first rule that fits decides, then `default` or `split`. JSON without
 * `"$flag": 1` is the flag's value itself, for everybody.
 */
export interface FlagRules {
  readonly $flag: 1;
  /** `false`: the program's own default is served. */
  readonly enabled?: boolean;
  readonly variants: Readonly<Record<string, Json>>;
  readonly rules?: readonly FlagRule[];
  readonly default?: string;
  readonly split?: readonly Share[];
  /** The attribute to split by. Default `targetingKey`. */
  readonly by?: string;
  /** Flags with the same seed split alike. Default: the flag's name. */
  readonly seed?: string;
}
