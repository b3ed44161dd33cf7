import type { Etcd } from "../../v3/client.ts";
import { compareBytes, type Value, valueBytes } from "../../v3/keys.ts";
import type { CallOptions } from "../../transport/connection.ts";
import { raceAbort } from "../../transport/deadline.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../../transport/options.ts";
import { ownOptions } from "../../v3/check.ts";
import { claim } from "../lock/claims.ts";
import { createStanding, type HoldWords } from "../lock/hold.ts";
import { createLine, type Leader, leaderOf, type Place } from "../lock/wait-queue.ts";
import { observeLine } from "./observe.ts";
import { type Leadership, type Office, officeOf } from "./leadership.ts";
import { runAsLeader } from "./run-as-leader.ts";
import { createScope, isReason } from "../scope.ts";
import { type Session, sessionKind, session as startSession } from "../session/session.ts";
import { takePlace } from "../lock/acquire.ts";
import { limited } from "../time-out.ts";

export interface ElectionOptions {
  /** Seconds until the office of a leader that vanished is free. Default 60. Each candidacy has a lease of its own. */
  readonly ttl?: number | undefined;
  /** Stand under the lease of this session instead. It can have one candidacy at a time. */
  readonly session?: Session | undefined;
}

export interface Election {
  /**
   * Stands in line until it leads. Rejects with the signal's own reason, `Timeout`, or what ended the session; no trace of
   * it stays in the line then.
   */
  campaign(value: Value, options?: CallOptions): Promise<Leadership>;
  leader(options?: CallOptions): Promise<Leader | null>;
  /**
   * Who leads, `null` while nobody does: first as it is, then every change in order, proclamations too. It goes on after
   * every break; only where the history is compacted meanwhile may changes be missing, never the last one.
   */
  observe(options?: { readonly signal?: AbortSignal | undefined }): AsyncIterableIterator<Leader | null>;
  /** Takes up again what another run of this program had; `ElectionNotLeader` if that does not lead any more. */
  resume(leader: Pick<Leader, "key" | "token">, options?: CallOptions): Promise<Leadership>;
  /**
   * Campaigns, does `work` while leading, and steps down. Campaigns again after a loss, when `work` has ended: it should
   * when `leadership.signal` aborts. A cluster that was wiped or restored is taken for the next candidacy. Resolves with what `work` does while it leads; rejects with what it throws, or with
   * the reason of `signal`.
   */
  run<T>(
    value: Value,
    work: (leadership: Leadership) => Promise<T>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<T>;
}

const electionKinds: Kinds<ElectionOptions> = { ttl: kind.anything, session: sessionKind };
const words: HoldWords = { what: "the leadership", lost: "ElectionNotLeader" };

/**
 * One leader at a time, first come, first served; the same election as that of `etcdctl elect` and Go's `concurrency`.
 * Nothing is sent until it is used. What a leader does has to be guarded by `guard` or `token`: one that stood still may
 * act after its time.
 */
export function election(etcd: Etcd, name: string, options?: ElectionOptions): Election {
  const { ttl = 60, session } = checkOptions("election", options, electionKinds);
  const line = createLine(etcd, name);

  async function stand(value: Value, { signal, timeoutMs }: CallOptions, where = { etcd, line }): Promise<Office> {
    const late = (): EtcdError =>
      new EtcdError(`not elected within ${timeoutMs} ms`, "Timeout", { outcome: "not-applied" });
    const scope = createScope([signal], timeoutMs, late);
    try {
      for (;;) {
        const taken = await takePlace({ ...where, session, ttl, value, words, scope });
        if (taken === undefined) continue;
        const office = officeOf(taken.standing);
        try {
          const { found } = taken;
          if (found !== undefined && compareBytes(found.value, valueBytes(value)) !== 0)
            await office.leadership.proclaim(value, { signal: scope.signal });
          return office;
        } catch (error) {
          throw await scope.failed(error, office.standing.release());
        }
      }
    } finally {
      scope.end();
    }
  }

  return {
    async campaign(value, given) {
      valueBytes(value);
      return (await stand(value, ownOptions("election.campaign", given))).leadership;
    },

    async leader(given) {
      const { entry } = await line.first(ownOptions("election.leader", given));
      return entry === null ? null : leaderOf(entry);
    },

    observe(given) {
      const { signal } = checkOptions("election.observe", given, { signal: kind.signal });
      return observeLine(etcd, line, signal);
    },

    async resume(leader, given) {
      const call = ownOptions("election.resume", given);
      const place: Place = { key: leader.key, createRevision: leader.token };
      return limited(call, "the leadership could not be taken up again", async ({ signal }) => {
        const entry = await etcd.get(place.key, { signal });
        if (entry?.createRevision !== place.createRevision || line.keyOf(entry.lease) !== place.key) throw notLeader();
        if (session !== undefined && session.leaseId !== entry.lease) throw notLeader();
        const kept = session ?? (await resumed(etcd, entry.lease, signal));
        const standing = createStanding(etcd, kept, session === undefined, place, entry.modRevision, words);
        const turn = createScope([signal, standing.hold.signal]);
        try {
          const ahead = await line.ahead(place, turn.signal);
          if (ahead === "gone" || ahead.before !== undefined) throw notLeader();
          claim(kept, place.createRevision);
          standing.assertHeld();
          return officeOf(standing).leadership;
        } catch (error) {
          // What another run has is not given up because this one could not take it over.
          standing.stop();
          if (session === undefined) kept.orphan();
          throw error;
        } finally {
          turn.end();
        }
      });
    },

    async run(value, work, given) {
      valueBytes(value);
      const { signal } = checkOptions("election.run", given, { signal: kind.signal });
      const following = etcd.following();
      const there = { etcd: following, line: createLine(following, name) };
      // No candidacy can follow under a session of the caller's that has ended.
      const hopeless = (): boolean => session?.signal.aborted === true;
      return runAsLeader((during) => stand(value, { signal: during }, there), work, hopeless, signal);
    },
  };
}

async function resumed(etcd: Etcd, leaseId: bigint, signal: AbortSignal): Promise<Session> {
  const starting = startSession(etcd, { leaseId });
  try {
    return await raceAbort(starting, signal);
  } catch (error) {
    starting.then((late) => late.orphan()).catch(() => undefined);
    throw isReason(error, "LeaseNotFound") ? notLeader() : error;
  }
}

function notLeader(): EtcdError {
  return new EtcdError("it does not lead any more", words.lost, { outcome: "not-applied" });
}
