import type { ResponseHeader } from "../gen/etcdserverpb/header_pb.ts";
import type { TxnRequest } from "../gen/etcdserverpb/kv_pb.ts";
import type { Layer } from "./caller.ts";
import { type KnownThen, clusterChanged, type ClusterMemory, type History } from "./cluster-memory.ts";
import type { EtcdError } from "./errors/etcd-error.ts";

/** What calls do when the cluster turns out to be another one, or to have another history. */
export type OnClusterChange = "refuse" | "accept";

/** What calls of one kind make of the cluster that answers. */
export interface ClusterGuard {
  /** Whether calls would be refused now, and why. Nothing was sent. */
  refusal(): EtcdError | undefined;
  /** Takes note of the header of a streamed answer. Throws `ClusterChanged` where it is refused. */
  check(header: ResponseHeader | undefined, asked?: KnownThen): void;
  readonly memory: ClusterMemory;
  /** The history that all calls have to be answered by, where there is one. */
  readonly pinnedTo: History | undefined;
  /** Checks the answers of calls. */
  readonly layer: Layer;
  /** The same, for work of several calls, which all have to be answered by one history: that of the first answer. */
  pin(): ClusterGuard;
}

/** Answers whose header tells the cluster's newest revision, rather than what one member has seen. */
const linearizable: ReadonlySet<string> = new Set([
  "Range",
  "Put",
  "DeleteRange",
  "Txn",
  // Answered by a member that has executed all that came before.
  "LeaseGrant",
  "LeaseRevoke",
]);

/** Which answers pass. */
interface Policy {
  /** The history to be kept to that is not the current one; `undefined`: the current one will do. */
  missed(): History | undefined;
  /** An answer has come, and passed. */
  passed(): void;
  readonly pinnedTo: History | undefined;
}

/** Calls are answered by whatever cluster is there. */
export function acceptingGuard(memory: ClusterMemory): ClusterGuard {
  return guardOf(memory, { missed: () => undefined, passed: () => undefined, pinnedTo: undefined });
}

/**
 * Calls are refused that the first cluster did not answer, or not out of the same history. What passes for that history
 * again passes: a proxy that answered with something old does not end a client.
 */
export function refusingGuard(memory: ClusterMemory): ClusterGuard {
  let own = memory.current;
  return guardOf(memory, {
    missed() {
      const { current } = memory;
      if (current !== own && current.clusterId === own.clusterId && current.newest >= own.newest) own = current;
      return current === own ? undefined : own;
    },
    passed: () => undefined,
    pinnedTo: undefined,
  });
}

/** Refuses what `outer` refuses, and all but the history of the first answer. */
function pinnedPolicy(memory: ClusterMemory, outer: Policy): Policy {
  let own = outer.pinnedTo;
  return {
    missed: () => outer.missed() ?? (own === undefined || own === memory.current ? undefined : own),
    passed() {
      outer.passed();
      own ??= memory.current;
    },
    get pinnedTo() {
      return own;
    },
  };
}

function guardOf(memory: ClusterMemory, policy: Policy): ClusterGuard {
  function refusal(outcome: "applied" | "not-applied"): EtcdError | undefined {
    const missed = policy.missed();
    return missed === undefined ? undefined : clusterChanged(missed, memory.current, outcome);
  }

  /** The answer was an answer: what was asked has been done, though perhaps not where it should have been. */
  function check(): void {
    const error = refusal("applied");
    if (error !== undefined) throw error;
    policy.passed();
  }

  /** A pinned call is not sent once it is known that another history has begun. */
  function checkSending(): void {
    if (policy.pinnedTo === undefined || policy.pinnedTo === memory.current) return;
    throw clusterChanged(policy.pinnedTo, memory.current, "not-applied");
  }

  return {
    refusal: () => refusal("not-applied"),
    check(header, asked = memory.asking()) {
      memory.note(header, asked, 0n);
      check();
    },
    memory,
    get pinnedTo() {
      return policy.pinnedTo;
    },
    layer: (next) => ({
      async unary(call) {
        checkSending();
        const asked = memory.asking();
        const message = await next.unary(call);
        const header = etcdHeader(message);
        const isNewest = linearizable.has(call.method.name) && !isSerializable(call.message);
        memory.note(header, asked, isNewest ? asked.newest : 0n);
        if (header !== undefined && header.clusterId !== 0n) check();
        return message;
      },
      async stream(call) {
        checkSending();
        return next.stream(call);
      },
    }),
    pin: () => guardOf(memory, pinnedPolicy(memory, policy)),
  };
}

/** As etcd sees it: a transaction is serializable if each of its steps is, one without steps too. */
export function isSerializable(message: object): boolean {
  if ("serializable" in message) return message.serializable === true;
  if (!("compare" in message || "success" in message || "failure" in message)) return false;
  const { success = [], failure = [] } = message as Partial<TxnRequest>;
  return [...success, ...failure].every(({ request }) => request.case === "requestRange" && request.value.serializable);
}

/** What etcd says of itself in an answer. */
export function etcdHeader(message: object): ResponseHeader | undefined {
  return "header" in message ? (message.header as ResponseHeader | undefined) : undefined;
}
