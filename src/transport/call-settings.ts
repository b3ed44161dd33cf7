import type { EtcdError } from "./errors/etcd-error.ts";

/** What every call takes. */
export interface CallOptions {
  /** Aborting rejects with the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
  /** For the whole call, retries included, in milliseconds. @default the client's */
  readonly timeoutMs?: number | undefined;
}

/** What the services say of a call beside that. */
export interface CallSettings extends CallOptions {
  /** The request may reach the server more than once. @default as its RPC and message tell */
  readonly idempotency?: "keyed" | undefined;
  /** One request may take all the time of the call: the server has much to do before it answers. */
  readonly patient?: boolean | undefined;
  /** Told of each request of the call that fails. One whose outcome is `unknown` may have been applied. */
  readonly onFailure?: ((error: EtcdError) => void) | undefined;
  /** The endpoint to ask, where the call is meant for one member. */
  readonly endpoint?: string | undefined;
}
