/// <reference lib="esnext.disposable" preserve="true" />
/** `fetcd/v2`: a client of etcd's v2 API, which etcd 3.4 and 3.5 serve with `--enable-v2`. */
export { createEtcdV2, type EtcdV2 } from "./client.ts";
export type { CallOptions, EtcdV2Options } from "./client-options.ts";
export type { DirectoryNode, Node, NodeFacts, RemovedNode, ValueNode } from "./node.ts";
export type { Acknowledged, Gap, Got, Indexes, Removed, RemovedKind, Result, Written, WrittenKind } from "./result.ts";
export type { GetOptions, ReadsV2 } from "./reads.ts";
export type {
  Comparison,
  DeleteOptions,
  DirOptions,
  PutOptions,
  SetOptions,
  ValueOptions,
  WritesV2,
} from "./writes.ts";
export type { Index } from "./params.ts";
export type { WaitOptions, WatcherV2, WatchesV2, WatchV2Options } from "./watch.ts";
export type { Hold } from "./hold.ts";
export type { LockV2, LockV2Options } from "./lock.ts";
export type { CandidateOptions, ElectionV2, LeadershipV2 } from "./election.ts";
export type { KeepNode, KeepNodeOptions, KeptNode } from "./keep-node.ts";
export type { MembersV2, MemberV2 } from "./members.ts";
export type { LeaderStats, SelfStats, StatsV2, StoreStats } from "./stats.ts";
export type { AuthV2, PermissionsV2, PermissionTypeV2, RoleV2, UserV2 } from "./auth.ts";
export type { PlainAnswersV2, VersionV2 } from "./health.ts";
export type { Execute, ExecuteOptions, RawAnswer } from "./execute.ts";
export { discover } from "./discover.ts";
export type { Fetch } from "../transport/http/fetch.ts";
export type { DiscoverMembers } from "../discovery/discover-members-option.ts";
export type { DiscoverOptions, SrvRecord } from "../discovery/srv.ts";
export type { Outcome } from "../transport/errors/outcome.ts";
export {
  type AttemptV2,
  Closed,
  ClusterChanged,
  DiscoveryFailed,
  EtcdV2Error,
  HoldLost,
  HttpFailure,
  InvalidArgument,
  MalformedResponse,
  NotEtcd,
  RedirectRefused,
  ResponseTooLarge,
  Timeout,
  Tls,
  Unreachable,
  WatchTimeout,
} from "./errors.ts";
export {
  ClientInternal,
  CompareFailed,
  DirNotEmpty,
  EventIndexCleared,
  ExistingPeerAddr,
  IndexNaN,
  IndexOrValueRequired,
  IndexValueMutex,
  InvalidActiveSize,
  InvalidField,
  InvalidForm,
  InvalidRemoveDelay,
  KeyIsPreserved,
  KeyNotFound,
  LeaderElect,
  NameRequired,
  NoMorePeer,
  NodeExist,
  NotDir,
  NotFile,
  PrevValueRequired,
  RaftInternal,
  RefreshTTLRequired,
  RefreshValue,
  RootROnly,
  StandbyInternal,
  TTLNaN,
  TestFailed,
  TimeoutNaN,
  Unauthorized,
  ValueOrTTLRequired,
  ValueRequired,
  WatcherCleared,
} from "./code-errors.ts";
