import type { FlagDetails } from "../flag-details.ts";

/** OFREP's codes for a flag that has no value. Those of a client, such as TYPE_MISMATCH, are not among them. */
export type OfrepErrorCode = "PARSE_ERROR" | "INVALID_CONTEXT" | "FLAG_NOT_FOUND" | "GENERAL";

/** What is answered about a flag: for its evaluation, or as one of many. */
export function flagAnswer(key: string, details: FlagDetails<unknown>): Readonly<Record<string, unknown>> {
  const { value, variant, reason, metadata, errorCode, errorMessage } = details;
  if (errorCode !== undefined) {
    const code: OfrepErrorCode =
      errorCode === "PARSE_ERROR" || errorCode === "TYPE_MISMATCH" ? "PARSE_ERROR" : "GENERAL";
    return { key, errorCode: code, errorDetails: errorMessage, metadata };
  }
  // Without a value the client serves the default of its program.
  const known = value !== undefined && value !== null;
  return { key, ...(known && { value }), ...(variant !== undefined && { variant }), reason, metadata };
}

/** Clients look for `key` and `errorCode` whatever went wrong, also where the protocol asks for less. */
export function failureAnswer(
  status: number,
  errorCode: OfrepErrorCode,
  errorDetails: string,
  more: Readonly<Record<string, unknown>> = {},
): Response {
  return Response.json({ ...more, errorCode, errorDetails }, { status });
}
