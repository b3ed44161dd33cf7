import { murmur3 } from "../murmur3.ts";
import { isList, type Operator, type RuleScope, spend, valuesOf } from "./rule.ts";
import { jsonOf, memberOf } from "./values.ts";
import { isObject } from "../../transport/platform.ts";

/** The most that a weight, and all of them together, may be. */
const mostWeight = 2 ** 31 - 1;

/**
 * flagd's `fractional`: `[bucketBy?, [variant, weight?], …]`. Whole numbers all the way, so that every implementation
 * puts everybody into the same bucket. `null`, which leaves it to the default variant, for whatever is no such list.
 */
export const fractional: Operator = (args, bare) => (scope) => {
  const values = valuesOf(args, bare, scope);
  spend(scope, values.length);
  const [first] = values;
  const bucketBy = typeof first === "string" ? first : keyOf(scope);
  const buckets = typeof first === "string" || first === null ? values.slice(1) : values;
  if (bucketBy === undefined) return null;
  const variants: unknown[] = [];
  const ends: number[] = [];
  let total = 0;
  for (const bucket of buckets) {
    if (!isList(bucket) || bucket.length === 0) return null;
    const [variant, weight] = [jsonOf(bucket[0]), weightOf(jsonOf(bucket[1]))];
    if (weight === undefined || isObject(variant)) return null;
    total += weight;
    variants.push(variant);
    ends.push(total);
  }
  if (total === 0 || total > mostWeight) return null;
  const bucket = bucketOf(murmur3(bucketBy), total);
  return variants[ends.findIndex((end) => bucket < end)];
};

/** By whom buckets are told apart where nothing is said: the same user falls into another bucket with every flag. */
function keyOf({ data, flagd }: RuleScope): string | undefined {
  const key = memberOf(data, "targetingKey");
  return flagd !== undefined && typeof key === "string" && key !== "" ? flagd.flagKey + key : undefined;
}

/** `undefined`: not a weight. */
function weightOf(weight: unknown): number | undefined {
  if (weight === null) return 1;
  return Number.isInteger(weight) && Number(weight) <= mostWeight ? Math.max(0, Number(weight)) : undefined;
}

/** `hash * total / 2^32` without its fraction. In two halves, because a number may not hold the product exactly. */
export function bucketOf(hash: number, total: number): number {
  const [high, low] = [Math.floor(hash / 0x10000), hash % 0x10000];
  return Math.floor((high * total + Math.floor((low * total) / 0x10000)) / 0x10000);
}
