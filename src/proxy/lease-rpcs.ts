import type { MessageShape } from "@bufbuild/protobuf";
import { type Endpoint, stream, unary } from "../gateway-server/rpc-endpoint.ts";
import { code, RpcError } from "../gateway-server/rpc-error.ts";
import { Lease } from "../gateway-server/served-services.ts";
import { randomInt63 } from "../v3/random.ts";
import { denied } from "./caller-rights.ts";
import type { ProxyCall } from "./proxy-call.ts";
import { type LeaseCounts, LimitReached } from "./limits.ts";
import { asRpcError, forward, type Upstream } from "./upstream.ts";

/** Makes a lease of the caller's. The answer names the id that it has become. */
export type GrantLease = (
  call: ProxyCall,
  ID: bigint,
  TTL: bigint,
) => Promise<MessageShape<typeof Lease.method.leaseGrant.output>>;

export function createGrant({ connection }: Upstream, counts: LeaseCounts): GrantLease {
  return async (call, ID, TTL) => {
    const { subject, leases } = call.rights;
    call.rights.checkLeases();
    const id = leases.own(ID === 0n ? randomInt63() : ID);
    const takeBack = counts.reserve(subject, id, TTL);
    try {
      const answer = await forward(connection, call, Lease.method.leaseGrant, { ID: id, TTL });
      counts.renewed(subject, id, answer.TTL);
      return answer;
    } catch (error) {
      // One that may have been made counts.
      if (error instanceof RpcError && error.code !== code.unavailable && error.code !== code.deadlineExceeded)
        takeBack();
      throw error;
    }
  };
}

export function leaseRpcs(
  { connection, renewals }: Upstream,
  counts: LeaseCounts,
  grant: GrantLease,
  mostMessages: number,
): Endpoint<ProxyCall>[] {
  return [
    unary(Lease.method.leaseGrant, ({ ID, TTL }, call: ProxyCall) => grant(call, ID, TTL)),
    unary(Lease.method.leaseRevoke, async ({ ID }, call: ProxyCall) => {
      call.rights.checkLeases();
      const id = call.rights.leases.own(ID);
      const answer = await forward(connection, call, Lease.method.leaseRevoke, { ID: id });
      counts.gone(call.rights.subject, id);
      return answer;
    }),
    unary(Lease.method.leaseTimeToLive, async ({ ID, keys }, call: ProxyCall) => {
      const { rights } = call;
      rights.checkLeases();
      const request = { ID: rights.leases.own(ID), keys };
      const answer = await forward(connection, call, Lease.method.leaseTimeToLive, request);
      // As etcd since 3.5.10: a user who may not read one of them is told of none.
      if (!answer.keys.every((key) => rights.keyspace.holds(key) && rights.mayRead(rights.keyspace.strip(key))))
        throw denied();
      return { ...answer, ID, keys: answer.keys.map((key) => rights.keyspace.strip(key)) };
    }),
    unary(Lease.method.leaseLeases, async (_request, call: ProxyCall) => {
      const { rights } = call;
      rights.checkLeases();
      const answer = await forward(connection, call, Lease.method.leaseLeases, {});
      return { ...answer, leases: answer.leases.filter(({ ID }) => rights.leases.holds(ID)) };
    }),
    stream(Lease.method.leaseKeepAlive, (requests, sink, call: ProxyCall) => {
      call.rights.checkLeases();
      if (requests.length > mostMessages) throw new LimitReached();
      const { signal, done } = call.signal();
      const renew = async (): Promise<void> => {
        const renewed = requests.map(async ({ ID }) => {
          const id = call.rights.leases.own(ID);
          const answer = await renewals.renew(id, { signal, timeoutMs: call.deadlineMs });
          if (answer.TTL > 0n) counts.renewed(call.rights.subject, id, answer.TTL);
          return { ...answer, ID };
        });
        for (const answer of await Promise.all(renewed)) sink.send(answer);
        sink.end();
      };
      renew()
        .catch((error: unknown) => sink.fail(asRpcError(error)))
        .finally(done);
    }),
  ];
}
