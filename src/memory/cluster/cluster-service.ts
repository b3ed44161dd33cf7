import { Cluster } from "../../gateway-server/served-services.ts";
import { type Endpoint, unary } from "../../gateway-server/rpc-endpoint.ts";
import type { Server } from "../server.ts";

/** Answers about members say nothing of the store's revision. */
export function clusterEndpoints({ members, access, headerAt }: Server): Endpoint[] {
  const header = headerAt(0n);
  return [
    unary(Cluster.method.memberAdd, ({ peerURLs, isLearner }, call) => {
      access.admin(call);
      const member = members.add(peerURLs, { isLearner });
      return { header, member, members: members.list() };
    }),
    unary(Cluster.method.memberRemove, ({ ID }, call) => {
      access.admin(call);
      members.remove(ID);
      return { header, members: members.list() };
    }),
    unary(Cluster.method.memberUpdate, ({ ID, peerURLs }, call) => {
      access.admin(call);
      members.update(ID, peerURLs);
      return { header, members: members.list() };
    }),
    unary(Cluster.method.memberList, (_request, call) => {
      access.anyUser(call);
      return { header, members: members.list() };
    }),
    unary(Cluster.method.memberPromote, ({ ID }, call) => {
      access.admin(call);
      return members.promote(ID);
    }),
  ];
}
