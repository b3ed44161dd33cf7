/// <reference lib="esnext.disposable" preserve="true" />
/** `fetcd`: a client of etcd v3 that runs wherever `fetch` does. */
export { createEtcd, type Etcd } from "./v3/client.ts";
export type { CommonOptions, EtcdOptions, GatewayOptions, TransportOptions } from "./v3/client-options.ts";
export type { Credentials } from "./v3/auth/credentials.ts";

export { discover } from "./discovery/discover.ts";
export type { DiscoverOptions, SrvRecord } from "./discovery/srv.ts";

export type { Key, Selector, Value } from "./v3/keys.ts";
export { Entry } from "./v3/kv/entry.ts";
export type { GetOptions, RangeOptions, RangeQuery, RangeResult, ReadOptions, RevisionBounds } from "./v3/kv/range.ts";
export type { Page, ScanOptions } from "./v3/kv/scan.ts";
export type { LsEntry, LsOptions } from "./v3/kv/ls.ts";
export type { Guard } from "./v3/kv/guarded.ts";
export type { CompactOptions, ConditionalPutOptions, DeleteOptions, PutOptions } from "./v3/kv/writes.ts";
export type { WriteOptions } from "./v3/kv/txn.ts";
export { operationPrefix } from "./v3/kv/exactly-once.ts";

export { compare, type Compare, type CompareBuilders, type CompareOperator } from "./v3/kv/compare.ts";
export {
  type DeleteOp,
  type DeleteOpResult,
  type DeleteQuery,
  type GetOp,
  type GetOpResult,
  op,
  type Op,
  type OpBuilders,
  type OpResult,
  type PutOp,
  type PutOpResult,
  type PutQuery,
  type ResultsOf,
  type TxnBranches,
  type TxnOp,
  type TxnOpResult,
  type TxnOutcome,
} from "./v3/kv/op.ts";

export type { PageLifecycle } from "./v3/watch/page-lifecycle.ts";
export type { Watcher } from "./v3/watch/watch.ts";
export type { WatchBatch, WatchEvent } from "./v3/watch/watch-event.ts";
export type { WatchOnceOptions } from "./v3/watch/watch-once.ts";
export type { WatchOptions } from "./v3/watch/watch-options.ts";

export type {
  GrantedLease,
  LeaseGrantOptions,
  LeaseService,
  LeaseTimeToLive,
  LeaseTimeToLiveOptions,
} from "./v3/lease/lease.ts";
export type { AddMemberOptions, ClusterService, Member, MembersOptions } from "./v3/cluster/cluster.ts";
export type { DowngradeAction, Hash, KvHash, MaintenanceService, Status } from "./v3/maintenance/maintenance.ts";
export type { Health, Version } from "./v3/maintenance/http-answers.ts";
export type { SnapshotOptions, SnapshotProgress } from "./v3/maintenance/snapshot.ts";
export type { AuthService, AuthStatus, Identity } from "./v3/auth/auth.ts";
export type { NoPassword, User, Users } from "./v3/auth/users.ts";
export type { Role, Roles } from "./v3/auth/roles.ts";
export type { Permission, PermissionType } from "./v3/auth/permissions.ts";
export type { Alarm, AlarmName, Alarms } from "./v3/maintenance/alarms.ts";

export {
  type AcquireOptions,
  type Held,
  lock,
  type LockHolder,
  type LockOptions,
  mutex,
  type Mutex,
  type MutexOptions,
  withLock,
} from "./recipes/lock/mutex.ts";
export { election, type Election, type ElectionOptions } from "./recipes/election/election.ts";
export type { Leadership } from "./recipes/election/leadership.ts";
export type { Leader } from "./recipes/election/leadership.ts";
export { namedLeader, type NamedLeader, type SetLeaderOptions } from "./recipes/election/named-leader.ts";
export type { Hold } from "./recipes/lock/hold.ts";
export { type Session, session, type SessionOptions } from "./recipes/session/session.ts";

export type { Registration } from "./recipes/registry/registration.ts";
export { type RegisterOptions, type Registry, registry, type RegistryEntry } from "./recipes/registry/registry.ts";
export { type LockSide, type RwLock, rwLock } from "./recipes/lock/rw-lock.ts";
export { type Semaphore, semaphore, type SemaphoreOptions } from "./recipes/lock/semaphore.ts";
export type { LeaseOptions } from "./recipes/session/session.ts";
export { transact, type TransactOptions, type Transaction } from "./recipes/transaction/transact.ts";
export { type Barrier, barrier, type BarrierHoldOptions } from "./recipes/queue/barrier.ts";
export { type Counter, counter } from "./recipes/transaction/counter.ts";
export { type DoubleBarrier, doubleBarrier, type DoubleBarrierOptions } from "./recipes/queue/double-barrier.ts";
export { type PriorityQueue, priorityQueue } from "./recipes/queue/priority-queue.ts";
export { type Queue, queue } from "./recipes/queue/queue.ts";
export type { Consumer } from "./recipes/queue/queue-consumer.ts";
export type { Isolation } from "./recipes/transaction/transact-reads.ts";

export { type Cache, cache } from "./recipes/cache/cache.ts";
export type { CacheFormat, CacheOptions, InvalidPolicy, ParsedCacheOptions } from "./recipes/cache/cache-options.ts";

export { type Attempt, EtcdError, type Outcome } from "./transport/errors/etcd-error.ts";
export type { ClientReason, EtcdReason, Reason } from "./transport/errors/reasons.ts";
export type { LogEvent } from "./transport/log.ts";
export type { CallOptions } from "./transport/connection.ts";
export type { Interceptor, Transport } from "./transport/connect-types.ts";
export type { Fetch } from "./transport/http/fetch.ts";
export type { DiscoverMembers } from "./discovery/discover-members-option.ts";
export type { EndpointsFunction } from "./transport/retry/named-endpoints.ts";
export type { RetryOptions } from "./transport/retry/retry-policy.ts";
