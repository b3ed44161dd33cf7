import type { FlagMetadata } from "./flag-format.ts";

/** Why a flag has the value it has, in the words of OpenFeature and flagd. */
export type FlagReason = "STATIC" | "DEFAULT" | "TARGETING_MATCH" | "DISABLED" | "STALE" | "ERROR";
/** What was wrong with a flag, in the words of OpenFeature. */
export type FlagErrorCode = "PARSE_ERROR" | "TYPE_MISMATCH" | "GENERAL" | "PROVIDER_NOT_READY";

/** A flag's value for somebody, and where it comes from. */
export interface FlagDetails<T> {
  /** The value that the flag has for the context. */
  readonly value: T;
  /** The name of the variant; `undefined` where the value is the program's own default, or the flag has no variants. */
  readonly variant: string | undefined;
  /** Why it has this value: see {@link FlagReason}. */
  readonly reason: FlagReason;
  /** Of the flag, over that of its set. */
  readonly metadata: FlagMetadata;
  /** With reason `ERROR`: `value` is the default of the program. */
  readonly errorCode?: FlagErrorCode;
  /** With reason `ERROR`: what went wrong, for people. */
  readonly errorMessage?: string;
}
