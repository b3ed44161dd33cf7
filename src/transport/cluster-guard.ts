import type { ResponseHeader } from "../gen/etcdserverpb/header_pb.ts";
import type { TxnRequest } from "../gen/etcdserverpb/kv_pb.ts";
import type { Caller, CallInfo, Layer } from "./caller.ts";
import { type KnownThen, clusterChanged, type ClusterMemory, type History } from "./cluster-memory.ts";
import { KV } from "./codec/services.ts";
import { type EtcdError, throwUnsent } from "./errors/etcd-error.ts";
import { type EndpointsInUse, type PlacedCall, placeCall } from "./placed-call.ts";
import { idempotencyOf } from "./retry/retry-policy.ts";

/** What calls do when the cluster turns out to be another one, or to have another history. */
export type OnClusterChange = "refuse" | "accept";

/** What calls of one kind make of the cluster that answers. */
export interface ClusterGuard {
  /** Whether calls would be refused now, and why. Nothing was sent. */
  refusal(): EtcdError | undefined;
  /** Takes note of an answer to a call of another view. Throws `ClusterChanged` where it is refused. */
  check(header: ResponseHeader | undefined): void;
  readonly memory: ClusterMemory;
  /** The history that all calls have to be answered by, where there is one. */
  readonly pinnedTo: History | undefined;
  /**
   * Checks the answers of calls and streams. One that is refused counts against its endpoint, where the transport is the
   * gateway: calls that follow go to another. While the cluster that is there is refused, it is asked which one it is
   * before anything is changed in it.
   */
  layer(gateway: EndpointsInUse | undefined): Layer;
  /** The same, for work of several calls, which all have to be answered by one history: that of the first answer. */
  pin(): ClusterGuard;
}

type Blame = (error: unknown) => unknown;

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
  return guardOf(memory, {
    missed: () => undefined,
    passed: () => undefined,
    pinnedTo: undefined,
  });
}

/**
 * Calls are refused that the first cluster did not answer, or not out of the same history. What passes for that history
 * again passes: a proxy that answered with something old does not end a client.
 */
export function refusingGuard(memory: ClusterMemory): ClusterGuard {
  let own = memory.current;
  function missed(): History | undefined {
    const { current } = memory;
    if (current !== own && current.clusterId === own.clusterId && current.newest >= own.newest) own = current;
    return current === own ? undefined : own;
  }
  return guardOf(memory, { missed, passed: () => undefined, pinnedTo: undefined });
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

  function take(header: ResponseHeader | undefined, asked: KnownThen, least: bigint): void {
    memory.note(header, asked, least);
    if (header !== undefined && header.clusterId !== 0n) check();
  }

  function guarded(next: Caller, gateway: EndpointsInUse | undefined): Caller {
    function takeOf(message: object, asked: KnownThen, least: bigint, blame: Blame): void {
      try {
        take(etcdHeader(message), asked, least);
      } catch (error) {
        throw blame(error);
      }
    }

    async function* checked<T extends object>(
      messages: AsyncIterable<T>,
      asked: KnownThen,
      blame: Blame,
    ): AsyncGenerator<T> {
      for await (const message of messages) {
        takeOf(message, asked, 0n, blame);
        yield message;
      }
    }

    /** Asks the endpoint that a call goes to which cluster it belongs to. */
    async function askFirst({ call, blame }: PlacedCall<CallInfo>): Promise<void> {
      const asked = memory.asking();
      takeOf(await next.unary({ ...call, ...whoIsThere }), asked, 0n, blame);
    }

    return {
      async unary(given) {
        checkSending();
        const placed = await placeCall(gateway, given);
        const { call, blame } = placed;
        const refuses = memory.mistaken || policy.missed() !== undefined;
        if (refuses && idempotencyOf(call.method, call.message) !== "safe") await askFirst(placed).catch(throwUnsent);
        const asked = memory.asking();
        const message = await next.unary(call);
        const isNewest = linearizable.has(call.method.name) && !isSerializable(call.message);
        takeOf(message, asked, isNewest ? asked.newest : 0n, blame);
        return message;
      },
      async stream(given) {
        checkSending();
        const { call, blame } = await placeCall(gateway, given);
        const asked = memory.asking();
        const answer = await next.stream(call);
        return { ...answer, messages: checked(answer.messages, asked, blame) };
      },
    };
  }

  return {
    refusal: () => refusal("not-applied"),
    check: (header) => take(header, memory.asking(), 0n),
    memory,
    get pinnedTo() {
      return policy.pinnedTo;
    },
    layer: (gateway) => (next) => guarded(next, gateway),
    pin: () => guardOf(memory, pinnedPolicy(memory, policy)),
  };
}

/** A call that changes nothing, needs no permission, and is answered by any member. */
const whoIsThere = { method: KV.method.txn, message: { compare: [], success: [], failure: [] } };

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
