import { conditionOps, type Condition, type FlagRule, type FlagRules, type Json, type Share } from "./flag-format.ts";

/** A flag as stored: a value for everybody, or rules. */
export type ParsedFlag = { readonly value: Json; readonly rules?: undefined } | { readonly rules: FlagRules };

/** What is wrong with a flag that is stored, and where in it. */
class FlagFault extends TypeError {}

/** Reads a flag from its JSON. Throws a `TypeError` that says what is wrong, and where. */
export function parseFlag(json: Json): ParsedFlag {
  if (!isObject(json) || !Object.hasOwn(json, "$flag")) return { value: json };
  const {
    $flag,
    enabled,
    variants,
    rules,
    default: fallback,
    split,
    by,
    seed,
  } = known(json, "the flag", ["$flag", "enabled", "variants", "rules", "default", "split", "by", "seed"]);
  if ($flag !== 1) throw new FlagFault("$flag: only format 1 is known");
  if (!isObject(variants) || Object.keys(variants).length === 0) throw new FlagFault("variants: expected at least one");
  const names = Object.keys(variants);
  if ((fallback === undefined) === (split === undefined)) {
    throw new FlagFault("expected either default or split, for whom no rule fits");
  }
  return {
    rules: {
      $flag,
      variants,
      ...(enabled !== undefined && { enabled: boolean(enabled, "enabled") }),
      ...(rules !== undefined && { rules: list(rules, "rules").map((rule, i) => ruleOf(rule, `rules.${i}`, names)) }),
      ...(fallback !== undefined && { default: variant(fallback, "default", names) }),
      ...(split !== undefined && { split: sharesOf(split, "split", names) }),
      ...(by !== undefined && { by: text(by, "by") }),
      ...(seed !== undefined && { seed: text(seed, "seed") }),
    },
  };
}

function ruleOf(json: Json, where: string, names: readonly string[]): FlagRule {
  const rule = known(json, where, ["if", "variant", "split"]);
  if ((rule["variant"] === undefined) === (rule["split"] === undefined)) {
    throw new FlagFault(`${where}: expected either variant or split`);
  }
  const conditions = list(rule["if"] ?? [], `${where}.if`).map((each, i) => conditionOf(each, `${where}.if.${i}`));
  return rule["split"] === undefined
    ? { if: conditions, variant: variant(rule["variant"], `${where}.variant`, names) }
    : { if: conditions, split: sharesOf(rule["split"], `${where}.split`, names) };
}

function conditionOf(json: Json, where: string): Condition {
  const { attribute, op, value } = known(json, where, ["attribute", "op", "value"]);
  const found = conditionOps.find((each) => each === op);
  if (found === undefined) throw new FlagFault(`${where}.op: expected one of ${conditionOps.join(", ")}`);
  const named = { attribute: text(attribute, `${where}.attribute`), op: found };
  if (found === "exists" || found === "missing") {
    if (value !== undefined) throw new FlagFault(`${where}.value: ${found} takes none`);
    return named;
  }
  if (value === undefined) throw new FlagFault(`${where}.value: expected a value`);
  if (found === "in" || found === "not in") list(value, `${where}.value`);
  else if (typeof value === "object") throw new FlagFault(`${where}.value: expected text, a number or a boolean`);
  if (found === "starts with" || found === "ends with") text(value, `${where}.value`);
  return { ...named, value };
}

function sharesOf(json: Json, where: string, names: readonly string[]): Share[] {
  const shares = list(json, where).map((each, i) => {
    const { variant: name, percent } = known(each, `${where}.${i}`, ["variant", "percent"]);
    if (typeof percent !== "number" || !(percent >= 0 && percent <= 100)) {
      throw new FlagFault(`${where}.${i}.percent: expected 0 to 100`);
    }
    return { variant: variant(name, `${where}.${i}.variant`, names), percent };
  });
  const sum = shares.reduce((total, { percent }) => total + percent, 0);
  // Decimals such as 33.3 do not add up exactly.
  if (Math.abs(sum - 100) > 1e-6) throw new FlagFault(`${where}: expected parts that make 100 percent, got ${sum}`);
  return shares;
}

function isObject(json: Json | undefined): json is { readonly [name: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** An object with no other names: a misspelt one would be ignored in silence. */
function known<N extends string>(json: Json, where: string, names: readonly N[]): Partial<Record<N, Json>> {
  if (!isObject(json)) throw new FlagFault(`${where}: expected an object`);
  const own: Partial<Record<N, Json>> = {};
  for (const [name, value] of Object.entries(json)) {
    const found = names.find((each) => each === name);
    if (found === undefined) throw new FlagFault(`${where}: unknown name "${name}"; there are ${names.join(", ")}`);
    own[found] = value;
  }
  return own;
}

function list(json: Json, where: string): readonly Json[] {
  if (Array.isArray(json)) return json;
  throw new FlagFault(`${where}: expected a list`);
}

function text(json: Json | undefined, where: string): string {
  if (typeof json === "string" && json !== "") return json;
  throw new FlagFault(`${where}: expected text`);
}

function boolean(json: Json, where: string): boolean {
  if (typeof json === "boolean") return json;
  throw new FlagFault(`${where}: expected true or false`);
}

function variant(json: Json | undefined, where: string, names: readonly string[]): string {
  const found = names.find((each) => each === json);
  if (found !== undefined) return found;
  throw new FlagFault(`${where}: expected one of the variants ${names.join(", ")}`);
}
