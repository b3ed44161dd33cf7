/** A compiled rule: pure but for the steps that it counts in `scope.run`. Never throws for what a context holds. */
export type CompiledRule = (scope: RuleScope) => unknown;

/** What a rule is evaluated in. */
export interface RuleScope {
  /** What `var` reads: the context, or inside of `map` and its like the element. */
  readonly data: unknown;
  /** `$flagd` of the context; `undefined` inside of `map` and its like. */
  readonly flagd: { readonly flagKey: string; readonly timestamp: number } | undefined;
  readonly run: Run;
}

/** One evaluation of a flag. */
export interface Run {
  /** Steps that it may still take. */
  left: number;
}

/** A part of a rule. */
export interface RuleNode {
  readonly evaluate: CompiledRule;
  /** The same for everybody. */
  readonly constant: boolean;
  /** Operators and values in it, those of shared rules included. */
  readonly size: number;
  readonly depth: number;
}

/**
 * Makes a rule of an operator's arguments. `bare`: there was one argument, outside of a list, so that a list which it
 * gives stands for all of them.
 */
export type Operator = (args: readonly RuleNode[], bare: boolean) => CompiledRule;

/**
 * Steps of one evaluation. A rule without iterators takes one for each of its operators; with them the cost is a product
 * of lengths, which only this bounds.
 */
export const maxSteps = 500_000;

/** Counts `steps`, for work on something of that size. Throws when an evaluation has taken too many. */
export function spend({ run }: RuleScope, steps: number): void {
  run.left -= steps;
  if (run.left < 0) throw new RangeError(`the targeting takes more than ${maxSteps} steps`);
}

/** The value of an argument that may not be there. */
export function argumentValue(node: RuleNode | undefined, scope: RuleScope): unknown {
  return node === undefined ? null : node.evaluate(scope);
}

/** The values of all arguments. */
export function valuesOf(args: readonly RuleNode[], bare: boolean, scope: RuleScope): readonly unknown[] {
  if (!bare) return args.map((node) => node.evaluate(scope));
  const value = argumentValue(args[0], scope);
  return isList(value) ? value : [value];
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
