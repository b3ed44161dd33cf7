import type { FlagMetadata, Json } from "./flag-format.ts";
import { at, fault, type FlagPath, quotedName } from "./flag-fault.ts";
import { isJsonList, maxRuleDepth, type RuleCompiler } from "./logic/compile-rule.ts";
import type { CompiledRule } from "./logic/rule.ts";

/** A flag with its targeting compiled. */
export interface ParsedFlag {
  readonly enabled: boolean;
  /** By variant; the value for everybody of a flag without variants is at "". */
  readonly values: ReadonlyMap<string, Json>;
  /** `undefined`: the program's own default. */
  readonly defaultVariant: string | undefined;
  readonly targeting: CompiledRule | undefined;
  readonly metadata: FlagMetadata;
}

type JsonObject = { readonly [name: string]: Json };

/** Whether JSON is a definition with variants, be it a good one, or the value of a flag itself. */
export function isDefinition(json: Json): json is JsonObject {
  if (!isJsonObject(json)) return false;
  const has = (name: string): boolean => Object.hasOwn(json, name);
  if (has("state") && (json["state"] === "ENABLED" || json["state"] === "DISABLED")) return true;
  return has("variants") && (has("state") || has("defaultVariant") || has("targeting"));
}

/**
 * Reads a flag from its JSON, for time and memory that follow its size. Throws a `FlagFault`: what is wrong, and where.
 */
export function parseFlag(json: Json, kind: "any" | "definition", compiler: RuleCompiler): ParsedFlag {
  const definition = kind === "definition" ? isJsonObject(json) : isDefinition(json);
  if (kind === "definition" && !definition) throw fault(at("the flag"), "expected an object with state and variants");
  if (!definition) {
    return { enabled: true, values: new Map([["", json]]), defaultVariant: "", targeting: undefined, metadata: {} };
  }
  const own = (name: string): Json | undefined =>
    isJsonObject(json) && Object.hasOwn(json, name) ? json[name] : undefined;
  const state = own("state");
  if (state !== "ENABLED" && state !== "DISABLED") throw fault(at("state"), "expected ENABLED or DISABLED");
  const enabled = state === "ENABLED";
  const values = variantsOf(own("variants"));
  const targeting = own("targeting");
  // A flag is switched off whatever its targeting is.
  const none = !enabled || targeting === undefined || (isJsonObject(targeting) && Object.keys(targeting).length === 0);
  return {
    enabled,
    // Of a flag that is switched off no value is served.
    values: enabled ? values : new Map(),
    defaultVariant: defaultOf(own("defaultVariant") ?? null, values),
    targeting: none ? undefined : compiler.compile(targeting, at("targeting")),
    metadata: metadataOf(own("metadata")),
  };
}

function variantsOf(variants: Json | undefined): ReadonlyMap<string, Json> {
  if (!isJsonObject(variants)) throw fault(at("variants"), "expected an object of values by their names");
  const values = new Map(Object.entries(variants));
  if (values.size === 0) throw fault(at("variants"), "expected at least one");
  if (values.has("")) throw fault(at("variants"), "expected names that are not empty");
  return values;
}

function defaultOf(name: Json, values: ReadonlyMap<string, Json>): string | undefined {
  if (name === null || name === "") return undefined;
  if (typeof name !== "string") throw fault(at("defaultVariant"), "expected the name of a variant, or null");
  if (values.has(name)) return name;
  throw fault(at("defaultVariant"), `there is no variant ${quotedName(name)}`);
}

/** What flagd's schema has no kind for is left out: it never costs the flag. */
export function metadataOf(json: Json | undefined): FlagMetadata {
  if (!isJsonObject(json)) return {};
  const plain = Object.entries(json).filter(
    (member): member is [string, FlagMetadata[string]] => member[1] !== null && typeof member[1] !== "object",
  );
  return Object.fromEntries(plain);
}

/**
 * Values are handed out to many: nobody may change them. What is nested so deep that nothing else can walk it throws a
 * `FlagFault`.
 */
export function freeze(json: Json, path?: FlagPath, level: number = 0): void {
  if (typeof json !== "object" || json === null) return;
  if (level > maxRuleDepth) throw fault(path ?? at("the flag"), `nested deeper than ${maxRuleDepth} levels`);
  if (isJsonList(json)) for (const [i, item] of json.entries()) freeze(item, at(i, path), level + 1);
  else for (const [name, value] of Object.entries(json)) freeze(value, at(name, path), level + 1);
  Object.freeze(json);
}

export function isJsonObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
