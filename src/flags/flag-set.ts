import type { StandardSchemaV1 } from "@standard-schema/spec";
import { chooseVariant } from "./evaluate-flag.ts";
import type { FlagContext, Json } from "./flag-format.ts";
import { murmur3 } from "./murmur3.ts";
import { type ParsedFlag, parseFlag } from "./parse-flag.ts";

/** Why a flag has the value it has, in the words of OpenFeature. */
export type FlagReason = "STATIC" | "DEFAULT" | "TARGETING_MATCH" | "SPLIT" | "DISABLED" | "STALE" | "ERROR";
export type FlagErrorCode = "PARSE_ERROR" | "TYPE_MISMATCH" | "TARGETING_KEY_MISSING" | "PROVIDER_NOT_READY";

/** A flag's value for somebody, and where it comes from. */
export interface FlagDetails<T> {
  readonly value: T;
  /** The name of the variant, where the flag has any. */
  readonly variant: string | undefined;
  readonly reason: FlagReason;
  /** With reason `ERROR`: `value` is the default of the program. */
  readonly errorCode?: FlagErrorCode;
  readonly errorMessage?: string;
}

/** Checks a flag's value and makes what the program sees of it. Throws for one that does not fit. */
export type CheckFlag = (name: string, value: Json) => unknown;

interface Flag {
  /** The JSON it was read from: what is the same there is not read again. */
  readonly source: string;
  /** The JSON that `parsed` comes from: `source`, or the last one that was good. */
  readonly good: string | undefined;
  readonly parsed: ParsedFlag | undefined;
  /** By variant, "" for a value without; as `check` made them. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Why the source is not used. */
  readonly fault: { readonly code: FlagErrorCode; readonly message: string } | undefined;
}

/** All flags as of one moment. */
export interface FlagSet {
  readonly flags: ReadonlyMap<string, Flag>;
  /** Of all that is served: equal content has an equal digest, in every process. 16 hex digits. */
  readonly digest: string;
  /** Flags that are stored, valid or not. */
  readonly names: { has(name: string): boolean };
  /** The JSON that each flag is served from. */
  readonly good: ReadonlyMap<string, string>;
  readonly faults: ReadonlyMap<string, string>;
  details(name: string, fallback: unknown, context: FlagContext): FlagDetails<unknown>;
}

/** The flags of these sources. A flag with a fault stays as it was in `last`, where it was there and good. */
export function createFlagSet(sources: ReadonlyMap<string, string>, check: CheckFlag, last?: FlagSet): FlagSet {
  const flags = new Map<string, Flag>();
  for (const [name, source] of sources) {
    const before = last?.flags.get(name);
    flags.set(name, before?.source === source ? before : readFlag(name, source, check, before));
  }
  const faults = new Map<string, string>();
  const good = new Map<string, string>();
  for (const [name, flag] of flags) {
    if (flag.fault !== undefined) faults.set(name, flag.fault.message);
    if (flag.good !== undefined) good.set(name, flag.good);
  }
  return {
    flags,
    digest: digestOf(good),
    names: flags,
    good,
    faults,
    details(name, value, context) {
      const flag = flags.get(name);
      if (flag === undefined) return { value, variant: undefined, reason: "DEFAULT" };
      if (flag.parsed === undefined) {
        const { code = "PARSE_ERROR", message = "" } = flag.fault ?? {};
        return { value, variant: undefined, reason: "ERROR", errorCode: code, errorMessage: message };
      }
      const { rules } = flag.parsed;
      if (rules === undefined) return { value: flag.values.get(""), variant: undefined, reason: "STATIC" };
      const choice = chooseVariant(rules, name, context);
      if (choice.reason === "DISABLED") return { value, variant: undefined, reason: choice.reason };
      if (choice.reason !== "ERROR") return { ...choice, value: flag.values.get(choice.variant) };
      const errorMessage = `the flag "${name}" is split by ${choice.by}, which the context does not have`;
      return { value, variant: undefined, reason: "ERROR", errorCode: "TARGETING_KEY_MISSING", errorMessage };
    },
  };
}

function readFlag(name: string, source: string, check: CheckFlag, last: Flag | undefined): Flag {
  let code: FlagErrorCode = "PARSE_ERROR";
  try {
    const parsed = parseFlag(JSON.parse(source) as Json);
    code = "TYPE_MISMATCH";
    const variants = parsed.rules === undefined ? { "": parsed.value } : parsed.rules.variants;
    const values = new Map(Object.entries(variants).map(([variant, value]) => [variant, check(name, value)]));
    return { source, good: source, parsed, values, fault: undefined };
  } catch (error) {
    const message = `the flag "${name}" is not valid: ${error instanceof Error ? error.message : String(error)}`;
    const { good, parsed, values = new Map() } = last ?? {};
    return { source, good, parsed, values, fault: { code, message } };
  }
}

function digestOf(sources: ReadonlyMap<string, string>): string {
  const text = JSON.stringify([...sources].sort(([a], [b]) => (a < b ? -1 : 1)));
  return [0, 1].map((seed) => murmur3(text, seed).toString(16).padStart(8, "0")).join("");
}

/** A check by one schema for each flag, or by one for the object of all; without any, by the kind of the default. */
export function checkBySchema(
  schema: StandardSchemaV1 | Readonly<Record<string, StandardSchemaV1>> | undefined,
  defaults: Readonly<Record<string, unknown>>,
): CheckFlag {
  if (schema === undefined) return (name, value) => sameKind(defaults, name, value);
  if (isSchema(schema)) {
    return (name, value) => {
      if (!Object.hasOwn(defaults, name)) return value;
      const output = validated(schema, { ...defaults, [name]: value });
      return typeof output === "object" && output !== null ? Reflect.get(output, name) : undefined;
    };
  }
  return (name, value) => {
    const own = Object.hasOwn(schema, name) ? schema[name] : undefined;
    return own === undefined ? sameKind(defaults, name, value) : validated(own, value);
  };
}

export function isSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const props: unknown = Reflect.get(value, "~standard");
  return typeof props === "object" && props !== null && typeof Reflect.get(props, "validate") === "function";
}

function validated(schema: StandardSchemaV1, value: unknown): unknown {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise)
    throw new TypeError("flags are read without waiting: the schema has to answer at once");
  if (result.issues !== undefined) throw new TypeError(result.issues.map(({ message }) => message).join("; "));
  return result.value;
}

function sameKind(defaults: Readonly<Record<string, unknown>>, name: string, value: Json): Json {
  // A flag that the program does not know is of interest to those who look it up by name alone.
  if (!Object.hasOwn(defaults, name)) return value;
  const [expected, actual] = [kindOf(defaults[name]), kindOf(value)];
  if (expected !== actual) throw new TypeError(`expected ${expected}, got ${actual}`);
  return value;
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
}
