import type { ResponseHeader } from "../gen/etcdserverpb/header_pb.ts";
import { EtcdError } from "./errors/etcd-error.ts";
import { createListeners } from "./listeners.ts";
import type { Log } from "./log.ts";

/** One history of one cluster: of two of its revisions the larger one is the later. Each is an object of its own. */
export interface History {
  /** `0n`: nothing has answered yet. */
  readonly clusterId: bigint;
  /** The newest revision seen in any answer. */
  readonly newest: bigint;
}

/** What was known when a request was sent. */
export interface KnownThen {
  readonly history: History;
  readonly newest: bigint;
}

/** Which cluster answers, and which of its histories. */
export interface ClusterMemory {
  readonly current: History;
  /** To be kept for `note`. */
  asking(): KnownThen;
  /**
   * Takes note of an answer, which no store of the same history gives at a revision before `least`. `current` is another
   * object afterwards if the answer is of another history. Throws `ClusterChanged` for a cluster other than the one that
   * the user expects.
   */
  note(header: ResponseHeader | undefined, asked: KnownThen, least: bigint): void;
  /** The cluster that the user expects is not known to be there: another one answered last, or none has answered yet. */
  readonly mistaken: boolean;
  /** Whether a store can have come to a revision. */
  believes(revision: bigint): boolean;
  /** Has `listener` called with a `ClusterChanged` at each change, until what it returns is called. */
  onChange(listener: (error: EtcdError) => void): () => void;
}

/** No store comes to this revision: at a million writes a second it takes 285 years. */
const mostRevision = 2n ** 53n;
/** Nor does it move by more than this while somebody watches: at a million writes a second it takes twelve days. */
const longestJump = 2n ** 40n;

/**
 * Another cluster id means that an endpoint belongs to another cluster or that the data was wiped; a linearizable answer
 * older than one seen before the call was sent means a wiped cluster of the same id, or a restored backup. Either way a
 * new history begins, and revisions, leases and locks of before mean nothing in it. A wiped or restored cluster of the
 * same id that has outgrown what was seen of the old one looks like the old one: nothing in an answer tells.
 *
 * A revision that no store can have is not remembered: one broken or hostile member would make all others look restored.
 */
export function createClusterMemory(expected: bigint | undefined, log: Log): ClusterMemory {
  const listeners = createListeners<EtcdError>();
  let current = { clusterId: expected ?? 0n, newest: 0n };
  let mistaken = expected !== undefined;

  function believes(revision: bigint): boolean {
    return revision <= mostRevision && (current.newest === 0n || revision - current.newest <= longestJump);
  }

  function change({ clusterId, revision }: ResponseHeader): void {
    const before = current;
    current = { clusterId, newest: revision <= mostRevision ? revision : 0n };
    log({ type: "clusterChanged", clusterId, revision, previous: { ...before } });
    listeners.tell(clusterChanged(before, current, "not-applied"));
  }

  return {
    get current() {
      return current;
    },
    get mistaken() {
      return mistaken;
    },
    asking: () => ({ history: current, newest: current.newest }),
    note(header, asked, least) {
      if (header === undefined || header.clusterId === 0n) return;
      mistaken = expected !== undefined && header.clusterId !== expected;
      if (mistaken) throw clusterChanged(current, { clusterId: header.clusterId, newest: header.revision }, "applied");
      // An answer to a question of before a change tells nothing of what is there now.
      if (asked.history !== current) return;
      if (current.clusterId === 0n) current.clusterId = header.clusterId;
      if (header.clusterId !== current.clusterId || header.revision < least) change(header);
      else if (header.revision > current.newest && believes(header.revision)) current.newest = header.revision;
    },
    believes,
    onChange: listeners.add,
  };
}

/** `applied`: the answer was an answer, what was asked has been done, though perhaps not where it should have been. */
export function clusterChanged(before: History, now: History, outcome: "applied" | "not-applied"): EtcdError {
  const what =
    now.clusterId === before.clusterId
      ? `its revision went back from ${before.newest} to ${now.newest}`
      : `cluster ${now.clusterId} answered, expected ${before.clusterId}`;
  return new EtcdError(`the cluster has changed: ${what}`, "ClusterChanged", { outcome });
}
