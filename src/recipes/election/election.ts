import type { Etcd } from "../../v3/client.ts";
import { compareBytes, type Value, valueBytes } from "../../v3/keys.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { raceAbort } from "../../transport/deadline.ts";
import { type EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { ownOptions } from "../../v3/check.ts";
import { createHoldController, type HoldMessages } from "../lock/hold.ts";
import { acquire, createNamedQueue } from "../lock/wait-queue.ts";
import { ownersOf, type Waiter } from "../lock/waiter.ts";
import { createScope, isReason, limited } from "../wait.ts";
import { createTerm, type Leader, leaderOf, type Leadership, runAsLeader, type Term } from "./leadership.ts";
import { observeQueue } from "./observe.ts";
import { type Session, sessionKind, session as startSession } from "../session/session.ts";

/** Under which lease a candidate stands: one of its own, or that of a session. */
export interface ElectionOptions {
  /** Seconds until a leader that vanished is replaced. Each candidacy has a lease of its own. @default 60 */
  readonly ttl?: number | undefined;
  /** Campaign under the lease of this session instead. It can have one candidacy at a time. */
  readonly session?: Session | undefined;
}

/** One leader at a time, and behind it a queue of candidates: see {@link election}. */
export interface Election {
  /**
   * Waits in the queue until it leads. Rejects with the signal's own reason, `Timeout`, or what ended the session, and
   * leaves no key in the queue then.
   */
  campaign(value: Value, options?: CallOptions): Promise<Leadership>;
  /** The leader now, or `null`. */
  leader(options?: CallOptions): Promise<Leader | null>;
  /**
   * The leader, or `null`: first the present one, then every change in order, proclamations too. It goes on after every
   * break; only where the history is compacted meanwhile may changes be missing, never the last one.
   */
  observe(options?: { readonly signal?: AbortSignal | undefined }): AsyncIterableIterator<Leader | null>;
  /** Takes up again what another run of this program had; `ElectionNotLeader` if that does not lead any more. */
  resume(leader: Pick<Leader, "key" | "token">, options?: CallOptions): Promise<Leadership>;
  /**
   * Campaigns, does `work` while leading, and steps down. Campaigns again after a loss, once `work` has ended: `work`
   * should end when `leadership.signal` aborts. After a cluster was wiped or restored the next candidacy is in the new
   * one. Resolves with the result of `work`; rejects with what it throws, or with the reason of `signal`.
   */
  run<T>(
    value: Value,
    work: (leadership: Leadership) => Promise<T>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<T>;
}

const electionKinds: Kinds<ElectionOptions> = { ttl: kind.anything, session: sessionKind };
const messages: HoldMessages = { what: "the leadership", lost: "ElectionNotLeader" };

/**
 * One leader at a time, first come, first served; the same election as that of `etcdctl elect` and Go's `concurrency`.
 * Nothing is sent until it is used. Check `guard` or `token` where you write: a paused leader may still act after it lost
 * the leadership.
 *
 * @example
 * const leadership = await election(etcd, "reports").campaign("host-1");
 * try {
 *   if (leadership.isLeader()) await work({ signal: leadership.signal });
 * } finally {
 *   await leadership.resign();
 * }
 */
export function election(etcd: Etcd, name: string, options?: ElectionOptions): Election {
  const { ttl = 60, session } = checkOptions("election", options, electionKinds);
  const queue = createNamedQueue(etcd, name);

  async function campaign(
    value: Uint8Array,
    { signal, timeoutMs }: CallOptions,
    where = { etcd, queue },
  ): Promise<Term> {
    const expired = (): EtcdError => notApplied(`not elected within ${timeoutMs} ms`, "Timeout");
    const scope = createScope([signal], timeoutMs, expired);
    try {
      const { controller, found } = await acquire({ ...where, session, ttl, value, messages, wait: true, scope });
      const term = createTerm(controller);
      try {
        if (found !== undefined && compareBytes(found.value, value) !== 0)
          await term.leadership.proclaim(value, { signal: scope.signal });
        return term;
      } catch (error) {
        throw await scope.failed(error, controller.release());
      }
    } finally {
      scope.end();
    }
  }

  return {
    async campaign(value, given) {
      return (await campaign(valueBytes(value), ownOptions("election.campaign", given))).leadership;
    },

    async leader(given) {
      const { entry } = await queue.first(ownOptions("election.leader", given));
      return entry === null ? null : leaderOf(entry);
    },

    observe(given) {
      const { signal } = checkOptions("election.observe", given, { signal: kind.signal });
      return observeQueue(etcd, queue, signal);
    },

    async resume(leader, given) {
      const call = ownOptions("election.resume", given);
      const waiter: Waiter = { key: leader.key, createRevision: leader.token };
      return limited(call, "the leadership was not resumed", async ({ signal }) => {
        const entry = await etcd.get(waiter.key, { signal });
        if (entry?.createRevision !== waiter.createRevision || queue.keyOf(entry.lease) !== waiter.key)
          throw notLeader();
        if (session !== undefined && session.leaseId !== entry.lease) throw notLeader();
        const kept = session ?? (await resumed(etcd, entry.lease, signal));
        const controller = createHoldController({
          etcd,
          session: kept,
          ownsSession: session === undefined,
          waiter,
          since: entry.modRevision,
          messages,
          unanswered: false,
        });
        const turnScope = createScope([signal, controller.hold.signal]);
        try {
          const turn = await queue.turn(waiter, { known: undefined, wait: false, signal: turnScope.signal });
          if (turn !== "first") throw notLeader();
          ownersOf(kept).claim(waiter.createRevision);
          controller.assertHeld();
          return createTerm(controller).leadership;
        } catch (error) {
          // This run could not take over the leadership of another run, so it must not release it.
          controller.stop();
          if (session === undefined) kept.orphan();
          throw error;
        } finally {
          turnScope.end();
        }
      });
    },

    async run(value, work, given) {
      const own = valueBytes(value);
      const { signal } = checkOptions("election.run", given, { signal: kind.signal });
      const following = etcd.following();
      const there = { etcd: following, queue: createNamedQueue(following, name) };
      // No candidacy can follow under a session of the caller's that has ended.
      const isFinal = (): boolean => session?.signal.aborted === true;
      return runAsLeader((during) => campaign(own, { signal: during }, there), work, isFinal, signal);
    },
  };
}

async function resumed(etcd: Etcd, leaseId: bigint, signal: AbortSignal): Promise<Session> {
  const starting = startSession(etcd, { leaseId });
  try {
    return await raceAbort(starting, signal);
  } catch (error) {
    starting.then((started) => started.orphan()).catch(() => undefined);
    throw isReason(error, "LeaseNotFound") ? notLeader() : error;
  }
}

function notLeader(): EtcdError {
  return notApplied("this candidate is no longer the leader", messages.lost);
}
