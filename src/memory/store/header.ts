import type { ResponseHeader } from "../../gen/etcdserverpb/header_pb.ts";

/** What an answer says about who gave it; `revision` 0 is not printed. */
export type HeaderAt = (revision: bigint) => ResponseHeader;

export interface ServerIds {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly raftTerm: bigint;
}

export function createHeader({ clusterId, memberId, raftTerm }: ServerIds): HeaderAt {
  return (revision) => ({ $typeName: "etcdserverpb.ResponseHeader", clusterId, memberId, revision, raftTerm });
}

/** The header of an answer inside of a transaction's: the revision, and nothing of the server. */
export const revisionHeader: HeaderAt = createHeader({ clusterId: 0n, memberId: 0n, raftTerm: 0n });
