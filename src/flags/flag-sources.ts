import { isError } from "../transport/platform.ts";
import type { Entry } from "../v3/kv/entry.ts";
import type { Json } from "./flag-format.ts";
import { isJsonList } from "./logic/compile-rule.ts";
import { isJsonObject } from "./parse-flag.ts";

/** What a flag is read from. */
export interface FlagSource {
  /** The same as long as the flag is: a flag with the same stamp is not read again. */
  readonly stamp: unknown;
  /** `definition`: it cannot be the plain value of a flag. */
  readonly kind: "any" | "definition";
  /** Throws if it is not JSON. */
  json(): Json;
}

/** What a set of flags is read from. */
export interface FlagSources {
  readonly flags: ReadonlyMap<string, FlagSource>;
  readonly evaluators: Json | undefined;
  readonly metadata: Json | undefined;
  /** What is stored among the flags and cannot be a flag, by its name, and why. */
  readonly faults: ReadonlyMap<string, string>;
}

export const noSources: FlagSources = {
  flags: new Map(),
  evaluators: undefined,
  metadata: undefined,
  faults: new Map(),
};

/** Keys below a prefix that hold what a document has beside its flags. */
export const evaluatorsKey = "$evaluators";
export const metadataKey = "$metadata";

/** One flag at each key: `entries` by what comes after the prefix. */
export function sourcesOfEntries(
  entries: Iterable<readonly [string, Entry]>,
  strange: ReadonlyMap<string, string>,
): FlagSources {
  const flags = new Map<string, FlagSource>();
  const faults = new Map(strange);
  const parts = new Map<string, Json | undefined>();
  for (const [name, entry] of entries) {
    const source = { stamp: entry, kind: "any", json: () => entry.json<Json>() } as const;
    if (name !== evaluatorsKey && name !== metadataKey) flags.set(name, source);
    else {
      try {
        parts.set(name, objectOf(source.json()));
      } catch (error) {
        faults.set(name, `"${name}" is invalid: ${isError(error) ? error.message : String(error)}`);
      }
    }
  }
  return { flags, evaluators: parts.get(evaluatorsKey), metadata: parts.get(metadataKey), faults };
}

/** A whole document. `kind`: what its flags may be; in flagd, definitions. Throws a `TypeError` for anything else. */
export function sourcesOfDocument(json: Json, kind: FlagSource["kind"]): FlagSources {
  if (!isJsonObject(json)) throw new TypeError("expected a flagd document, an object with flags");
  const { flags, $evaluators, metadata } = json;
  const entries = isJsonList(flags) ? flags.map(keyed) : isJsonObject(flags) ? Object.entries(flags) : undefined;
  if (entries === undefined) throw new TypeError("flags: expected an object of flags by their keys");
  return {
    flags: new Map(entries.map(([name, flag]) => [name, { stamp: flag, kind, json: () => flag }])),
    evaluators: $evaluators,
    metadata,
    faults: new Map(),
  };
}

/** flagd takes a list of flags that say their own key, too. */
function keyed(flag: Json, i: number): [string, Json] {
  if (isJsonObject(flag) && typeof flag["key"] === "string") return [flag["key"], flag];
  throw new TypeError(`flags.${i}.key: expected a string`);
}

function objectOf(json: Json): Json {
  if (isJsonObject(json)) return json;
  throw new TypeError("expected an object");
}
