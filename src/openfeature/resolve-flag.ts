import type { ErrorCode, EvaluationContext, FlagMetadata, JsonValue, ResolutionDetails } from "@openfeature/core";
import type { Flags } from "../flags/flags.ts";
import { areUnknown } from "./follow-flags.ts";

export type FlagType = "boolean" | "string" | "number" | "object";

/** A flag in OpenFeature's words: `fallback` with an error code where there is no value of the type asked for. */
export function resolveFlag<T extends JsonValue>(
  flags: Flags<object>,
  type: FlagType,
  [name, fallback, context]: readonly [name: string, fallback: T, context: EvaluationContext],
): ResolutionDetails<T> {
  const details = flags.find(name, context);
  if (details === undefined) {
    const { metadata } = flags;
    if (areUnknown(flags)) return failed(fallback, "PROVIDER_NOT_READY", "etcd has not answered yet", metadata);
    return failed(fallback, "FLAG_NOT_FOUND", `there is no flag "${name}"`, metadata);
  }
  const { value, variant, reason, errorCode, errorMessage, metadata } = details;
  if (errorCode !== undefined) return failed(fallback, errorCode, errorMessage, metadata);
  // Off, or without a default variant: the caller's own default, as OpenFeature has it.
  if (value === undefined) return { value: fallback, reason, flagMetadata: metadata };
  if (!isOfType<T>(value, type)) {
    const message = `the flag "${name}" is not a ${type}: its type is ${typeof value}`;
    return failed(fallback, "TYPE_MISMATCH", message, metadata);
  }
  return { value, reason, flagMetadata: metadata, ...(variant !== undefined && { variant }) };
}

function isOfType<T>(value: unknown, type: FlagType): value is T {
  return typeof value === type && (type !== "object" || value !== null);
}

function failed<T>(
  value: T,
  code: `${ErrorCode}`,
  errorMessage: string | undefined,
  flagMetadata: FlagMetadata,
): ResolutionDetails<T> {
  // The codes are texts, and an enumeration in OpenFeature's types alone.
  return { value, reason: "ERROR", errorCode: code as ErrorCode, errorMessage: errorMessage ?? "", flagMetadata };
}
