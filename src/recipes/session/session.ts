import type { Etcd } from "../../v3/client.ts";
import { elapsedSince, now } from "../../transport/clock.ts";
import { onAbort, raceAbort } from "../../transport/deadline.ts";
import { EtcdError, exclusive, withOutcome } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { keyTexts } from "../../v3/keys.ts";
import { leaseIdKind } from "../../v3/check.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import type { GrantedLease } from "../../v3/lease/lease.ts";
import type { Scope } from "../wait.ts";
import { keeperOf, type KeptLease } from "./lease-keeper.ts";

/** Options of {@link session}. */
export interface SessionOptions {
  /** Seconds that its keys outlive a holder that vanished; etcd may give more. @default 30; for pages 120 or more */
  readonly ttl?: number | undefined;
  /** Take over a lease that exists, with the TTL that it has. Not together with `ttl`. */
  readonly leaseId?: bigint | undefined;
  /** Aborting it closes the session. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A lease that is renewed for as long as its holder lives. It is lost for good when it cannot be renewed in time: no
 * other lease ever takes its place. The hold ends a margin (a tenth of the TTL, at least 500 ms) before the server frees
 * the keys, counted from when the last good renewal was sent, by whichever clock of the machine says more.
 */
export interface Session extends AsyncDisposable {
  /** The lease of the session: give it as `lease` to `put`, and the key vanishes with the session. */
  readonly leaseId: bigint;
  /** Seconds, as etcd gave them. */
  readonly ttl: number;
  /**
   * Aborts when the session ends. The reason is an `EtcdError`: `SessionExpired` (not renewed in time), `LeaseNotFound`
   * (the server says that it is gone), `ClusterChanged` (it was wiped or restored), or `Closed`.
   */
  readonly signal: AbortSignal;
  /** Resolves with the reason of `signal` when that aborts; never rejects. */
  readonly lost: Promise<EtcdError>;
  /** When the hold ends unless it is renewed before: milliseconds as of `Date.now()`. */
  readonly heldUntil: number;
  /** Milliseconds until then, 0 if the session has ended. */
  remaining(): number;
  /** Renews now, instead of when it is due. Rejects with the reason of `signal` if the session has ended. */
  renew(): Promise<void>;
  /** The keys put with its lease that the client's namespace holds. */
  keys(): Promise<string[]>;
  /** Ends it: revokes the lease, which deletes its keys. Rejects if that fails; then they go when the TTL is over. */
  close(): Promise<void>;
  /** Ends it, but leaves the lease and its keys to live until the TTL is over. */
  orphan(): void;
}

/** The most that etcd makes of a shorter TTL, in seconds: one and a half of its longest election time-out, 50 s. */
const longestRaise = 75;

const sessionKinds: Kinds<SessionOptions> = { ttl: kind.anything, leaseId: leaseIdKind, signal: kind.signal };

/** The option of a recipe that is to live under a session of the caller's. */
export const sessionKind: kind.Kind = {
  expected: "a session",
  accepts: (value) => kind.object.accepts(value) && "leaseId" in value && "signal" in value,
};

/** Whose lease the keys of a recipe hang on. */
export interface LeaseOptions {
  /** Seconds that they outlive a holder that vanished. Not together with `session`. @default 60 */
  readonly ttl?: number | undefined;
  /** A session that goes on afterwards. @default one of its own for each use, which ends with it */
  readonly session?: Session | undefined;
}

export const leaseKinds: Kinds<LeaseOptions> = { ttl: kind.anything, session: sessionKind };

export function checkLeaseOptions({ ttl, session: given }: LeaseOptions): void {
  if (ttl !== undefined && given !== undefined) {
    throw exclusive("ttl", "session");
  }
}

/** Starts a session for one hold. If the scope ends first, the session is closed as soon as it has started. */
export async function ownSession(etcd: Etcd, ttl: number = 60, scope: Scope): Promise<Session> {
  const { signal } = scope;
  const starting = session(etcd, { ttl });
  try {
    return await raceAbort(starting, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    const closing = starting.then((started) => started.close());
    throw await scope.failed(signal.reason, closing);
  }
}

/**
 * Starts a session. Closing the client closes its sessions.
 *
 * @example
 * const own = await session(etcd, { ttl: 30 });
 * await etcd.put("online/host-1", "yes", { lease: own.leaseId }); // gone 30 s after this program
 * await own.close();
 */
export async function session(etcd: Etcd, options?: SessionOptions): Promise<Session> {
  const { leaseId, signal, ...own } = checkOptions("session", options, sessionKinds);
  const { ttl = 30 } = own;
  if (own.ttl !== undefined && leaseId !== undefined) {
    throw exclusive("ttl", "leaseId");
  }
  if (signal?.aborted) throw signal.reason;
  const controller = new AbortController();
  let resolveLost: (error: EtcdError) => void = () => undefined;
  const lost = new Promise<EtcdError>((resolve) => {
    resolveLost = resolve;
  });
  /** What keeps it, once it has started. */
  let keeping: KeptLease | undefined = undefined;
  const stops: (() => void)[] = [];
  let closing: Promise<void> | undefined;
  // From before the grant until after the revocation: a client that is closed meanwhile leaves no lease behind.
  const unsubscribeFromClose = etcd.beforeClose(close);
  let sent = now();
  const granting = leaseId === undefined ? etcd.lease.grant(ttl) : etcd.lease.keepAliveOnce(leaseId, { signal });
  let granted: GrantedLease | undefined;
  try {
    granted = await raceAbort(granting, signal);
    // Counted from its sending, a grant that took several attempts may leave little.
    if (elapsedSince(sent) > (granted.ttl * 1000) / 3) {
      sent = now();
      granted = await etcd.lease.keepAliveOnce(granted.id, { signal });
    }
    if (signal?.aborted) throw signal.reason;
    if (controller.signal.aborted) throw controller.signal.reason;
  } catch (error) {
    giveUp();
    if (signal?.aborted || leaseId !== undefined) throw error;
    // What it was for did not happen, and the lease may live until its time is over.
    const alone = granted !== undefined || (EtcdError.is(error) && error.outcome === "applied");
    throw alone ? withOutcome(error, "unknown") : error;
  }
  const { id } = granted;
  // A longer TTL from a broken or hostile server is not believed: the hold would never end.
  const believed = leaseId === undefined ? Math.min(granted.ttl, Math.max(ttl, longestRaise)) : granted.ttl;
  const kept = keeperOf(etcd).keep(id, believed, sent, leave);
  keeping = kept;
  const onChange = (error: EtcdError): void => {
    leave(error);
    // The cluster that is there now may have it, and keys with it that are in the way of others until the TTL is over.
    etcd
      .following()
      .lease.revoke(id)
      .catch(() => undefined);
  };
  stops.push(kept.stop, etcd.onClusterChange(onChange));
  if (signal !== undefined) stops.push(onAbort(signal, giveUp));

  function end(error: EtcdError): void {
    for (const stop of stops) stop();
    controller.abort(error);
    resolveLost(error);
  }

  /** Ends it, with nothing to be done at the server. */
  function leave(error: EtcdError): void {
    if (controller.signal.aborted) return;
    unsubscribeFromClose();
    end(error);
  }

  function closed(): EtcdError {
    return new EtcdError("the session is closed", "Closed", { outcome: "not-applied", cause: signal?.reason });
  }

  function close(): Promise<void> {
    closing ??= finish();
    return closing;
  }

  function giveUp(): void {
    close().catch(() => undefined);
  }

  async function finish(): Promise<void> {
    // The clocks may say that it is lost.
    keeping?.remaining();
    if (controller.signal.aborted) return;
    end(closed());
    try {
      const { id } = await granting;
      // The lease of another run is revoked only if it was taken over.
      if (leaseId === undefined || keeping !== undefined) await etcd.lease.revoke(id);
    } catch (error) {
      if (!EtcdError.is(error) || error.reason !== "LeaseNotFound") throw error;
    } finally {
      unsubscribeFromClose();
    }
  }

  return {
    leaseId: id,
    ttl: believed,
    get signal() {
      kept.remaining();
      return controller.signal;
    },
    lost,
    get heldUntil() {
      return Date.now() + kept.remaining();
    },
    remaining: kept.remaining,
    renew: kept.renew,
    async keys() {
      const { keys = [] } = await etcd.lease.timeToLive(id, { keys: true });
      return keyTexts(keys, "lease.timeToLive has the bytes of all");
    },
    close,
    orphan: () => leave(closed()),
    [Symbol.asyncDispose]: close,
  };
}
