import type { Json } from "fetcd/flags";

/** What is wrong in a flag or a document, where, and what was expected. */
export interface FoundFault {
  readonly where: string;
  readonly what: string;
}

type JsonObject = { readonly [name: string]: Json };

type Arity = readonly [least: number, most: number];

function each(names: string, ...bounds: Arity): readonly (readonly [string, Arity])[] {
  return names.split(" ").map((name) => [name, bounds]);
}

/** How many arguments flagd's schema lets each operator have. */
const arity: ReadonlyMap<string, Arity> = new Map([
  ...each("var missing missing_some", 0, Infinity),
  ...each("== === != !== > >= % / map filter all none some in starts_with ends_with", 2, 2),
  ...each("< <= substr", 2, 3),
  ...each("reduce sem_ver", 3, 3),
  ...each("*", 2, Infinity),
  ...each("! !!", 1, 1),
  ...each("if or and + - max min merge cat fractional", 1, Infinity),
]);

const members = ["state", "variants", "defaultVariant", "targeting", "metadata"];

/** Everything in a document that breaks flagd's schema or that no evaluator could run. */
export function checkDocument(document: Json): FoundFault[] {
  if (!isObject(document) || !isObject(document["flags"])) {
    return [{ where: "flags", what: "expected an object of flags by their keys" }];
  }
  const { flags, $evaluators = {}, metadata } = document;
  return [
    ...checkEvaluators($evaluators),
    ...checkMetadata(metadata, "metadata"),
    ...["flagSetId", "version"].flatMap((name) =>
      isObject(metadata) && name in metadata && typeof metadata[name] !== "string"
        ? [{ where: `metadata.${name}`, what: "expected a string" }]
        : [],
    ),
    ...Object.entries(flags).flatMap(([key, flag]) => checkFlag(flag, `flags.${key}`, $evaluators)),
  ];
}

export function checkEvaluators(evaluators: Json): FoundFault[] {
  if (!isObject(evaluators)) return [{ where: "$evaluators", what: "expected an object of rules by their names" }];
  return Object.entries(evaluators).flatMap(([name, rule]) => checkRule(rule, `$evaluators.${name}`, evaluators, 0));
}

/** `evaluators`: the shared rules that the flag may refer to. */
export function checkFlag(flag: Json, where: string, evaluators: Json): FoundFault[] {
  if (!isObject(flag)) return [{ where, what: "expected a flag definition, an object with state and variants" }];
  const { state, variants, defaultVariant, targeting, metadata } = flag;
  const faults: FoundFault[] = [];
  const add = (name: string, what: string): void => void faults.push({ where: `${where}.${name}`, what });
  for (const name of Object.keys(flag)) {
    const meant = members.find((member) => member !== name && member.toLowerCase() === name.toLowerCase());
    if (meant !== undefined) add(name, `there is no such member; did you mean ${meant}?`);
  }
  if (state !== "ENABLED" && state !== "DISABLED")
    add("state", `expected "ENABLED" or "DISABLED", got ${describe(state)}`);
  if (!isObject(variants) || Object.keys(variants).length === 0) {
    add("variants", `expected an object with at least one variant, got ${describe(variants)}`);
  } else {
    const [first, ...others] = Object.entries(variants).map(([name, value]) => [name, kindOf(value)] as const);
    if ("" in variants) add("variants", "expected names that are not empty");
    for (const [name, kind] of [first, ...others].flatMap((each) => (each === undefined ? [] : [each]))) {
      if (kind === "array" || kind === "null")
        add(`variants.${name}`, `expected a boolean, number, string or object, got ${kind}`);
      else if (kind !== first?.[1]) add(`variants.${name}`, `expected ${first?.[1]}, as ${first?.[0]} is, got ${kind}`);
    }
    if (typeof defaultVariant === "string" && !Object.hasOwn(variants, defaultVariant)) {
      add(
        "defaultVariant",
        `expected one of ${Object.keys(variants).slice(0, 20).join(", ")}, got ${describe(defaultVariant)}`,
      );
    }
  }
  if (defaultVariant !== undefined && defaultVariant !== null && typeof defaultVariant !== "string") {
    add("defaultVariant", `expected the name of a variant or null, got ${describe(defaultVariant)}`);
  }
  if (targeting !== undefined) {
    if (!isObject(targeting)) add("targeting", `expected a rule, which is an object, got ${describe(targeting)}`);
    else if (Object.keys(targeting).length > 0)
      faults.push(...checkRule(targeting, `${where}.targeting`, evaluators, 0));
  }
  return [...faults, ...checkMetadata(metadata, `${where}.metadata`)];
}

function checkMetadata(metadata: Json | undefined, where: string): FoundFault[] {
  if (metadata === undefined) return [];
  if (!isObject(metadata)) return [{ where, what: `expected an object, got ${describe(metadata)}` }];
  return Object.entries(metadata).flatMap(([name, value]) =>
    ["string", "number", "boolean"].includes(typeof value)
      ? []
      : [{ where: `${where}.${name}`, what: `expected a string, number or boolean, got ${kindOf(value)}` }],
  );
}

function checkRule(rule: Json, where: string, evaluators: Json, level: number): FoundFault[] {
  if (level > 200) return [{ where: where.slice(0, 200), what: "nested deeper than 200 levels" }];
  if (isList(rule)) return rule.flatMap((item, i) => checkRule(item, `${where}.${i}`, evaluators, level + 1));
  if (!isObject(rule)) return [];
  const names = Object.keys(rule);
  const [name] = names;
  if (name === undefined) return [];
  if (names.length > 1)
    return [{ where, what: `expected one operator, got ${names.length}: ${names.slice(0, 5).join(", ")}` }];
  const given = rule[name] ?? null;
  const inside = `${where}.${name}`;
  if (name === "$ref") {
    const known = typeof given === "string" && isObject(evaluators) && Object.hasOwn(evaluators, given);
    return known ? [] : [{ where: inside, what: `expected the name of a rule in $evaluators, got ${describe(given)}` }];
  }
  const bounds = arity.get(name);
  if (bounds === undefined) return [{ where, what: `there is no operator ${describe(name)}` }];
  const args = isList(given) ? given : [given];
  const faults = args.flatMap((arg, i) => checkRule(arg, `${inside}.${i}`, evaluators, level + 2));
  // A single computed argument may yield the list of all arguments.
  const [least, most] = isList(given) ? bounds : [0, Infinity];
  if (args.length < least || args.length > most) {
    faults.push({ where: inside, what: `expected ${countOf(least, most)}, got ${args.length}` });
  }
  if (name === "fractional" && isList(given)) faults.push(...checkBuckets(given, inside));
  if (name === "sem_ver" && isList(given)) faults.push(...checkVersion(given, inside));
  return faults;
}

function checkBuckets(args: readonly Json[], where: string): FoundFault[] {
  return args.flatMap((bucket, i) => {
    if (!isList(bucket)) {
      const fine = i === 0 ? typeof bucket === "string" || isObject(bucket) : isObject(bucket);
      return fine ? [] : [{ where: `${where}.${i}`, what: `expected [variant, weight], got ${describe(bucket)}` }];
    }
    const [, weight = 1] = bucket;
    if (bucket.length === 0 || bucket.length > 2)
      return [{ where: `${where}.${i}`, what: "expected [variant] or [variant, weight]" }];
    const whole = typeof weight === "number" && Number.isInteger(weight) && weight >= 0 && weight <= 2 ** 31 - 1;
    return whole || isObject(weight)
      ? []
      : [
          {
            where: `${where}.${i}.1`,
            what: `expected a weight, a whole number of at least 0, got ${describe(weight)}`,
          },
        ];
  });
}

function checkVersion([, operator]: readonly Json[], where: string): FoundFault[] {
  const known = ["=", "!=", "<", "<=", ">", ">=", "^", "~"];
  if (isObject(operator) || (typeof operator === "string" && known.includes(operator))) return [];
  return [{ where: `${where}.1`, what: `expected one of ${known.join(" ")}, got ${describe(operator)}` }];
}

function countOf(least: number, most: number): string {
  if (most === Infinity) return `${least} arguments or more`;
  return least === most ? `${least} arguments` : `${least} to ${most} arguments`;
}

function describe(json: Json | undefined): string {
  const text = JSON.stringify(json) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function kindOf(json: Json): string {
  if (json === null) return "null";
  return Array.isArray(json) ? "array" : typeof json;
}

function isList(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** Whether JSON is meant as a flag definition. Unlike programs, it also takes one that lacks a member by mistake. */
export function isMeantAsDefinition(json: Json): json is { readonly [name: string]: Json } {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return false;
  return "variants" in json || Reflect.get(json, "state") === "ENABLED" || Reflect.get(json, "state") === "DISABLED";
}

export function faultText(faults: readonly FoundFault[]): string {
  return faults.map(({ where, what }) => `${where}: ${what}`).join("\n");
}
