import { code, RpcError } from "../gateway-server/rpc-error.ts";
import * as kind from "../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../transport/options.ts";

/** How much one subject may ask for, and all of them together. */
export interface ProxyLimits {
  /** Requests of a subject that are under way, streams included. @default 64 */
  readonly requests?: number;
  /** The same of all subjects. @default 1024 */
  readonly totalRequests?: number;
  /** Open watches of a subject. @default 256 */
  readonly watches?: number;
  /** @default 20_000 */
  readonly totalWatches?: number;
  /** Leases that a subject got of this proxy and that may still live. @default 1000 */
  readonly leases?: number;
  /** Bytes of a request's body. @default 2 MiB, which is more than etcd takes */
  readonly bodyBytes?: number;
  /** Characters that wait for a slow reader of a stream. Past that the stream is cut, to be resumed. @default 8 MiB */
  readonly queueBytes?: number;
  /** Requests of a subject a second, in the long run. @default 200 */
  readonly perSecond?: number;
  /** Requests that it may make at once before that counts. @default 400 */
  readonly burst?: number;
}

export type Limits = Readonly<Required<ProxyLimits>>;

const defaults: Limits = {
  requests: 64,
  totalRequests: 1024,
  watches: 256,
  totalWatches: 20_000,
  leases: 1000,
  bodyBytes: 2 * 1024 * 1024,
  queueBytes: 8 * 1024 * 1024,
  perSecond: 200,
  burst: 400,
};

const limitKinds: Kinds<ProxyLimits> = {
  requests: kind.positive,
  totalRequests: kind.positive,
  watches: kind.positive,
  totalWatches: kind.positive,
  leases: kind.positive,
  bodyBytes: kind.positive,
  queueBytes: kind.positive,
  perSecond: kind.positive,
  burst: kind.positive,
};

export function limitsOf(given: ProxyLimits | undefined): Limits {
  const own = Object.entries(checkOptions("createProxy: limits", given, limitKinds));
  return { ...defaults, ...Object.fromEntries(own.filter(([, value]) => value !== undefined)) };
}

/** What is over a limit. A request that is refused so was not executed. */
export class LimitReached extends RpcError {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds = 1) {
    super(code.resourceExhausted, "etcdserver: too many requests");
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Counts what is open, by subject and in all. */
export interface Counter {
  /** Throws `LimitReached`. The function that it returns counts down again, once. */
  enter(subject: string): () => void;
}

export function createCounter(most: number, mostInAll: number): Counter {
  const open = new Map<string, number>();
  let all = 0;
  return {
    enter(subject) {
      const own = open.get(subject) ?? 0;
      if (own >= most || all >= mostInAll) throw new LimitReached();
      open.set(subject, own + 1);
      all++;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        all--;
        const rest = (open.get(subject) ?? 1) - 1;
        if (rest === 0) open.delete(subject);
        else open.set(subject, rest);
      };
    },
  };
}

/** A token bucket for each subject; one that is full again is forgotten. */
export function createRate({ perSecond, burst }: Limits, now: () => number): { take(subject: string): void } {
  const buckets = new Map<string, { tokens: number; at: number }>();
  let sweepAt = now() + 60_000;

  function filled(bucket: { tokens: number; at: number }, time: number): number {
    return Math.min(burst, bucket.tokens + ((time - bucket.at) / 1000) * perSecond);
  }

  return {
    take(subject) {
      const time = now();
      if (time > sweepAt) {
        for (const [name, bucket] of buckets) if (filled(bucket, time) >= burst) buckets.delete(name);
        sweepAt = time + 60_000;
      }
      const bucket = buckets.get(subject) ?? { tokens: burst, at: time };
      const tokens = filled(bucket, time);
      if (tokens < 1) throw new LimitReached(Math.ceil((1 - tokens) / perSecond));
      buckets.set(subject, { tokens: tokens - 1, at: time });
    },
  };
}

/** How many leases each subject may still have, as far as this proxy has seen. */
export interface LeaseCounts {
  check(subject: string): void;
  renewed(subject: string, id: bigint, ttlSeconds: bigint): void;
  gone(subject: string, id: bigint): void;
}

export function createLeaseCounts(most: number, now: () => number): LeaseCounts {
  /** When each lease ends, by subject. */
  const known = new Map<string, Map<bigint, number>>();
  let sweepAt = now() + 60_000;

  function living(subject: string): Map<bigint, number> {
    const leases = known.get(subject) ?? new Map<bigint, number>();
    const time = now();
    for (const [id, end] of leases) if (end < time) leases.delete(id);
    if (leases.size === 0) known.delete(subject);
    return leases;
  }

  return {
    check(subject) {
      if ((known.get(subject)?.size ?? 0) < most) return;
      if (living(subject).size >= most) throw new LimitReached(5);
    },
    renewed(subject, id, ttlSeconds) {
      const leases = known.get(subject) ?? new Map<bigint, number>();
      leases.set(id, now() + Number(ttlSeconds) * 1000);
      known.set(subject, leases);
      if (now() <= sweepAt) return;
      for (const each of known.keys()) living(each);
      sweepAt = now() + 60_000;
    },
    gone(subject, id) {
      known.get(subject)?.delete(id);
      living(subject);
    },
  };
}
