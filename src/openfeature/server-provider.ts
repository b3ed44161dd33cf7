import type {
  CommonProvider,
  EvaluationContext,
  JsonValue,
  ResolutionDetails,
  ServerProviderStatus,
} from "@openfeature/core";
import type { Flags } from "../flags/flags.ts";
import type { ProviderEvents } from "./provider-events.ts";
import { createProviderLife } from "./provider-life.ts";
import { resolveFlag } from "./resolve-flag.ts";

/** A provider for `@openfeature/server-sdk`. */
export interface ServerProvider extends CommonProvider<ServerProviderStatus> {
  /** Which SDK the provider is for. */
  readonly runsOn: "server";
  /** Tells the SDK when flags change, and when they are ready, stale or expired. */
  readonly events: ProviderEvents;
  /**
   * Resolves when there are flags to serve; rejects if the first read fails and there is no bootstrap. The SDK calls it.
   */
  initialize(): Promise<void>;
  /** Stops telling of changes; the flags stay open. The SDK calls it. */
  onClose(): Promise<void>;
  /** The value of a flag that is a boolean, or `fallback` with the reason why. */
  resolveBooleanEvaluation(
    name: string,
    fallback: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>>;
  /** The value of a flag that is a string, or `fallback` with the reason why. */
  resolveStringEvaluation(
    name: string,
    fallback: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>>;
  /** The value of a flag that is a number, or `fallback` with the reason why. */
  resolveNumberEvaluation(
    name: string,
    fallback: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>>;
  /** The value of a flag of any JSON, or `fallback` with the reason why. */
  resolveObjectEvaluation<T extends JsonValue>(
    name: string,
    fallback: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>>;
}

/**
 * Flags for the server SDK of OpenFeature. The flags stay the program's own: closing the provider does not close them.
 *
 * @example
 * await OpenFeature.setProviderAndWait(createServerProvider(flags));
 */
export function createServerProvider(flags: Flags<object>): ServerProvider {
  return {
    ...createProviderLife(flags),
    runsOn: "server",
    resolveBooleanEvaluation: async (...asked) => resolveFlag(flags, "boolean", asked),
    resolveStringEvaluation: async (...asked) => resolveFlag(flags, "string", asked),
    resolveNumberEvaluation: async (...asked) => resolveFlag(flags, "number", asked),
    resolveObjectEvaluation: async (...asked) => resolveFlag(flags, "object", asked),
  };
}
