import { isError } from "../transport/platform.ts";
import type { CheckValue } from "./check-value.ts";
import { chooseVariant } from "./evaluate-flag.ts";
import type { FlagDetails, FlagErrorCode } from "./flag-details.ts";
import type { FlagContext, FlagDocument, FlagMetadata, Json } from "./flag-format.ts";
import type { FlagSource, FlagSources } from "./flag-sources.ts";
import { createRuleCompiler, type RuleCompiler } from "./logic/compile-rule.ts";
import { murmur3 } from "./murmur3.ts";
import { freeze, isJsonObject, metadataOf, type ParsedFlag, parseFlag } from "./parse-flag.ts";

/** A flag that can be served. */
interface GoodFlag {
  readonly json: Json;
  /** The same without spaces: what is the same there is the same flag. */
  readonly text: string;
  readonly parsed: ParsedFlag;
  /** By variant, as the check of values made them. */
  readonly values: ReadonlyMap<string, unknown>;
}

interface Flag {
  readonly source: FlagSource;
  /** What it was compiled with, if it refers to shared rules. */
  readonly compiler: RuleCompiler | undefined;
  /** What it is served from: the source, or the last one that was good. */
  readonly good: GoodFlag | undefined;
  /** Why the source is not used. */
  readonly fault: { readonly code: FlagErrorCode; readonly message: string } | undefined;
}

/** All flags as of one moment. */
export interface FlagSet {
  readonly sources: FlagSources;
  readonly flags: ReadonlyMap<string, Flag>;
  readonly shared: SharedRules;
  readonly metadata: FlagMetadata;
  /** Of all that is served: equal content has an equal digest, in every process. 16 hex digits. */
  readonly digest: string;
  /** What is stored and not valid, by its name, and why. */
  readonly faults: ReadonlyMap<string, string>;
  /** A flag for somebody; `value` where the program's own default is due. `undefined`: no flag of that name is stored. */
  details(name: string, value: unknown, context: FlagContext, now: number): FlagDetails<unknown> | undefined;
  toJSON(): FlagDocument;
}

interface SharedRules {
  readonly json: Json | undefined;
  readonly text: string;
  readonly compiler: RuleCompiler;
}

const noMetadata: FlagMetadata = {};

/** The flags of these sources. A flag with a fault stays as it was in `last`, where it was there and good. */
export function createFlagSet(sources: FlagSources, check: CheckValue, last?: FlagSet): FlagSet {
  const shared = sharedRules(sources.evaluators, last?.shared);
  const metadata = metadataOf(sources.metadata);
  const bare = Object.keys(metadata).length === 0;
  const flags = new Map<string, Flag>();
  const faults = new Map(sources.faults);
  for (const [name, source] of sources.flags) {
    const before = last?.flags.get(name);
    const flag = readFlag(name, source, { compiler: shared.compiler, check, last: before });
    flags.set(name, flag);
    if (flag.fault !== undefined) faults.set(name, flag.fault.message);
  }
  let digest: string | undefined;
  return {
    sources,
    flags,
    shared,
    metadata,
    faults,
    get digest() {
      return (digest ??= digestOf(flags, shared.text + JSON.stringify(metadata)));
    },
    details(name, value, context, now) {
      const flag = flags.get(name);
      if (flag === undefined) return undefined;
      const own = flag.good?.parsed.metadata ?? noMetadata;
      const all = bare ? own : { ...metadata, ...own };
      if (flag.good === undefined) {
        const { code = "PARSE_ERROR", message = "" } = flag.fault ?? {};
        return { value, variant: undefined, reason: "ERROR", metadata: all, errorCode: code, errorMessage: message };
      }
      const choice = chooseVariant(flag.good.parsed, name, context, now);
      const { variant, reason } = choice;
      if (reason === "ERROR") {
        const errorMessage = `the flag "${name}" cannot be evaluated: ${choice.message}`;
        return { value, variant: undefined, reason, metadata: all, errorCode: "GENERAL", errorMessage };
      }
      if (variant === undefined) return { value, variant, reason, metadata: all };
      return {
        value: flag.good.values.get(variant),
        variant: variant === "" ? undefined : variant,
        reason,
        metadata: all,
      };
    },
    toJSON: () => ({
      flags: Object.fromEntries(
        Array.from(flags).flatMap(([name, { good }]) => (good === undefined ? [] : [[name, good.json]])),
      ),
      ...(isJsonObject(shared.json) && { $evaluators: shared.json }),
      ...(!bare && { metadata }),
    }),
  };
}

/** The flags that are served another way in `next`, in the order of their names. */
export function changedNames(last: FlagSet, next: FlagSet): string[] {
  if (last === next) return [];
  const names = new Set([...last.flags.keys(), ...next.flags.keys()]);
  return [...names].sort().filter((name) => {
    const [a, b] = [last.flags.get(name), next.flags.get(name)];
    return a?.good?.text !== b?.good?.text || (a !== b && a?.compiler !== b?.compiler);
  });
}

interface FlagReading {
  readonly compiler: RuleCompiler;
  readonly check: CheckValue;
  /** The flag as it was. */
  readonly last: Flag | undefined;
}

function readFlag(name: string, source: FlagSource, { compiler, check, last }: FlagReading): Flag {
  const sameRules = last?.compiler === undefined || last.compiler === compiler;
  if (last !== undefined && sameRules && last.source.stamp === source.stamp) return last;
  let code: FlagErrorCode = "PARSE_ERROR";
  let refers = false;
  try {
    const json = source.json();
    freeze(json);
    const text = JSON.stringify(json);
    if (sameRules && last?.fault === undefined && last?.good?.text === text) return { ...last, source };
    refers = text.includes('"$ref"');
    const parsed = parseFlag(json, source.kind, compiler);
    code = "TYPE_MISMATCH";
    const values = new Map(Array.from(parsed.values, ([variant, value]) => [variant, check(name, value)]));
    const good = { json, text, parsed, values };
    return { source, compiler: refers ? compiler : undefined, good, fault: undefined };
  } catch (error) {
    const message = `the flag "${name}" is invalid: ${isError(error) ? error.message : String(error)}`;
    return { source, compiler: refers ? compiler : undefined, good: last?.good, fault: { code, message } };
  }
}

function sharedRules(json: Json | undefined, last: SharedRules | undefined): SharedRules {
  const text = JSON.stringify(json) ?? "";
  if (last !== undefined && last.text === text) return last;
  return { json, text, compiler: createRuleCompiler(isJsonObject(json) ? json : {}) };
}

/** A sum over all flags: the same in whatever order they come. */
function digestOf(flags: ReadonlyMap<string, Flag>, others: string): string {
  const seeds = [0, 1];
  const sums = seeds.map((seed) => murmur3(others, seed));
  for (const [name, { good }] of flags) {
    if (good === undefined) continue;
    const text = `${name}\0${good.text}`;
    for (const seed of seeds) sums[seed] = ((sums[seed] ?? 0) + murmur3(text, seed)) >>> 0;
  }
  return sums.map((sum) => sum.toString(16).padStart(8, "0")).join("");
}
