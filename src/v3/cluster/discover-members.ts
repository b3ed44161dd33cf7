import { memberAddresses } from "../../discovery/member-addresses.ts";
import { Cluster } from "../../transport/codec/services.ts";
import type { Connection } from "../../transport/connection.ts";
import type { ClientGateway } from "../../transport/gateway-transport.ts";
import { createLookup, type Lookup } from "../../transport/retry/lookup.ts";

/** How long the question may take, in milliseconds. */
const limitMs = 3000;

/**
 * Learns the client URLs of all members, to be used after the given endpoints: at first use, and again after an endpoint
 * failed. No call waits for that.
 */
export function memberLookup(connection: Connection, gateway: ClientGateway): Lookup {
  const following = connection.follow();
  return createLookup({
    async ask() {
      const { given, endpoints } = gateway;
      const before = endpoints.all;
      const { members } = await following.unary(Cluster.method.memberList, {}, { timeoutMs: limitMs });
      // Perhaps of another cluster.
      if (gateway.given !== given) return false;
      const urls = members.flatMap(({ clientURLs }) => clientURLs);
      endpoints.replace([...given, ...memberAddresses(urls, given, gateway.rules)]);
      return endpoints.all !== before;
    },
    wanted: () => gateway.endpoints.someResting,
    shareRequests: connection.shareRequests,
    limitMs: 2 * limitMs,
  });
}
