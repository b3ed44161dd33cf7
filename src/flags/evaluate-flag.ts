import { isError } from "../transport/platform.ts";
import type { FlagContext } from "./flag-format.ts";
import { quotedName } from "./flag-fault.ts";
import { maxSteps, type CompiledRule } from "./logic/rule.ts";
import type { ParsedFlag } from "./parse-flag.ts";

/**
 * Which variant of a flag somebody gets, and why, in the words of OpenFeature. Without a variant: the program's own default.
 */
export type Choice =
  | { readonly variant: string | undefined; readonly reason: "STATIC" | "DEFAULT" | "TARGETING_MATCH" }
  | { readonly variant?: undefined; readonly reason: "DISABLED" }
  | { readonly variant?: undefined; readonly reason: "ERROR"; readonly message: string };

/**
 * The same flag, key, context and second give the same variant, wherever and whenever, as in flagd. Never throws.
 * `now`: milliseconds since 1970, for `$flagd.timestamp`.
 */
export function chooseVariant(flag: ParsedFlag, flagKey: string, context: FlagContext, now: number): Choice {
  const { enabled, values, defaultVariant, targeting } = flag;
  if (!enabled) return { reason: "DISABLED" };
  if (targeting === undefined) {
    return { variant: defaultVariant, reason: defaultVariant === undefined ? "DEFAULT" : "STATIC" };
  }
  const flagd = { flagKey, timestamp: Math.floor(now / 1000) };
  const result = attempt(targeting, context, flagd);
  if (result.message !== undefined) return { reason: "ERROR", message: result.message };
  const { value } = result;
  if (value === null || value === undefined) return { variant: defaultVariant, reason: "DEFAULT" };
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    return { reason: "ERROR", message: "the targeting returned an array or an object" };
  }
  // `true` and `1` stand for the variants of these names.
  const variant = String(value);
  if (values.has(variant)) return { variant, reason: "TARGETING_MATCH" };
  return { reason: "ERROR", message: `the targeting returned ${quotedName(variant)}, which is not a variant` };
}

type Attempt = { readonly value: unknown; readonly message?: undefined } | { readonly message: string };

/** Rules throw for too much work alone; but a getter in the context, or a stack without room, may as well. */
function attempt(rule: CompiledRule, data: FlagContext, flagd: { flagKey: string; timestamp: number }): Attempt {
  try {
    return { value: rule({ data, flagd, run: { left: maxSteps } }) };
  } catch (error) {
    return { message: `the targeting failed: ${isError(error) ? error.message : String(error)}` };
  }
}
