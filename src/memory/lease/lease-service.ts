import { fromBinary } from "../store/comparators.ts";
import { leaseCost } from "../store/cost.ts";
import { type Endpoint, stream, unary } from "../../gateway-server/rpc-endpoint.ts";
import { Lease } from "../../gateway-server/served-services.ts";
import type { Server } from "../server.ts";

export function leaseEndpoints(server: Server): Endpoint[] {
  const { lessor, access, alarms } = server;
  return [
    unary(Lease.method.leaseGrant, (request, call) => {
      alarms.checkQuota(leaseCost);
      server.propose(call, Lease.method.leaseGrant.input, request, leaseCost);
      access.proposer(call);
      const { id, ttl } = lessor.grant(request.ID, request.TTL);
      return { header: server.header(), ID: id, TTL: ttl };
    }),
    unary(Lease.method.leaseRevoke, (request, call) => {
      server.propose(call, Lease.method.leaseRevoke.input, request);
      access.proposer(call);
      access.lease(call, lessor.get(request.ID));
      lessor.revoke(request.ID);
      return { header: server.header() };
    }),
    stream(Lease.method.leaseKeepAlive, (requests, sink, call) => {
      for (const { ID } of requests) {
        access.renewal(call, lessor.get(ID));
        sink.send({ header: server.header(), ID, TTL: lessor.renew(ID)?.ttl ?? 0n });
      }
      sink.end();
    }),
    unary(Lease.method.leaseTimeToLive, (request, call) => {
      access.anyUser(call);
      const lease = lessor.get(request.ID);
      // 3.4 shows them to anybody.
      if (request.keys && !server.settings.release.before35) access.leaseKeys(call, lease);
      if (lease === undefined) return { header: server.header(), ID: request.ID, TTL: -1n };
      const keys = request.keys ? [...lease.keys].map(fromBinary) : [];
      return { header: server.header(), ID: lease.id, TTL: lessor.remaining(lease), grantedTTL: lease.ttl, keys };
    }),
    unary(Lease.method.leaseLeases, (_request, call) => {
      access.allLeases(call, lessor.all());
      return { header: server.header(), leases: lessor.all().map(({ id }) => ({ ID: id })) };
    }),
  ];
}
