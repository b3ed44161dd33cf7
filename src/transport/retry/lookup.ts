import { createSharedWork } from "../shared-work.ts";

/** The first pause between two lookups, in milliseconds; it doubles with each that brings nothing new, up to the last. */
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

export interface LookupOptions {
  /** Asks where the endpoints are, and takes over what it hears. Resolves with whether that was new. */
  readonly ask: () => Promise<boolean>;
  /** Whether it is worth asking again. */
  readonly wanted: () => boolean;
  /** Whether a caller may wait for the promise of a lookup that another one began. */
  readonly shareRequests: boolean;
  /** How long a lookup may take before another one is begun, in milliseconds. */
  readonly limitMs: number;
}

/** Finds out where the endpoints are, by one question at a time for all calls. */
export interface Lookup {
  /** Asks in the background: at first, and again where it is wanted, with growing pauses. */
  refresh(): void;
  /** The lookup under way, or a new one. Rejects as it does; in the pause after one that failed, with its error. */
  result(signal: AbortSignal | undefined): Promise<void>;
  /** Forgets what was asked: the next call asks anew. */
  reset(): void;
}

export function createLookup({ ask, wanted, shareRequests, limitMs }: LookupOptions): Lookup {
  const work = createSharedWork(run, { shareRequests, limitMs });
  let answered = false;
  let pauseMs = 0;
  /** Until when no other is begun in the background, as of `performance.now`. */
  let restsUntil = -Infinity;
  let failure: { readonly error: unknown } | undefined;

  async function run(): Promise<void> {
    // One that its event took along is not waited for any longer.
    restsUntil = performance.now() + limitMs;
    failure = undefined;
    let fresh = false;
    try {
      fresh = await ask();
      answered = true;
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      pauseMs = fresh ? firstPauseMs : Math.min(longestPauseMs, Math.max(firstPauseMs, pauseMs * 2));
      restsUntil = performance.now() + pauseMs;
    }
  }

  function rests(): boolean {
    return performance.now() < restsUntil;
  }

  return {
    refresh() {
      if (answered && !wanted()) pauseMs = 0;
      else if (!rests()) work.join().catch(() => undefined);
    },
    async result(signal) {
      if (failure !== undefined && rests()) throw failure.error;
      await work.join(signal);
    },
    reset() {
      answered = false;
      pauseMs = 0;
      restsUntil = -Infinity;
      failure = undefined;
      work.forget();
    },
  };
}
