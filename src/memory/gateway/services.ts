import { routeOf } from "../../transport/codec/route.ts";
import { authEndpoints } from "../auth/auth-service.ts";
import { clusterEndpoints } from "../cluster/cluster-service.ts";
import { electionEndpoints } from "../lock/election-service.ts";
import type { Endpoint } from "../../gateway-server/rpc-endpoint.ts";
import { kvEndpoints } from "../store/kv-service.ts";
import { leaseEndpoints } from "../lease/lease-service.ts";
import { lockEndpoints } from "../lock/lock-service.ts";
import { maintenanceEndpoints } from "../cluster/maintenance-service.ts";
import type { Server } from "../server.ts";
import { watchEndpoints } from "../watch/watch-service.ts";

/** Older paths of the same RPCs. */
const aliases: Readonly<Record<string, string>> = {
  "/v3/lease/revoke": "/v3/kv/lease/revoke",
  "/v3/lease/timetolive": "/v3/kv/lease/timetolive",
  "/v3/lease/leases": "/v3/kv/lease/leases",
};

/** Every RPC that the server's release has, by its path. */
export function endpointsByPath(server: Server): ReadonlyMap<string, Endpoint> {
  const endpoints = [
    kvEndpoints,
    watchEndpoints,
    leaseEndpoints,
    lockEndpoints,
    electionEndpoints,
    clusterEndpoints,
    maintenanceEndpoints,
    authEndpoints,
  ].flatMap((make) => make(server));
  const byPath = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    const path = routeOf(endpoint.method);
    if (path === undefined || server.settings.release.missing.has(path)) continue;
    byPath.set(path, endpoint);
    const alias = aliases[path];
    if (alias !== undefined) byPath.set(alias, endpoint);
  }
  return byPath;
}
