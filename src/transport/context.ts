import type { ContextKey, ContextValues } from "./connect-types.ts";
import type { Address } from "./http/read-address.ts";

// What a call tells the gateway transport, in the form that Connect's interceptors know.

/** Connect's own `createContextValues`, without loading Connect for it. */
export function emptyContext(): ContextValues {
  const values: Record<symbol, unknown> = {};
  const context: ContextValues = {
    get: <T>(key: ContextKey<T>) => (Object.hasOwn(values, key.id) ? (values[key.id] as T) : key.defaultValue),
    set(key, value) {
      values[key.id] = value;
      return context;
    },
    delete: (key) => context.set(key, key.defaultValue),
  };
  return context;
}

function contextKey<T>(description: string): ContextKey<T | undefined> {
  return { id: Symbol(description), defaultValue: undefined };
}

/** The one endpoint that a call is for, by its URL or as it was chosen. Unset: whichever is in use. */
export const endpointKey: ContextKey<string | Address | undefined> = contextKey("fetcd endpoint");

/** Called by the transport when the head of an answer has arrived, and with each piece of its body. */
export const progressKey: ContextKey<(() => void) | undefined> = contextKey("fetcd progress");

/**
 * Whether etcd should refuse the call, or end the stream, while its member sees no leader. `auto`: only if the endpoint
 * lets this page send the header for it.
 */
export const leaderKey: ContextKey<"always" | "auto" | undefined> = contextKey("fetcd require leader");
