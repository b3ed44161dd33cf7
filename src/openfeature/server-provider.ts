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
  readonly runsOn: "server";
  readonly events: ProviderEvents;
  initialize(): Promise<void>;
  onClose(): Promise<void>;
  resolveBooleanEvaluation(
    name: string,
    fallback: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>>;
  resolveStringEvaluation(
    name: string,
    fallback: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>>;
  resolveNumberEvaluation(
    name: string,
    fallback: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>>;
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
    resolveBooleanEvaluation: async (...asked) => resolveFlag(flags, "boolean", ...asked),
    resolveStringEvaluation: async (...asked) => resolveFlag(flags, "string", ...asked),
    resolveNumberEvaluation: async (...asked) => resolveFlag(flags, "number", ...asked),
    resolveObjectEvaluation: async (...asked) => resolveFlag(flags, "object", ...asked),
  };
}
