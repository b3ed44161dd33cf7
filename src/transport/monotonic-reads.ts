import type { Interceptor } from "./connect-types.ts";
import type { ResponseHeader } from "../gen/etcdserverpb/header_pb.ts";
import type { TxnRequest } from "../gen/etcdserverpb/kv_pb.ts";
import { isSerializable } from "./cluster-guard.ts";
import type { ClusterMemory } from "./cluster-memory.ts";
import { answeredByKey } from "./context.ts";
import { EtcdError } from "./errors/etcd-error.ts";
import type { Address } from "./http/address.ts";

/**
 * Refuses the answer to a serializable read that is older than what had been seen when it was asked: its member lags
 * behind the one that was asked before. `lags` is told of the endpoint, so that the read is repeated at another one.
 */
export function monotonicReads(memory: ClusterMemory, lags: (endpoint: Address) => void): Interceptor {
  return (next) => async (request) => {
    if (request.stream || !isSerializable(request) || !readsNow(request.message)) return next(request);
    const asked = memory.asking();
    const start = performance.now();
    const response = await next(request);
    if (response.stream || !("header" in response.message)) return response;
    const header = response.message.header as ResponseHeader | undefined;
    // Revisions of another history tell nothing.
    if (header === undefined || asked.history !== memory.current || header.revision >= asked.newest) return response;
    const endpoint = request.contextValues.get(answeredByKey);
    if (endpoint !== undefined) lags(endpoint);
    throw staleRead(endpoint?.origin, header.revision, asked.newest, Math.round(performance.now() - start));
  };
}

/** Whether the answer depends on how far the member is. The content at a given revision never changes. */
function readsNow(message: object): boolean {
  if ("serializable" in message) return !("revision" in message) || !message.revision;
  const { compare = [], success = [], failure = [] } = message as Partial<TxnRequest>;
  if (compare.length > 0) return true;
  return [...success, ...failure].some(({ request }) => request.case === "requestRange" && !request.value.revision);
}

function staleRead(origin: string | undefined, revision: bigint, newest: bigint, ms: number): EtcdError {
  const who = origin ?? "a member";
  return new EtcdError(
    `${who} is behind: at revision ${revision}, while this client has seen ${newest}. If it stays behind, a backup may have been restored`,
    "StaleRead",
    {
      outcome: "not-applied",
      attempts: origin === undefined ? [] : [{ endpoint: origin, ms, reason: "StaleRead", outcome: "not-applied" }],
    },
  );
}
