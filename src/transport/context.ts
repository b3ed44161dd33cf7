import { type ContextKey, createContextKey } from "@connectrpc/connect";

/** The URL of the one endpoint that a call is for, such as a member's status. Unset: whichever is in use. */
export const endpointKey: ContextKey<string | undefined> = createContextKey<string | undefined>(undefined, {
  description: "fetcd endpoint",
});

/** How often the call may reach the server. Unset: as its RPC and message tell. */
export const repeatKey: ContextKey<"any" | "answered" | undefined> = createContextKey<"any" | "answered" | undefined>(
  undefined,
  { description: "fetcd repeat" },
);

/**
 * Whether etcd should refuse the call, or end the stream, while its member sees no leader. `auto`: only if the endpoint
 * lets this page send the header for it.
 */
export const leaderKey: ContextKey<"always" | "auto" | undefined> = createContextKey<"always" | "auto" | undefined>(
  undefined,
  { description: "fetcd require leader" },
);

/** What a call learned on its way to success. */
export interface Trace {
  /** Requests of the call, before the last one, that may have been applied. */
  doubts: number;
  /** The token that the last request carried. */
  token?: string | undefined;
}

export const traceKey: ContextKey<Trace | undefined> = createContextKey<Trace | undefined>(undefined, {
  description: "fetcd trace",
});
