/// <reference lib="esnext.disposable" preserve="true" />
/** `fetcd`: a client of etcd v3 that runs wherever `fetch` does. */
export { createEtcd, type Etcd } from "./v3/client.ts";
export type { CommonOptions, EtcdOptions, GatewayOptions, TransportOptions } from "./v3/client-options.ts";
export type { Credentials } from "./v3/credentials.ts";

export { discover } from "./v3/discover.ts";
export type { DiscoverOptions, SrvRecord } from "./transport/srv.ts";

export type { Key, Selector, Value } from "./v3/keys.ts";
export { Entry } from "./v3/entry.ts";
export type { GetOptions, RangeOptions, RangeQuery, RangeResult, ReadOptions, RevisionBounds } from "./v3/range.ts";
export type { ScanOptions } from "./v3/scan.ts";
export type { LsEntry, LsOptions } from "./v3/ls.ts";
export type { Guard } from "./v3/guarded.ts";
export type { CompactOptions, ConditionalPutOptions, DeleteOptions, PutOptions } from "./v3/writes.ts";
export type { WriteOptions } from "./v3/txn.ts";
export { operationPrefix } from "./v3/exactly-once.ts";

export { compare, type Compare, type CompareOperator } from "./v3/compare.ts";
export {
  type DeleteOp,
  type DeleteOpResult,
  type DeleteQuery,
  type GetOp,
  type GetOpResult,
  op,
  type Op,
  type OpResult,
  type PutOp,
  type PutOpResult,
  type PutQuery,
  type ResultsOf,
  type TxnBranches,
  type TxnOp,
  type TxnOpResult,
  type TxnOutcome,
} from "./v3/op.ts";

export type { PageLife } from "./v3/watch/page-life.ts";
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
} from "./v3/lease.ts";
export type { AddMemberOptions, ClusterService, Member, MembersOptions } from "./v3/cluster.ts";
export type { DowngradeAction, Hash, KvHash, MaintenanceService, Status } from "./v3/maintenance.ts";
export type { Health, Version } from "./v3/plain-answers.ts";
export type { SnapshotOptions, SnapshotProgress } from "./v3/snapshot.ts";
export type { AuthService, AuthStatus, Identity } from "./v3/auth.ts";
export type { NoPassword, User, Users } from "./v3/auth-users.ts";
export type { Role, Roles } from "./v3/auth-roles.ts";
export type { Permission, PermissionType } from "./v3/permissions.ts";
export type { Alarm, AlarmName, Alarms } from "./v3/alarms.ts";

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
} from "./recipes/mutex.ts";
export { election, type Election, type ElectionOptions } from "./recipes/election.ts";
export type { Leadership } from "./recipes/office.ts";
export type { Leader } from "./recipes/line.ts";
export { namedLeader, type NamedLeader, type SetLeaderOptions } from "./recipes/named-leader.ts";
export type { Hold } from "./recipes/hold.ts";
export { type Session, session, type SessionOptions } from "./recipes/session.ts";

export type { Registration } from "./recipes/registration.ts";
export { type RegisterOptions, type Registry, registry, type RegistryEntry } from "./recipes/registry.ts";
export { type LockSide, type RwLock, rwLock } from "./recipes/rw-lock.ts";
export { type Semaphore, semaphore, type SemaphoreOptions } from "./recipes/semaphore.ts";
export type { LeaseOptions } from "./recipes/shared-line.ts";
export { transact, type TransactOptions, type Transaction } from "./recipes/transact.ts";
export { type Barrier, barrier, type BarrierHoldOptions } from "./recipes/barrier.ts";
export { type Counter, counter } from "./recipes/counter.ts";
export { type DoubleBarrier, doubleBarrier, type DoubleBarrierOptions } from "./recipes/double-barrier.ts";
export { type PriorityQueue, priorityQueue } from "./recipes/priority-queue.ts";
export { type Queue, queue } from "./recipes/queue.ts";
export type { Consumer } from "./recipes/queue-consumer.ts";
export type { Isolation } from "./recipes/transact-reads.ts";

export { type Cache, cache } from "./recipes/cache.ts";
export type { CacheFormat, CacheOptions, InvalidPolicy, ParsedCacheOptions } from "./recipes/cache-options.ts";

export { type Attempt, EtcdError, type Outcome } from "./transport/errors.ts";
export type { ClientReason, EtcdReason, Reason } from "./transport/reasons.ts";
export type { LogEvent } from "./transport/log.ts";
export type { CallOptions } from "./transport/connection.ts";
export type { RetryOptions } from "./transport/retry-policy.ts";
