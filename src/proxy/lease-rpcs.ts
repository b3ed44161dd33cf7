import { type Endpoint, stream, unary } from "../gateway-server/rpc-endpoint.ts";
import { Lease } from "../gateway-server/services.ts";
import { randomInt63 } from "../v3/random.ts";
import type { ProxyCall } from "./proxy-call.ts";
import type { LeaseCounts } from "./limits.ts";
import { asRpcError, forward, type Upstream } from "./upstream.ts";

export function leaseRpcs({ connection, renewals }: Upstream, counts: LeaseCounts): Endpoint<ProxyCall>[] {
  return [
    unary(Lease.method.leaseGrant, async ({ ID, TTL }, call: ProxyCall) => {
      call.rights.checkLeases();
      counts.check(call.rights.subject);
      // The answer names the id that it has become.
      const id = call.rights.leases.own(ID === 0n ? randomInt63() : ID);
      const answer = await forward(connection, call, Lease.method.leaseGrant, { ID: id, TTL });
      counts.renewed(call.rights.subject, id, answer.TTL);
      return answer;
    }),
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
      const held = answer.keys.filter((key) => rights.keyspace.holds(key)).map((key) => rights.keyspace.strip(key));
      return { ...answer, ID, keys: held.filter((key) => rights.mayRead(key)) };
    }),
    unary(Lease.method.leaseLeases, async (_request, call: ProxyCall) => {
      const { rights } = call;
      rights.checkLeases();
      const answer = await forward(connection, call, Lease.method.leaseLeases, {});
      return { ...answer, leases: answer.leases.filter(({ ID }) => rights.leases.holds(ID)) };
    }),
    stream(Lease.method.leaseKeepAlive, (requests, sink, call: ProxyCall) => {
      call.rights.checkLeases();
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
