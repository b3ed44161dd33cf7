import { Cluster, Maintenance } from "../../transport/codec/services.ts";
import type { Member as WireMember } from "../../gen/etcdserverpb/cluster_pb.ts";
import type { CallOptions, Connection } from "../../transport/connection.ts";
import { type EtcdError, invalidArgument, malformedResponse, notApplied } from "../../transport/errors/etcd-error.ts";
import * as kind from "../../transport/option-kinds.ts";
import { check } from "../../transport/options.ts";
import { checkId, ownOptions } from "../check.ts";
import { withJson } from "../json-form.ts";
import { operation } from "../operation.ts";

/** A member of the cluster. */
export interface Member {
  /** Its id, which is given to it when it is added. */
  readonly id: bigint;
  /** Empty until the member has started for the first time. */
  readonly name: string;
  /** Where the other members reach it. */
  readonly peerUrls: string[];
  /** Where clients reach it, as it says itself. Empty until it has started for the first time. */
  readonly clientUrls: string[];
  /** It follows the log and has no vote. */
  readonly isLearner: boolean;
}

/** Options of `cluster.members`. */
export interface MembersOptions extends CallOptions {
  /**
   * Ask the cluster rather than the one member that answers, which may know an old list. Needs a quorum. etcd before
   * 3.5 takes no notice.
   *
   * @default false
   */
  readonly linearizable?: boolean | undefined;
}

/** Options of `cluster.addMember`. */
export interface AddMemberOptions extends CallOptions {
  /** Add it without a vote, to be promoted once it has caught up. @default false */
  readonly learner?: boolean | undefined;
}

/** The members of the cluster. None of the changes is repeated once it may have been made. */
export interface ClusterService {
  /** The members that the asked member knows. See {@link MembersOptions.linearizable} for the cluster's own list. */
  members(options?: MembersOptions): Promise<Member[]>;
  /** The leader that the asked member follows. @throws `NoLeader` while there is none */
  leader(options?: CallOptions): Promise<Member>;
  /**
   * Announces a member, which is then to be started with its name and the peer URLs of all `members`. Peer URLs have
   * the form `http://host:port`. A member with a vote that does not start counts as one that is down.
   *
   * @throws `PeerURLExist` where a member has that URL; `MemberNotEnoughStarted` or `Unhealthy` where the cluster could
   * lose its quorum by it; `TooManyLearners`
   */
  addMember(
    peerUrls: string | readonly string[],
    options?: AddMemberOptions,
  ): Promise<{ member: Member; members: Member[] }>;
  /**
   * Resolves with the members that are left.
   *
   * @throws `MemberNotFound`; `MemberNotEnoughStarted` or `Unhealthy` where the others would have no quorum
   */
  removeMember(id: bigint, options?: CallOptions): Promise<Member[]>;
  /**
   * Changes where the other members reach it. Resolves with all members.
   *
   * @throws `MemberNotFound`; `PeerURLExist` where another member has that URL
   */
  updateMember(id: bigint, peerUrls: string | readonly string[], options?: CallOptions): Promise<Member[]>;
  /**
   * Gives a learner its vote; rejects with `LearnerNotReady` until it has caught up. Resolves with all members.
   *
   * @throws `MemberNotFound`; `MemberNotLearner` where it has a vote
   */
  promoteMember(id: bigint, options?: CallOptions): Promise<Member[]>;
}

export function createCluster(connection: Connection): ClusterService {
  async function members(linearizable: boolean, options: CallOptions): Promise<Member[]> {
    const answer = await connection.unary(Cluster.method.memberList, { linearizable }, options);
    return answer.members.map(memberOf);
  }

  return {
    async members(options) {
      const own = ownOptions("cluster.members", options, { linearizable: kind.boolean });
      return members(own.linearizable ?? false, own);
    },

    async leader(options) {
      const own = ownOptions("cluster.leader", options);
      return operation(connection, own, async (shared) => {
        const { leader } = await connection.unary(Maintenance.method.status, {}, shared);
        if (leader === 0n) throw noLeader("the cluster has no leader");
        const isLeader = ({ id }: Member): boolean => id === leader;
        for (const linearizable of [false, true]) {
          const found = (await members(linearizable, shared)).find(isLeader);
          if (found !== undefined) return found;
        }
        throw noLeader(`the leader ${leader} is no longer a member`);
      });
    },

    async addMember(peerUrls, options) {
      const own = ownOptions("cluster.addMember", options, { learner: kind.boolean });
      const request = { peerURLs: checkPeerUrls(peerUrls), isLearner: own.learner ?? false };
      const answer = await connection.unary(Cluster.method.memberAdd, request, own);
      if (answer.member === undefined) {
        throw malformedResponse("the answer lacks the added member");
      }
      return { member: memberOf(answer.member), members: answer.members.map(memberOf) };
    },

    async removeMember(id, options) {
      const own = ownOptions("cluster.removeMember", options);
      const answer = await connection.unary(Cluster.method.memberRemove, { ID: checkId(id, "id") }, own);
      return answer.members.map(memberOf);
    },

    async updateMember(id, peerUrls, options) {
      const own = ownOptions("cluster.updateMember", options);
      const request = { ID: checkId(id, "id"), peerURLs: checkPeerUrls(peerUrls) };
      const answer = await connection.unary(Cluster.method.memberUpdate, request, own);
      return answer.members.map(memberOf);
    },

    async promoteMember(id, options) {
      const own = ownOptions("cluster.promoteMember", options);
      const answer = await connection.unary(Cluster.method.memberPromote, { ID: checkId(id, "id") }, own);
      return answer.members.map(memberOf);
    },
  };
}

function memberOf({ ID, name, peerURLs, clientURLs, isLearner }: WireMember): Member {
  return withJson({ id: ID, name, peerUrls: [...peerURLs], clientUrls: [...clientURLs], isLearner });
}

/** Scheme, host and port, without a path: etcd's own rule, which it forgets about when a member is updated. */
const peerUrlKind: kind.Kind<string> = {
  expected: "a URL like http://10.0.0.1:2380",
  accepts: (url): url is string =>
    typeof url === "string" && /^https?:\/\/(?:\[[0-9a-f:.]+(?:%[\w.]+)?\]|[^\s/:?#@[\]]+):\d{1,5}$/i.test(url),
  show: kind.shownText,
};

function checkPeerUrls(peerUrls: unknown): string[] {
  const urls: unknown[] = Array.isArray(peerUrls) ? peerUrls : [peerUrls];
  if (urls.length === 0) throw invalidArgument("peerUrls: expected at least one URL");
  return urls.map((url) => check(peerUrlKind, url, "peerUrls"));
}

function noLeader(message: string): EtcdError {
  return notApplied(message, "NoLeader");
}
