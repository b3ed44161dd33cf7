import { authEndpoints } from "../auth/auth-service.ts";
import { clusterEndpoints } from "../cluster/cluster-service.ts";
import { electionEndpoints } from "../lock/election-service.ts";
import { type Endpoint, pathsOf } from "../../gateway-server/rpc-endpoint.ts";
import { kvEndpoints } from "../store/kv-service.ts";
import { leaseEndpoints } from "../lease/lease-service.ts";
import { lockEndpoints } from "../lock/lock-service.ts";
import { maintenanceEndpoints } from "../cluster/maintenance-service.ts";
import type { Server } from "../server.ts";
import { watchEndpoints } from "../watch/watch-service.ts";

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
    const paths = pathsOf(endpoint);
    if (paths.some((path) => server.settings.release.missing.has(path))) continue;
    for (const path of paths) byPath.set(path, endpoint);
  }
  return byPath;
}
