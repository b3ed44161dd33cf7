import ky from "ky";
import type { Attempts } from "./attempts.ts";

export interface Retries {
  readonly url: string;
  readonly method: string;
  /** Ends the waits between two attempts. */
  readonly signal: AbortSignal;
  /** How many attempts may follow the first. */
  readonly limit: number;
  readonly mayRetry: (error: unknown, tries: number) => boolean;
  /** The pause before the next attempt, in milliseconds. */
  readonly waitBefore: (tries: number) => number;
}

/**
 * Repeats an attempt until it succeeds or may not be repeated. Of ky this uses what it is better at, the loop of retries
 * with its pauses: the attempt is its `fetch`, with time limits and errors of its own.
 */
export async function retried<T>(next: Attempts<T>["next"], retries: Retries): Promise<T> {
  const { url, method, signal, limit, mayRetry, waitBefore } = retries;
  let last: { readonly value: T } | undefined;
  await ky(url, {
    method,
    timeout: false,
    throwHttpErrors: false,
    signal,
    fetch: async () => {
      const answered = await next();
      last = answered;
      return answered.response;
    },
    retry: {
      limit,
      methods: ["get", "head", "put", "post", "delete"],
      shouldRetry: ({ error, retryCount }) => !signal.aborted && mayRetry(error, retryCount),
      delay: waitBefore,
    },
  });
  if (last === undefined) throw new Error("ky resolved without an attempt");
  return last.value;
}
