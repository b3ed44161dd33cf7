import { askedPauseMs } from "../transport/http/retry-after.ts";
import { EtcdV2Error } from "./errors.ts";

/** What comes of something else than etcd. */
const foreign = ["NotEtcd", "RedirectRefused", "MalformedResponse"];
/** Failures that another member may not share, and time will not mend. */
const ofTheMember: ReadonlySet<string> = new Set([...foreign, "Tls", "ClusterChanged"]);
/** Failures that may be over by the next try. */
const passing: ReadonlySet<string> = new Set([
  "Unreachable",
  "Timeout",
  "RaftInternal",
  "LeaderElect",
  "ClientInternal",
]);

/** Whether another member, or the same one later, may do better. */
export function isPassing(error: EtcdV2Error): boolean {
  return (
    passing.has(error.name) || (error.name === "HttpFailure" && (error.status === 429 || (error.status ?? 0) >= 500))
  );
}

/**
 * Failures in a row, which take about half a minute, within which what was etcd may answer as something else: a proxy
 * restarts, or a login page is in the way.
 */
const foreignFailures = 16;

/** Whether what has worked before goes on after such an answer. `failures`: how many in a row came before it. */
export function outlastsForeign(error: unknown, failures: number): boolean {
  return failures < foreignFailures && EtcdV2Error.is(error) && foreign.includes(error.name);
}

/** Whether calls should go elsewhere for a while. */
export function isBlamed(error: unknown): boolean {
  return EtcdV2Error.is(error) && (isPassing(error) || ofTheMember.has(error.name));
}

/**
 * Whether to send a call again. A write only where it certainly did nothing; a read also where its answer was lost.
 * `tries`: how many there were; `members`: how many can be asked.
 */
export function mayRetry(error: unknown, write: boolean, tries: number, members: number): boolean {
  if (!EtcdV2Error.is(error) || (write && error.outcome !== "not-applied")) return false;
  if (ofTheMember.has(error.name)) return tries < members;
  return write ? error.name === "Unreachable" : isPassing(error);
}

/** How often a call is sent, at most. */
export function maxTries(members: number): number {
  return members + 4;
}

/**
 * Milliseconds before the next try: what the server asked for; else none while there are members that were not asked,
 * then at random, growing up to 2 s.
 */
export function waitBefore(tries: number, members: number, last: EtcdV2Error | undefined): number {
  const longest = tries < members ? 0 : Math.min(2000, 100 * 2 ** (tries - members));
  return Math.max(askedPauseMs(last), Math.random() * longest);
}
