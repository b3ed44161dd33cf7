import type { ContextKey, ContextValues } from "./connect-types.ts";
import type { Address } from "./http/read-address.ts";

// What a call tells the layers below it, in the form that Connect's interceptors know.

/** Connect's own `createContextValues`, without loading Connect for it. */
export function emptyContext(): ContextValues {
  const values = new Map<symbol, unknown>();
  const context: ContextValues = {
    get: <T>(key: ContextKey<T>) => (values.has(key.id) ? (values.get(key.id) as T) : key.defaultValue),
    set(key, value) {
      values.set(key.id, value);
      return context;
    },
    delete(key) {
      values.delete(key.id);
      return context;
    },
  };
  return context;
}

function contextKey<T>(description: string): ContextKey<T | undefined> {
  return { id: Symbol(description), defaultValue: undefined };
}

/** The URL of the one endpoint that a call is for, such as a member's status. Unset: whichever is in use. */
export const endpointKey: ContextKey<string | undefined> = contextKey("fetcd endpoint");

/** Filled in by the transport: the endpoint that the last request of the call went to. */
export const answeredByKey: ContextKey<Address | undefined> = contextKey("fetcd answered by");

/** How often the call may reach the server. Unset: as its RPC and message tell. */
export const idempotencyKey: ContextKey<"keyed" | undefined> = contextKey("fetcd idempotency");

/** Whether one request may take all the time of its call, although there are other endpoints to ask. */
export const patientKey: ContextKey<boolean | undefined> = contextKey("fetcd patient");

/** How long the call may take in all, in milliseconds. Its signal keeps that; this tells how much there is to spend. */
export const timeKey: ContextKey<number | undefined> = contextKey("fetcd time");

/** Called by the transport when the head of an answer has arrived, and with each piece of its body. */
export const progressKey: ContextKey<(() => void) | undefined> = contextKey("fetcd progress");

/**
 * Whether etcd should refuse the call, or end the stream, while its member sees no leader. `auto`: only if the endpoint
 * lets this page send the header for it.
 */
export const leaderKey: ContextKey<"always" | "auto" | undefined> = contextKey("fetcd require leader");

/** What a call learned on its way to success. */
export interface Trace {
  /** Requests of the call, before the last one, that may have been applied. */
  unanswered: number;
  /** The token that the last request carried. */
  token?: string | undefined;
}

export const traceKey: ContextKey<Trace | undefined> = contextKey("fetcd trace");
