import type { AnyProviderEvent, EventContext, EventHandler, ProviderEventEmitter } from "@openfeature/core";

/** What OpenFeature asks of a provider's events, without the event library of either SDK. */
export type ProviderEvents = ProviderEventEmitter<AnyProviderEvent>;

export function createProviderEvents(): ProviderEvents {
  const handlers = new Map<AnyProviderEvent, EventHandler[]>();
  const events: ProviderEvents = {
    emit(type: AnyProviderEvent, context?: EventContext) {
      for (const handler of events.getHandlers(type)) handler({ ...context, providerName });
    },
    addHandler(type, handler) {
      handlers.set(type, [...events.getHandlers(type), handler]);
    },
    removeHandler(type, handler) {
      handlers.set(
        type,
        events.getHandlers(type).filter((each) => each !== handler),
      );
    },
    removeAllHandlers(type) {
      if (type === undefined) handlers.clear();
      else handlers.delete(type);
    },
    getHandlers: (type) => handlers.get(type) ?? [],
    // Nothing is logged here.
    setLogger: () => events,
  };
  return events;
}

/** What the provider is called in events and hooks. */
export const providerName = "fetcd";
