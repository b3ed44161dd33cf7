import type { ErrorCode, EvaluationContext, JsonValue, ResolutionDetails } from "@openfeature/core";
import type { Flags } from "../flags/create-flags.ts";

export type FlagType = "boolean" | "string" | "number" | "object";

/** A flag in OpenFeature's words: `fallback` with an error code where there is no value of the type asked for. */
export function resolveFlag<T extends JsonValue>(
  flags: Flags<object>,
  type: FlagType,
  name: string,
  fallback: T,
  context: EvaluationContext,
): ResolutionDetails<T> {
  const details = flags.find(name, context);
  if (details === undefined) {
    // Before the first answer nobody knows which flags there are.
    if (flags.status === "empty") return failed(fallback, "PROVIDER_NOT_READY", "etcd has not answered yet");
    return failed(fallback, "FLAG_NOT_FOUND", `there is no flag "${name}"`);
  }
  const { value, variant, reason, errorCode, errorMessage } = details;
  if (errorCode !== undefined) return failed(fallback, errorCode, errorMessage);
  // Off, and not for the program to override: the caller's own default, as OpenFeature has it.
  if (reason === "DISABLED") return { value: fallback, reason };
  if (!isOfType<T>(value, type)) {
    return failed(fallback, "TYPE_MISMATCH", `the flag "${name}" is no ${type}, its value is of type ${typeof value}`);
  }
  return { value, reason, ...(variant !== undefined && { variant }) };
}

function isOfType<T>(value: unknown, type: FlagType): value is T {
  return typeof value === type && (type !== "object" || value !== null);
}

function failed<T>(value: T, code: `${ErrorCode}`, errorMessage = ""): ResolutionDetails<T> {
  // The codes are texts, and an enumeration in OpenFeature's types alone.
  return { value, reason: "ERROR", errorCode: code as ErrorCode, errorMessage };
}
