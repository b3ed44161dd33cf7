import type { Outcome } from "./outcome.ts";

/**
 * Decides what an operation of several requests reports: its outcome is what its writes met, never what a request met
 * that only helps, such as one that finds out what became of a write.
 */
export interface WriteTracker {
  /** As of now. `unknown` while a write is under way. */
  readonly outcome: Outcome;
  /** Whether there was a write. */
  readonly wrote: boolean;
  /** Runs a write. Where it fails, its error says what became of all the writes so far. */
  write<T>(work: () => Promise<T>): Promise<T>;
  /** Runs what only helps. However it fails, its error says what became of the writes. */
  help<T>(work: () => Promise<T>): Promise<T>;
  /** The same error, saying what became of the writes; the caller's own reason as it is. */
  amended(error: unknown): unknown;
  /** Says what became of the writes, where more is known of that than what they met. */
  learn(outcome: Outcome): void;
}

/** How a tracker reads and changes the errors of an API. */
export interface ErrorAccess {
  /** `undefined`: no error of that API, such as a caller's own abort reason. */
  outcomeOf(error: unknown): Outcome | undefined;
  /** The same error with this outcome. */
  withOutcome(error: unknown, outcome: Outcome): unknown;
}

export function createWriteTracker({ outcomeOf, withOutcome }: ErrorAccess): WriteTracker {
  let outcome: Outcome = "not-applied";
  let wrote = false;

  const amended = (error: unknown): unknown => {
    const stated = outcomeOf(error);
    return stated === undefined || stated === outcome ? error : withOutcome(error, outcome);
  };

  return {
    get outcome() {
      return outcome;
    },
    get wrote() {
      return wrote;
    },
    async write(work) {
      const before = outcome;
      wrote = true;
      outcome = "unknown";
      try {
        const result = await work();
        outcome = together(before, "applied");
        return result;
      } catch (error) {
        outcome = together(before, outcomeOf(error) ?? "unknown");
        throw amended(error);
      }
    },
    async help(work) {
      try {
        return await work();
      } catch (error) {
        throw amended(error);
      }
    },
    amended,
    learn(known) {
      outcome = known;
    },
  };
}

/** Of two writes of one operation. Where one was applied and the other was not, neither word is true of both. */
function together(first: Outcome, then: Outcome): Outcome {
  if (first === "not-applied" || first === then) return then;
  return "unknown";
}
