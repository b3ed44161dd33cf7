import type { Flags } from "../flags/flags.ts";
import { followFlags, initialized, tellTrouble } from "./follow-flags.ts";
import { createProviderEvents, type ProviderEvents, providerName } from "./provider-events.ts";

/** What every provider has, whichever SDK it is for. */
export interface ProviderLife {
  readonly metadata: { readonly name: string };
  readonly events: ProviderEvents;
  initialize(): Promise<void>;
  onContextChange(): void;
  onClose(): Promise<void>;
}

export function createProviderLife(flags: Flags<object>): ProviderLife {
  const events = createProviderEvents();
  let stop: (() => void) | undefined;
  let closed = false;

  async function start(): Promise<void> {
    try {
      await initialized(flags);
    } finally {
      // From here on: how this went the SDK tells by itself. Flags that etcd did not answer may come later.
      if (!closed) stop ??= followFlags(flags, events);
    }
  }

  /** The SDK takes the provider for ready after each of its own steps: once that is over it is told of what is not so. */
  function correct(): void {
    queueMicrotask(() => {
      if (stop !== undefined) tellTrouble(flags, events);
    });
  }

  return {
    metadata: { name: providerName },
    events,
    initialize() {
      closed = false;
      const started = start();
      started.then(correct, () => undefined);
      return started;
    },
    onContextChange: correct,
    async onClose() {
      closed = true;
      stop?.();
      stop = undefined;
    },
  };
}
