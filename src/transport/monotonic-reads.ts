import type { TxnRequest } from "../gen/etcdserverpb/kv_pb.ts";
import type { Layer } from "./caller.ts";
import { etcdHeader, isSerializable } from "./cluster-guard.ts";
import type { ClusterMemory } from "./cluster-memory.ts";
import { EtcdError } from "./errors/etcd-error.ts";
import { type EndpointsInUse, placeCall } from "./placed-call.ts";

/**
 * Refuses the answer to a serializable read that is older than what had been seen when it was asked: its member lags
 * behind the one that was asked before. It is repeated at another one, where the transport is the gateway.
 */
export function monotonicReads(memory: ClusterMemory, gateway: EndpointsInUse | undefined): Layer {
  return (next) => ({
    ...next,
    async unary(call) {
      if (!isSerializable(call.message) || !readsNow(call.message)) return next.unary(call);
      const placed = await placeCall(gateway, call);
      const asked = memory.asking();
      const message = await next.unary(placed.call);
      const header = etcdHeader(message);
      // Revisions of another history tell nothing.
      if (header === undefined || asked.history !== memory.current || header.revision >= asked.newest) return message;
      throw placed.blame(staleRead(placed.endpoint?.origin, header.revision, asked.newest));
    },
  });
}

/** Whether the answer depends on how far the member is. The content at a given revision never changes. */
function readsNow(message: object): boolean {
  if ("serializable" in message) return !("revision" in message) || !message.revision;
  const { compare = [], success = [], failure = [] } = message as Partial<TxnRequest>;
  if (compare.length > 0) return true;
  return [...success, ...failure].some(({ request }) => request.case === "requestRange" && !request.value.revision);
}

function staleRead(origin = "a member", revision: bigint, newest: bigint): EtcdError {
  return new EtcdError(
    `${origin} is behind: at revision ${revision}, while this client has seen ${newest}; or a backup was restored`,
    "StaleRead",
    { outcome: "not-applied" },
  );
}
