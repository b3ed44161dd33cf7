import type { Flags } from "../flags/flags.ts";
import { followFlags, initialized } from "./follow-flags.ts";
import { createProviderEvents, type ProviderEvents, providerName } from "./provider-events.ts";

/** What every provider has, whichever SDK it is for. */
export interface ProviderLife {
  readonly metadata: { readonly name: string };
  readonly events: ProviderEvents;
  initialize(): Promise<void>;
  onClose(): Promise<void>;
}

export function createProviderLife(flags: Flags<object>): ProviderLife {
  const events = createProviderEvents();
  let stop: (() => void) | undefined;
  return {
    metadata: { name: providerName },
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
  };
}
