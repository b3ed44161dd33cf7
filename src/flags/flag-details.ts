import type { FlagMetadata } from "./flag-format.ts";

/** Why a flag has the value it has, in the words of OpenFeature and flagd. */
export type FlagReason = "STATIC" | "DEFAULT" | "TARGETING_MATCH" | "DISABLED" | "STALE" | "ERROR";
export type FlagErrorCode = "PARSE_ERROR" | "TYPE_MISMATCH" | "GENERAL" | "PROVIDER_NOT_READY";

/** A flag's value for somebody, and where it comes from. */
export interface FlagDetails<T> {
  readonly value: T;
  /** The name of the variant; `undefined` where the value is the program's own default, or the flag has no variants. */
  readonly variant: string | undefined;
  readonly reason: FlagReason;
  /** Of the flag, over that of its set. */
  readonly metadata: FlagMetadata;
  /** With reason `ERROR`: `value` is the default of the program. */
  readonly errorCode?: FlagErrorCode;
  readonly errorMessage?: string;
}
