import type {
  CommonProvider,
  EvaluationContext,
  JsonValue,
  ResolutionDetails,
  ServerProviderStatus,
} from "@openfeature/core";
import type { Flags } from "../flags/create-flags.ts";
import { followFlags, initialized } from "./follow-flags.ts";
import { createProviderEvents, type ProviderEvents, providerName } from "./provider-events.ts";
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
  const events = createProviderEvents();
  let stop: (() => void) | undefined;
  return {
    metadata: { name: providerName },
    runsOn: "server",
    events,
    async initialize() {
      await initialized(flags);
      // From here on: that the provider is ready the SDK tells by itself.
      stop ??= followFlags(flags, events);
    },
    async onClose() {
      stop?.();
      stop = undefined;
    },
    resolveBooleanEvaluation: async (...asked) => resolveFlag(flags, "boolean", ...asked),
    resolveStringEvaluation: async (...asked) => resolveFlag(flags, "string", ...asked),
    resolveNumberEvaluation: async (...asked) => resolveFlag(flags, "number", ...asked),
    resolveObjectEvaluation: async (...asked) => resolveFlag(flags, "object", ...asked),
  };
}
