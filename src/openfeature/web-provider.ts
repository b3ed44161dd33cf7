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
  readonly runsOn: "client";
  readonly events: ProviderEvents;
  initialize(): Promise<void>;
  onClose(): Promise<void>;
  resolveBooleanEvaluation(name: string, fallback: boolean, context: EvaluationContext): ResolutionDetails<boolean>;
  resolveStringEvaluation(name: string, fallback: string, context: EvaluationContext): ResolutionDetails<string>;
  resolveNumberEvaluation(name: string, fallback: number, context: EvaluationContext): ResolutionDetails<number>;
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
    resolveBooleanEvaluation: (...asked) => resolveFlag(flags, "boolean", ...asked),
    resolveStringEvaluation: (...asked) => resolveFlag(flags, "string", ...asked),
    resolveNumberEvaluation: (...asked) => resolveFlag(flags, "number", ...asked),
    resolveObjectEvaluation: (...asked) => resolveFlag(flags, "object", ...asked),
  };
}
