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
  let closed = false;
  return {
    metadata: { name: providerName },
    events,
    async initialize() {
      closed = false;
      try {
        await initialized(flags);
      } finally {
        // From here on: how this went the SDK tells by itself. Flags that etcd did not answer may come later.
        if (!closed) stop ??= followFlags(flags, events);
      }
    },
    async onClose() {
      closed = true;
      stop?.();
      stop = undefined;
    },
  };
}
