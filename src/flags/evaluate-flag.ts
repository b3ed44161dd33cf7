import type { Condition, FlagContext, FlagRules, Json, Share } from "./flag-format.ts";
import { murmur3 } from "./murmur3.ts";

/** Which variant of a flag somebody gets, and why, in the words of OpenFeature. */
export type Choice =
  | { readonly variant: string; readonly reason: "STATIC" | "DEFAULT" | "TARGETING_MATCH" | "SPLIT" }
  | { readonly variant?: undefined; readonly reason: "DISABLED" }
  | { readonly variant?: undefined; readonly reason: "ERROR"; readonly by: string };

/** Pure: the same flag, name and context give the same variant, wherever and whenever. */
export function chooseVariant(flag: FlagRules, name: string, context: FlagContext): Choice {
  if (flag.enabled === false) return { reason: "DISABLED" };
  const rule = flag.rules?.find((each) => each.if.every((condition) => holds(condition, context)));
  const { variant, split } = rule ?? { variant: flag.default, split: flag.split };
  if (split !== undefined) {
    const by = flag.by ?? "targetingKey";
    const id = ownAttribute(context, by);
    if (typeof id !== "string" && typeof id !== "number") return { reason: "ERROR", by };
    return { variant: shareOf(split, bucketOf(flag.seed ?? name, String(id))), reason: "SPLIT" };
  }
  const reason = rule !== undefined ? "TARGETING_MATCH" : flag.rules?.length ? "DEFAULT" : "STATIC";
  return { variant: variant ?? "", reason };
}

/**
 * Where in 0 to 100 an id falls: MurmurHash3 (x86, 32 bits, seed 0) of the UTF-8 of `seed + "/" + id`, divided by 2^32,
 * times 100. A part that grows keeps whom it has.
 */
export function bucketOf(seed: string, id: string): number {
  return (murmur3(`${seed}/${id}`) / 2 ** 32) * 100;
}

function shareOf(split: readonly Share[], bucket: number): string {
  let end = 0;
  for (const { variant, percent } of split) {
    end += percent;
    if (bucket < end) return variant;
  }
  // Parts such as three times 33.333333 end a little below 100.
  return split.filter(({ percent }) => percent > 0).at(-1)?.variant ?? "";
}

/** What somebody put on `Object.prototype` is no attribute of theirs. */
function ownAttribute(context: FlagContext, name: string): unknown {
  return Object.hasOwn(context, name) ? context[name] : undefined;
}

function holds({ attribute, op, value = null }: Condition, context: FlagContext): boolean {
  const actual = ownAttribute(context, attribute);
  const there = actual !== undefined && actual !== null;
  if (op === "missing") return !there;
  if (!there) return false;
  switch (op) {
    case "exists":
      return true;
    case "=":
      return actual === value;
    case "!=":
      return actual !== value;
    case "in":
      return isList(value) && value.some((each) => each === actual);
    case "not in":
      return isList(value) && !value.some((each) => each === actual);
    case "starts with":
      return typeof actual === "string" && typeof value === "string" && actual.startsWith(value);
    case "ends with":
      return typeof actual === "string" && typeof value === "string" && actual.endsWith(value);
    case "contains":
      if (Array.isArray(actual)) return actual.includes(value);
      return typeof actual === "string" && typeof value === "string" && actual.includes(value);
    default:
      return compares(actual, op, value);
  }
}

/** Numbers by size, texts by their characters' codes; of two kinds nothing is said. */
function compares(actual: unknown, op: "<" | "<=" | ">" | ">=", value: Json): boolean {
  const numbers = typeof actual === "number" && typeof value === "number";
  const texts = typeof actual === "string" && typeof value === "string";
  if (!numbers && !texts) return false;
  if (op === "<") return actual < value;
  if (op === "<=") return actual <= value;
  if (op === ">") return actual > value;
  return actual >= value;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
