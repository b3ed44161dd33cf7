import type { ServerCall } from "./call.ts";
import type { ServedRequest } from "./http-request.ts";
import { deadlineExceeded } from "./request-deadline.ts";
import type { RpcError } from "./rpc-error.ts";

/** The time that the deadlines of requests run by. */
export interface ExchangeClock {
  /** Told that somebody waits, until the returned function is called. */
  watch(): () => void;
  schedule(ms: number, task: () => void): { cancel(): void };
}

/** What can happen to an exchange from outside. */
export interface Ends {
  /** The connection is gone. */
  abort(reason: unknown): void;
  /** The deadline that the request named has passed. */
  expire(error: RpcError): void;
}

/** The exchanges that are under way and wait for something. */
export class Exchanges {
  readonly #clock: ExchangeClock;
  /** With what came in: Node forgets the signal of a `Request` that nobody holds, even if somebody listens to it. */
  readonly #open = new Map<Ends, ServedRequest>();

  constructor(clock: ExchangeClock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Has the exchange ended by its signal, by its deadline, or by `disconnect`, until the returned function is called. */
  track(request: ServedRequest, call: ServerCall, ends: Ends): () => void {
    const { signal } = request;
    const stopWatching = this.#clock.watch();
    const onAbort = (): void => ends.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#open.set(ends, request);
    const { deadlineMs } = call;
    const timer =
      deadlineMs === undefined
        ? undefined
        : this.#clock.schedule(deadlineMs, () => {
            const error = deadlineExceeded();
            ends.expire(error);
            call.cancel(error);
          });
    return () => {
      stopWatching();
      timer?.cancel();
      signal?.removeEventListener("abort", onAbort);
      this.#open.delete(ends);
    };
  }

  /** Breaks all of them: those who wait for an answer, or read one, get what `reason` makes. */
  disconnect(reason: () => unknown): void {
    for (const ends of this.#open.keys()) ends.abort(reason());
  }
}
