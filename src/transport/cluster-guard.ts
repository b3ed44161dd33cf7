import type { Interceptor } from "@connectrpc/connect";
import type { ResponseHeader } from "../gen/etcdserverpb/header_pb.ts";
import type { TxnRequest } from "../gen/etcdserverpb/kv_pb.ts";
import { EtcdError } from "./errors/etcd-error.ts";

export interface ClusterGuard {
  /**
   * Throws `ClusterChanged` for a header of another cluster. The revision in it may be any member's, and behind: it
   * counts as seen.
   */
  check(header: ResponseHeader | undefined): void;
  /** The newest revision seen in any answer. */
  readonly newest: bigint;
  readonly interceptor: Interceptor;
}

/** Answers whose header tells the cluster's newest revision, rather than what one member has seen. */
const linearizable: ReadonlySet<string> = new Set(["Range", "Put", "DeleteRange", "Txn"]);

/**
 * Remembers which cluster answers. Another cluster id means that an endpoint belongs to another cluster or that the
 * data was wiped; a linearizable answer older than one seen before the call was sent means a restored backup. Either
 * way revisions, leases and locks of before mean nothing any more, and a new client is due. (Calls to a restored cluster
 * fail only until its revision has caught up with the one seen: nothing else in an answer tells.)
 */
export function createClusterGuard(expected: bigint | undefined): ClusterGuard {
  let clusterId = expected;
  let newest = 0n;

  function check(header: ResponseHeader | undefined): void {
    if (header === undefined || header.clusterId === 0n) return;
    clusterId ??= header.clusterId;
    if (header.clusterId !== clusterId) {
      throw changed(`cluster ${header.clusterId} answered, expected ${clusterId}`);
    }
    if (header.revision > newest) newest = header.revision;
  }

  return {
    check,
    get newest() {
      return newest;
    },
    interceptor: (next) => async (request) => {
      const before = newest;
      const response = await next(request);
      if (response.stream || !("header" in response.message)) return response;
      const header = response.message.header as ResponseHeader | undefined;
      check(header);
      if (header !== undefined && linearizable.has(request.method.name) && !isSerializable(request)) {
        if (header.revision < before) throw changed(`its revision went back from ${before} to ${header.revision}`);
      }
      return response;
    },
  };
}

/** As etcd sees it: a transaction is serializable if each of its steps is, one without steps too. */
function isSerializable({ message }: { readonly message: object }): boolean {
  if ("serializable" in message) return message.serializable === true;
  if (!("compare" in message || "success" in message || "failure" in message)) return false;
  const { success = [], failure = [] } = message as Partial<TxnRequest>;
  return [...success, ...failure].every(({ request }) => request.case === "requestRange" && request.value.serializable);
}

function changed(what: string): EtcdError {
  // The answer was an answer: what was asked has been done, though perhaps not where it should have been.
  return new EtcdError(`this is not the cluster it was: ${what}`, "ClusterChanged", { outcome: "applied" });
}
