import { type DiscoverOptions, srvEndpoints, SrvFailure } from "../discovery/srv.ts";
import { DiscoveryFailed } from "./errors.ts";

/**
 * Endpoints for `createEtcdV2` from a domain's SRV records: those with TLS where there are any, else those without, in
 * the order of their priority. Rejects with `DiscoveryFailed` where there are none, or nobody answers.
 */
export async function discover(domain: string, options: DiscoverOptions): Promise<string[]> {
  try {
    return await srvEndpoints(domain, options);
  } catch (error) {
    if (!(error instanceof SrvFailure)) throw error;
    throw new DiscoveryFailed(error.message, { outcome: "not-applied", cause: error.cause });
  }
}
