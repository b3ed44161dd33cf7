import { anything } from "../transport/option-kinds.ts";
import { now } from "../transport/clock.ts";
import { CompareFailed, KeyNotFound } from "./code-errors.ts";
import { invalid } from "./errors.ts";
import { createHold, type Hold } from "./hold.ts";
import { checkText } from "./key-path.ts";
import { operation } from "./operation.ts";
import { createPatience, type Patience } from "./patience.ts";
import { type CallOptions, ownOptions } from "./client-options.ts";
import { checkTtl } from "./params.ts";
import { createWaitQueue, type Keys, type Waiter } from "./wait-queue.ts";
import type { Requester } from "./requester.ts";

/** Options of a candidate. */
export interface CandidateOptions extends CallOptions {
  /** Seconds after its last renewal until etcd drops the candidate. */
  readonly ttl?: number | undefined;
}

/** A candidate that leads, and is kept alive, until it resigns or `signal` aborts. */
export interface LeadershipV2 extends Hold, AsyncDisposable {
  /** The candidate's value. */
  readonly value: string;
  /** Gives up the leadership; the next candidate leads. */
  resign(): Promise<void>;
}

/** One leader at a time, and behind it the other candidates in the order in which they came. */
export interface ElectionV2 {
  /** The election's name. */
  readonly name: string;
  /**
   * Enters the candidate `value`, or renews it where it is there already, and resolves with its index when it leads. It
   * is not kept alive after that: call `set` again before `ttl` is over. With no `ttl`, or 0, it stays until deleted.
   */
  set(value: string, options?: CandidateOptions): Promise<bigint>;
  /** The leader's value, or `null`. */
  get(options?: CallOptions): Promise<string | null>;
  /** Removes a candidate, by default the leader. Resolves with whether it was there. */
  delete(value?: string, options?: CallOptions): Promise<boolean>;
  /** Enters the candidate `value`, and resolves when it leads. An abort before that removes it. Default `ttl`: 60. */
  campaign(value: string, options?: CandidateOptions): Promise<LeadershipV2>;
}

const root = "/_elections";

export function createElection(requester: Requester, keys: Keys, name: string): ElectionV2 {
  const queue = createWaitQueue(keys, root, name);

  /** Waits for the turn of the waiter that `enter` makes. */
  async function lead(
    enter: (patience: Patience) => Promise<Waiter>,
    ttl: number | null,
    options: CallOptions,
  ): Promise<Waiter> {
    const patience = createPatience(requester, options);
    try {
      return (await queue.acquire(() => enter(patience), { ttl, patience, wait: true })) as Waiter;
    } finally {
      patience.end();
    }
  }

  /** The value of a candidate, which etcd can compare with. */
  function candidate(value: string): string {
    if (checkText(value, "value") === "") throw invalid("value: expected a string that is not empty");
    return value;
  }

  return {
    name,
    async set(value, given) {
      const { ttl = 0, ...options } = ownOptions("set", given, { ttl: anything });
      const seconds = ttl === 0 ? null : checkTtl(ttl);
      candidate(value);
      const enter = async (patience: Patience): Promise<Waiter> => {
        const { signal } = patience;
        const own = (await queue.waiters(signal)).find((waiter) => waiter.value === value);
        if (own === undefined) return queue.enter(value, { ttl: seconds, unique: true, patience });
        const sent = now();
        try {
          await keys.update(own.key, value, { ttl: seconds, prevValue: value, signal });
        } catch (error) {
          if (error instanceof KeyNotFound || error instanceof CompareFailed) return enter(patience);
          throw error;
        }
        return { key: own.key, token: own.createdIndex, value, sent };
      };
      return (await lead(enter, seconds, options)).token;
    },
    async get(options) {
      const waiters = operation(requester, ownOptions("get", options), ({ signal }) => queue.waiters(signal));
      return (await waiters)[0]?.value ?? null;
    },
    async delete(value, options) {
      return operation(requester, ownOptions("delete", options), async (call, tracker) => {
        const waiters = await queue.waiters(call.signal);
        const own = value === undefined ? waiters.slice(0, 1) : waiters.filter((waiter) => waiter.value === value);
        let gone = false;
        for (const waiter of own) gone = (await tracker.write(() => queue.release(waiter, call))) || gone;
        return gone;
      });
    },
    async campaign(value, given) {
      const { ttl = 60, ...options } = ownOptions("campaign", given, { ttl: anything });
      checkTtl(ttl);
      candidate(value);
      const waiter = await lead((patience) => queue.enter(value, { ttl, unique: false, patience }), ttl, options);
      const hold = createHold(requester.begin(undefined), queue, waiter, ttl);
      hold.keep();
      const resign = async (): Promise<void> => void (await hold.release("it resigned"));
      return Object.assign(hold, { value, resign, [Symbol.asyncDispose]: resign });
    },
  };
}
