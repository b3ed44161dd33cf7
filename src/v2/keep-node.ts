import { anything } from "../transport/option-kinds.ts";
import { CompareFailed, KeyNotFound } from "./code-errors.ts";
import { deleteOwn, whileOwn } from "./delete-own.ts";
import { keepAlive } from "./keep-alive.ts";
import { type CallOptions, ownOptions } from "./client-options.ts";
import { checkTtl } from "./params.ts";
import type { Keys } from "./wait-queue.ts";
import type { Requester } from "./requester.ts";

/** Options of `keepNode`. */
export interface KeepNodeOptions extends CallOptions {
  /** Seconds that it outlives this process. */
  readonly ttl: number;
}

/** A node that is there for as long as this process keeps it. */
export interface KeptNode extends AsyncDisposable {
  /** The node's key. */
  readonly key: string;
  /** Ends with the keeping. */
  readonly signal: AbortSignal;
  /** Stops, and deletes the node unless its value is another's by now. */
  close(): Promise<void>;
}

/**
 * Sets a node and renews it until it is closed, its signal aborts or the client is closed. One that vanished meanwhile
 * is made again; another's value under the key is left alone.
 */
export type KeepNode = (key: string, value: string, options: KeepNodeOptions) => Promise<KeptNode>;

/**
 * Sets a node and renews it, without waking those who watch it, until it is closed, its signal aborts or the client is
 * closed. One that vanished meanwhile is made again; another's value under the key is left alone.
 */
export function createKeepNode(requester: Requester, keys: Keys): KeepNode {
  return async (key, value, given) => {
    const { ttl, signal, timeoutMs } = ownOptions("keepNode", given, { ttl: anything });
    checkTtl(ttl);
    await keys.set(key, value, { ttl, signal, timeoutMs });
    const lifetime = requester.begin(signal);
    const renew = async (): Promise<void> => {
      const call = { signal: lifetime.signal };
      try {
        await keys.refresh(key, ttl, { ...call, ...whileOwn(value) });
      } catch (error) {
        if (error instanceof KeyNotFound) await keys.create(key, value, { ttl, ...call });
        else if (!(error instanceof CompareFailed)) throw error;
      }
    };
    void keepAlive(renew, ttl, lifetime.signal);

    let closing: Promise<void> | undefined;
    async function remove(): Promise<void> {
      lifetime.signal.removeEventListener("abort", onAbort);
      if (!lifetime.signal.aborted) lifetime.abort(new DOMException("the node is no longer kept", "AbortError"));
      lifetime.end();
      await deleteOwn(keys, key, value);
    }
    const close = (): Promise<void> => (closing ??= remove());
    // Where the deletion fails, the TTL ends the node.
    const onAbort = (): void => void close().catch(() => undefined);
    if (lifetime.signal.aborted) onAbort();
    else lifetime.signal.addEventListener("abort", onAbort);
    return { key, signal: lifetime.signal, close, [Symbol.asyncDispose]: close };
  };
}
