import type {
  ClientProviderStatus,
  CommonProvider,
  EvaluationContext,
  JsonValue,
  ResolutionDetails,
} from "@openfeature/core";
import type { Flags } from "../flags/flags.ts";
import type { ProviderEvents } from "./provider-events.ts";
import { createProviderLife } from "./provider-life.ts";
import { resolveFlag } from "./resolve-flag.ts";

/** A provider for `@openfeature/web-sdk`, which asks without waiting. */
export interface WebProvider extends CommonProvider<ClientProviderStatus> {
  /** Which SDK the provider is for. */
  readonly runsOn: "client";
  /** Tells the SDK when flags change, and when they are ready, stale or expired. */
  readonly events: ProviderEvents;
  /**
   * Resolves when there are flags to serve; rejects if the first read fails and there is no bootstrap. The SDK calls it.
   */
  initialize(): Promise<void>;
  /** Stops telling of changes; the flags stay open. The SDK calls it. */
  onClose(): Promise<void>;
  /** The value of a flag that is a boolean, or `fallback` with the reason why. */
  resolveBooleanEvaluation(name: string, fallback: boolean, context: EvaluationContext): ResolutionDetails<boolean>;
  /** The value of a flag that is a string, or `fallback` with the reason why. */
  resolveStringEvaluation(name: string, fallback: string, context: EvaluationContext): ResolutionDetails<string>;
  /** The value of a flag that is a number, or `fallback` with the reason why. */
  resolveNumberEvaluation(name: string, fallback: number, context: EvaluationContext): ResolutionDetails<number>;
  /** The value of a flag of any JSON, or `fallback` with the reason why. */
  resolveObjectEvaluation<T extends JsonValue>(
    name: string,
    fallback: T,
    context: EvaluationContext,
  ): ResolutionDetails<T>;
}

/**
 * Flags for the web SDK of OpenFeature: rules are evaluated in the page, at once, also when the context changes. The
 * flags stay the program's own: closing the provider does not close them.
 *
 * @example
 * await OpenFeature.setProviderAndWait(createWebProvider(flags));
 */
export function createWebProvider(flags: Flags<object>): WebProvider {
  return {
    ...createProviderLife(flags),
    runsOn: "client",
    resolveBooleanEvaluation: (...asked) => resolveFlag(flags, "boolean", asked),
    resolveStringEvaluation: (...asked) => resolveFlag(flags, "string", asked),
    resolveNumberEvaluation: (...asked) => resolveFlag(flags, "number", asked),
    resolveObjectEvaluation: (...asked) => resolveFlag(flags, "object", asked),
  };
}
