import { code, RpcError } from "./rpc-error.ts";

/** One RPC that is under way, as its handler sees it. */
export class ServerCall {
  /** Of the user; undefined when the request had none. */
  readonly token: string | undefined;
  /** Characters of the request. */
  readonly bodyLength: number;
  /** Milliseconds that the client gives it; undefined when it named none. */
  readonly deadlineMs: number | undefined;
  #canceled: RpcError | undefined;
  #listeners: ((error: RpcError) => void)[] = [];

  constructor(token?: string, bodyLength = 0, deadlineMs?: number) {
    this.token = token;
    this.bodyLength = bodyLength;
    this.deadlineMs = deadlineMs;
  }

  /** Why nobody waits for an answer any more, if so. */
  get canceled(): RpcError | undefined {
    return this.#canceled;
  }

  /** Ends the call from outside: the client is gone, or its deadline has passed. */
  cancel(error: RpcError = new RpcError(code.canceled, "context canceled")): void {
    if (this.#canceled !== undefined) return;
    this.#canceled = error;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(error);
  }

  /** Calls `listener` once when the call is canceled. Returns what takes it back. */
  onCancel(listener: (error: RpcError) => void): () => void {
    if (this.#canceled !== undefined) listener(this.#canceled);
    else this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }
}
