import { type DiscoverOptions, srvEndpoints, SrvFailure, SrvRefusal } from "../discovery/srv.ts";
import { DiscoveryFailed, invalid } from "./errors.ts";

/**
 * Endpoints for `createEtcdV2` from a domain's SRV records, in the order of their priority: those with TLS. With
 * `allowInsecure: true` also those without, where there are none with it. Rejects with `DiscoveryFailed` where there
 * are none, or nobody answers, and with `InvalidArgument` for what cannot be asked for.
 *
 * @example
 * const endpoints = await discover("example.com", { resolver: "https://cloudflare-dns.com/dns-query" });
 * const etcd = createEtcdV2({ endpoints });
 */
export async function discover(domain: string, options: DiscoverOptions): Promise<string[]> {
  try {
    return await srvEndpoints(domain, options);
  } catch (error) {
    if (!(error instanceof SrvFailure)) throw error;
    if (error instanceof SrvRefusal) throw invalid(error.message);
    throw new DiscoveryFailed(error.message, { outcome: "not-applied", cause: error.cause });
  }
}
