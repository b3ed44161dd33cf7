import { EtcdError, invalidArgument } from "../transport/errors/etcd-error.ts";
import { type DiscoverOptions, srvEndpoints, SrvFailure, SrvRefusal } from "./srv.ts";

/**
 * Endpoints for `createEtcd` from a domain's SRV records, in the order of their priority: those with TLS. With
 * `allowInsecure: true` also those without, where there are none with it; one cluster's endpoints are never mixed.
 * Rejects with `Unreachable` where there are none, or nobody answers, and with `InvalidArgument` for what cannot be asked for.
 *
 * @example
 * const endpoints = await discover("example.com", { resolver: "https://cloudflare-dns.com/dns-query" });
 */
export async function discover(domain: string, options: DiscoverOptions): Promise<string[]> {
  try {
    return await srvEndpoints(domain, options);
  } catch (error) {
    if (!(error instanceof SrvFailure)) throw error;
    if (error instanceof SrvRefusal) throw invalidArgument(error.message);
    throw new EtcdError(error.message, "Unreachable", { outcome: "not-applied", cause: error.cause });
  }
}
