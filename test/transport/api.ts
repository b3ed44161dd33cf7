import type { DescFile, DescMessage, DescMethod, DescMethodStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import { file_authpb_auth } from "../../src/gen/authpb/auth_pb.ts";
import { file_etcdserverpb_auth } from "../../src/gen/etcdserverpb/auth_pb.ts";
import { file_etcdserverpb_cluster } from "../../src/gen/etcdserverpb/cluster_pb.ts";
import { file_etcdserverpb_header } from "../../src/gen/etcdserverpb/header_pb.ts";
import { file_etcdserverpb_kv } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { file_etcdserverpb_lease } from "../../src/gen/etcdserverpb/lease_pb.ts";
import { file_etcdserverpb_maintenance } from "../../src/gen/etcdserverpb/maintenance_pb.ts";
import { file_etcdserverpb_watch } from "../../src/gen/etcdserverpb/watch_pb.ts";
import { file_mvccpb_kv } from "../../src/gen/mvccpb/kv_pb.ts";
import { file_v3electionpb_election } from "../../src/gen/v3electionpb/election_pb.ts";
import { file_v3lockpb_lock } from "../../src/gen/v3lockpb/lock_pb.ts";

const files: readonly DescFile[] = [
  file_authpb_auth,
  file_etcdserverpb_auth,
  file_etcdserverpb_cluster,
  file_etcdserverpb_header,
  file_etcdserverpb_kv,
  file_etcdserverpb_lease,
  file_etcdserverpb_maintenance,
  file_etcdserverpb_watch,
  file_mvccpb_kv,
  file_v3electionpb_election,
  file_v3lockpb_lock,
];

/** Every message of etcd's API. */
export const allMessages: readonly DescMessage[] = files.flatMap(({ messages }) => messages);

/** Every RPC of etcd's API. */
export const allMethods: readonly DescMethod[] = files.flatMap(({ services }) =>
  services.flatMap(({ methods }) => methods),
);

export const isUnary = (method: DescMethod): method is DescMethodUnary => method.methodKind === "unary";
export const isStreaming = (method: DescMethod): method is DescMethodStreaming => method.methodKind !== "unary";
