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
  /** The same of all subjects. @default 20_000 */
  readonly totalLeases?: number;
  /** Bytes of a request's body. @default 2 MiB, which is more than etcd takes */
  readonly bodyBytes?: number;
  /**
   * Bytes of a whole answer of etcd. A read beyond it is refused as etcd's gateway does, `received message larger than
   * max`; of a write it is not said whether it was done. Not with `etcd.transport`, which has a bound of its own.
   *
   * @default 8 MiB
   */
  readonly answerBytes?: number;
  /** Characters that may wait for a slow reader of a stream, before the stream is cut, to be resumed. @default 4 MiB */
  readonly queueBytes?: number;
  /** Requests of a subject a second, in the long run. @default 200 */
  readonly perSecond?: number;
  /** Requests that it may make at once before that counts. @default 400 */
  readonly burst?: number;
  /** Requests of all subjects a second, in the long run. @default 5000 */
  readonly totalPerSecond?: number;
  /** Requests that they may make at once before that counts. @default 10_000 */
  readonly totalBurst?: number;
}

export type LimitSettings = Readonly<Required<ProxyLimits>>;

const defaults: LimitSettings = {
  requests: 64,
  totalRequests: 1024,
  watches: 256,
  totalWatches: 20_000,
  leases: 1000,
  totalLeases: 20_000,
  bodyBytes: 2 * 1024 * 1024,
  answerBytes: 8 * 1024 * 1024,
  queueBytes: 4 * 1024 * 1024,
  perSecond: 200,
  burst: 400,
  totalPerSecond: 5000,
  totalBurst: 10_000,
};

const limitKinds: Kinds<ProxyLimits> = {
  requests: kind.positive,
  totalRequests: kind.positive,
  watches: kind.positive,
  totalWatches: kind.positive,
  leases: kind.positive,
  totalLeases: kind.positive,
  bodyBytes: kind.positive,
  answerBytes: kind.positive,
  queueBytes: kind.positive,
  perSecond: kind.positive,
  burst: kind.positive,
  totalPerSecond: kind.positive,
  totalBurst: kind.positive,
};

export function limitsOf(given: ProxyLimits | undefined): LimitSettings {
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
export interface OpenCounter {
  /** Throws `LimitReached`. The function that it returns counts down again, once. */
  enter(subject: string): () => void;
}

export function createCounter(most: number, mostInAll: number): OpenCounter {
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

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** A token bucket for each subject, and one for all of them. A bucket that is full again is forgotten. */
export function createRate(limits: LimitSettings, now: () => number): { take(subject: string): void } {
  const { perSecond, burst, totalPerSecond, totalBurst } = limits;
  const buckets = new Map<string, Bucket>();
  let ofAll: Bucket = { tokens: totalBurst, at: now() };
  let pruneAt = now() + 60_000;

  const filled = ({ tokens, at }: Bucket, time: number, rate: number, most: number): number =>
    Math.min(most, tokens + ((time - at) / 1000) * rate);

  return {
    take(subject) {
      const time = now();
      if (time > pruneAt) {
        for (const [name, bucket] of buckets) if (filled(bucket, time, perSecond, burst) >= burst) buckets.delete(name);
        pruneAt = time + 60_000;
      }
      const own = filled(buckets.get(subject) ?? { tokens: burst, at: time }, time, perSecond, burst);
      if (own < 1) throw new LimitReached(Math.ceil((1 - own) / perSecond));
      const all = filled(ofAll, time, totalPerSecond, totalBurst);
      if (all < 1) throw new LimitReached(Math.ceil((1 - all) / totalPerSecond));
      buckets.set(subject, { tokens: own - 1, at: time });
      ofAll = { tokens: all - 1, at: time };
    },
  };
}

/** How many leases each subject may still have, as far as this proxy has seen. */
export interface LeaseCounts {
  /** Counts a lease that is asked for. What it returns takes that back. Throws `LimitReached`. */
  reserve(subject: string, id: bigint, ttlSeconds: bigint): () => void;
  renewed(subject: string, id: bigint, ttlSeconds: bigint): void;
  gone(subject: string, id: bigint): void;
}

/** The longest that a lease may live by etcd, in seconds. */
const longestTtl = 9_000_000_000n;

export function createLeaseCounts(most: number, mostInAll: number, now: () => number): LeaseCounts {
  /** When each lease ends, by subject. */
  const known = new Map<string, Map<bigint, number>>();
  let all = 0;
  let pruneAt = now() + 60_000;

  function forget(subject: string, isOver: (id: bigint, end: number) => boolean): void {
    const leases = known.get(subject);
    for (const [id, end] of leases ?? []) if (isOver(id, end) && leases?.delete(id) === true) all--;
    if (leases?.size === 0) known.delete(subject);
  }

  function prune(): void {
    const time = now();
    for (const subject of known.keys()) forget(subject, (_, end) => end < time);
    pruneAt = time + 60_000;
  }

  function renewed(subject: string, id: bigint, ttlSeconds: bigint): void {
    const leases = known.get(subject) ?? new Map<bigint, number>();
    if (!leases.has(id)) all++;
    const seconds = ttlSeconds > longestTtl ? longestTtl : ttlSeconds;
    leases.set(id, now() + Number(seconds) * 1000);
    known.set(subject, leases);
    if (now() > pruneAt) prune();
  }

  const gone = (subject: string, id: bigint): void => {
    const leases = known.get(subject);
    if (leases?.delete(id) === true) all--;
    if (leases?.size === 0) known.delete(subject);
  };

  return {
    reserve(subject, id, ttlSeconds) {
      const time = now();
      if ((known.get(subject)?.size ?? 0) >= most) forget(subject, (_, end) => end < time);
      if (all >= mostInAll) prune();
      if ((known.get(subject)?.size ?? 0) >= most || all >= mostInAll) throw new LimitReached(5);
      // One that is there already stays, whatever etcd says to another of its name.
      if (known.get(subject)?.has(id) === true) return () => undefined;
      renewed(subject, id, ttlSeconds);
      return () => gone(subject, id);
    },
    renewed,
    gone,
  };
}
