import type { Etcd } from "../../v3/client.ts";
import { elapsedSince, type Moment, now } from "../../transport/clock.ts";
import { EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";

/** A lease that is being renewed. */
export interface KeptLease {
  /** Milliseconds until the hold ends, unless it is renewed before; 0 once it has ended. Looks at the clocks. */
  remaining(): number;
  /** Renews now. Rejects with what failed; with what ended the hold if it is lost. */
  renew(): Promise<void>;
  /** Stops renewing. */
  stop(): void;
}

export interface LeaseKeeper {
  /** `sent`: when the grant, or the last good renewal, was sent. `lost` is called once, and never after `stop`. */
  keep(id: bigint, ttl: number, sent: Moment, lost: (error: EtcdError) => void): KeptLease;
}

interface Lease {
  readonly id: bigint;
  readonly lost: (error: EtcdError) => void;
  /** Seconds. */
  ttl: number;
  /** As granted: a renewal gives no more. */
  readonly longestTtl: number;
  /** When the last good renewal was sent. */
  sent: Moment;
  /** When to renew next: milliseconds after `sent`. */
  dueMs: number;
  failures: number;
  /** The renewal under way. */
  renewal: Promise<void> | undefined;
  ended: EtcdError | undefined;
}

/** The clocks are looked at this often at least: neither a timer nor the monotonic clock need go on during sleep. */
const maxSleepMs = 1000;

/**
 * By the signal that all views of a client share. It saves timers and requests, and decides nothing else: a session of
 * another copy of this package renews its lease on its own.
 */
const keepers = new WeakMap<AbortSignal, LeaseKeeper>();

/**
 * The one keeper of a client, whatever its namespace. Where a call may not wait for what another began, each lease has a
 * keeper, and with it a timer, of its own.
 */
export function keeperOf(etcd: Etcd): LeaseKeeper {
  const known = keepers.get(etcd.signal);
  if (known !== undefined) return known;
  // A session ends when the cluster changes; the renewals of others go on.
  const keeper = createKeeper(etcd.following());
  if (!etcd.shareRequests) return keeper;
  keepers.set(etcd.signal, keeper);
  return keeper;
}

/** How long before the lease expires at the server its holder's hold ends, in milliseconds. */
export function marginMs(ttl: number): number {
  return Math.max(ttl * 100, 500);
}

/** How long one renewal may take, in milliseconds: three of them fit into the time that is left when one is due. */
export function renewalMs(ttl: number): number {
  return Math.min((ttl * 1000) / 6, 2000);
}

function createKeeper(etcd: Etcd): LeaseKeeper {
  const leases = new Set<Lease>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let arming = false;

  /** Sets the timer anew, once for all that changes in one tick. */
  function rearm(): void {
    clearTimeout(timer);
    timer = undefined;
    if (leases.size === 0 || arming) return;
    arming = true;
    queueMicrotask(arm);
  }

  function arm(): void {
    arming = false;
    clearTimeout(timer);
    if (leases.size === 0) return;
    let sleepMs = maxSleepMs;
    for (const lease of leases) {
      sleepMs = Math.min(sleepMs, remaining(lease));
      if (lease.renewal === undefined) sleepMs = Math.min(sleepMs, lease.dueMs - elapsedSince(lease.sent));
    }
    timer = setTimeout(tick, Math.max(0, Math.ceil(sleepMs)));
  }

  /** Everything that is due, and what will be soon: calls of one tick travel as one request. */
  function tick(): void {
    for (const lease of leases) check(lease);
    const idle = [...leases].filter(({ renewal }) => renewal === undefined);
    if (idle.some((lease) => elapsedSince(lease.sent) >= lease.dueMs)) {
      for (const lease of idle) {
        if (elapsedSince(lease.sent) >= (lease.failures === 0 ? lease.dueMs / 2 : lease.dueMs)) void renew(lease);
      }
    }
    rearm();
  }

  function remaining(lease: Lease): number {
    return Math.max(0, lease.ttl * 1000 - marginMs(lease.ttl) - elapsedSince(lease.sent));
  }

  function check(lease: Lease): void {
    if (lease.ended !== undefined || remaining(lease) > 0) return;
    end(lease, new EtcdError(`lease ${lease.id} was not renewed in time`, "SessionExpired", { outcome: "unknown" }));
  }

  function end(lease: Lease, error: EtcdError): void {
    if (lease.ended !== undefined) return;
    lease.ended = error;
    leases.delete(lease);
    rearm();
    lease.lost(error);
  }

  function renew(lease: Lease): Promise<void> {
    lease.renewal ??= attempt(lease).finally(() => {
      lease.renewal = undefined;
      rearm();
    });
    // Callers of `renew` get the rejection; nobody waits for the renewals of the timer.
    lease.renewal.catch(() => undefined);
    return lease.renewal;
  }

  async function attempt(lease: Lease): Promise<void> {
    const sent = now();
    try {
      const { ttl } = await etcd.lease.keepAliveOnce(lease.id, { timeoutMs: renewalMs(lease.ttl) });
      // An answer that comes too late does not bring back what has been reported as lost.
      check(lease);
      if (lease.ended !== undefined) throw lease.ended;
      lease.ttl = Math.min(ttl, lease.longestTtl);
      lease.sent = sent;
      lease.dueMs = dueMs(lease.ttl);
      lease.failures = 0;
    } catch (error) {
      check(lease);
      if (lease.ended !== undefined) throw lease.ended;
      if (!EtcdError.is(error) || final.has(error.reason)) {
        end(lease, asLoss(error));
        throw error;
      }
      // The first failure is answered at once, on another endpoint where there is one.
      const pauseMs = lease.failures++ === 0 ? 0 : renewalMs(lease.ttl) * (0.25 + 0.25 * Math.random());
      lease.dueMs = elapsedSince(lease.sent) + pauseMs;
      throw error;
    }
  }

  return {
    keep(id, ttl, sent, lost) {
      const lease: Lease = {
        id,
        ttl,
        longestTtl: ttl,
        sent,
        lost,
        dueMs: dueMs(ttl),
        failures: 0,
        renewal: undefined,
        ended: undefined,
      };
      leases.add(lease);
      rearm();
      return {
        remaining() {
          check(lease);
          return lease.ended === undefined ? remaining(lease) : 0;
        },
        async renew() {
          check(lease);
          if (lease.ended !== undefined) throw lease.ended;
          await renew(lease);
        },
        stop() {
          lease.ended ??= notApplied("the lease is no longer renewed", "Closed");
          leases.delete(lease);
          rearm();
        },
      };
    },
  };
}

/** Refusals that no repetition changes. */
const final: ReadonlySet<EtcdError["reason"]> = new Set<EtcdError["reason"]>([
  "LeaseNotFound",
  "ClusterChanged",
  "Closed",
]);

function asLoss(error: unknown): EtcdError {
  if (EtcdError.is(error)) return error;
  return new EtcdError("the lease could not be renewed", "Unknown", { outcome: "unknown", cause: error });
}

/** A third of the TTL, give or take a tenth of that. */
function dueMs(ttl: number): number {
  return (ttl * 1000 * (0.9 + 0.2 * Math.random())) / 3;
}
