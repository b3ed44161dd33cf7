/**
 * etcd's own error names (package `rpctypes`), without `Err`.
 *
 * - `EmptyKey`: a request has no key.
 * - `KeyNotFound`: there is no such key, where one must exist, as for `ignoreLease`.
 * - `ValueProvided`: a value was given together with `ignoreValue`.
 * - `LeaseProvided`: a lease was given together with `ignoreLease`.
 * - `TooManyOps`: a transaction has more steps than the server takes, 128 by default.
 * - `DuplicateKey`: a transaction writes a key twice.
 * - `InvalidSortOption`: etcd does not know the order that was asked for.
 * - `InvalidClientApiVersion`: the server takes this version of the API no more.
 * - `Compacted`: the history of this revision is gone; read or watch from a later one.
 * - `FutureRev`: the store has not reached this revision yet.
 * - `NoSpace`: the database has reached its quota; compact, defragment and disarm the alarm.
 * - `LeaseNotFound`: there is no such lease: it expired or was revoked.
 * - `LeaseExist`: there is a lease of this id already.
 * - `LeaseTTLTooLarge`: the TTL is above what etcd takes.
 * - `WatchCanceled`: the server canceled a watch.
 * - `MemberExist`: there is such a member already.
 * - `PeerURLExist`: a member has this peer URL already.
 * - `MemberNotEnoughStarted`: too few members have started for the change to be safe.
 * - `MemberBadURLs`: a peer URL is not valid.
 * - `MemberNotFound`: there is no such member.
 * - `MemberNotLearner`: the member has a vote already.
 * - `LearnerNotReady`: the learner has not caught up yet.
 * - `TooManyLearners`: the cluster takes no more learners.
 * - `NotSupportedForLearner`: a learner does not answer this.
 * - `ClusterIDMismatch`: the request was for another cluster.
 * - `RequestTooLarge`: the request is larger than the server takes, 1.5 MiB by default.
 * - `TooManyRequests`: the server is too busy; it did not do it.
 * - `RootUserNotExist`: auth needs a user `root`.
 * - `RootRoleNotExist`: auth needs the role `root` for the user `root`.
 * - `UserAlreadyExist`: there is such a user already.
 * - `UserEmpty`: a user's name is empty.
 * - `UserNotFound`: there is no such user.
 * - `RoleAlreadyExist`: there is such a role already.
 * - `RoleNotFound`: there is no such role.
 * - `RoleEmpty`: a role's name is empty.
 * - `AuthFailed`: the user or the password is wrong.
 * - `NoPasswordUser`: the user has no password to log in with.
 * - `PermissionNotGiven`: a request to grant a permission has none.
 * - `PermissionDenied`: the user may not do this.
 * - `RoleNotGranted`: the user does not have this role.
 * - `PermissionNotGranted`: the role does not have this permission.
 * - `AuthNotEnabled`: auth is off, and a login was tried.
 * - `InvalidAuthToken`: the token has run out or is not valid.
 * - `InvalidAuthMgmt`: the change would leave auth without its root user or role.
 * - `AuthOldRevision`: users or roles changed since the token was made.
 * - `NoLeader`: the member knows no leader now.
 * - `NotLeader`: only the leader can do this.
 * - `LeaderChanged`: the leader changed while the request was under way.
 * - `NotCapable`: the cluster's version cannot do this.
 * - `Stopped`: the member is shutting down.
 * - `Timeout`: no answer in time, the server's or the caller's.
 * - `Unhealthy`: the cluster is not well enough for this.
 * - `Corrupt`: the data of a member differ from those of others.
 * - `BadLeaderTransferee`: the leadership cannot move to this member.
 * - `ClusterVersionUnavailable`: the cluster has not settled on a version yet.
 * - `WrongDowngradeVersionFormat`: the version to downgrade to is not written as one.
 * - `InvalidDowngradeTargetVersion`: the cluster cannot be downgraded to this version.
 * - `DowngradeInProcess`: a downgrade is going on.
 * - `NoInflightDowngrade`: no downgrade is going on.
 * - `Canceled`: the call or the watch was canceled.
 * - `ElectionNoLeader`: an election has no leader.
 * - `ElectionNotLeader`: the candidate does not lead, or leads no more.
 * - `SessionExpired`: the lease of a session was not renewed in time.
 */
export type EtcdReason =
  | "EmptyKey"
  | "KeyNotFound"
  | "ValueProvided"
  | "LeaseProvided"
  | "TooManyOps"
  | "DuplicateKey"
  | "InvalidSortOption"
  | "InvalidClientApiVersion"
  | "Compacted"
  | "FutureRev"
  | "NoSpace"
  | "LeaseNotFound"
  | "LeaseExist"
  | "LeaseTTLTooLarge"
  | "WatchCanceled"
  | "MemberExist"
  | "PeerURLExist"
  | "MemberNotEnoughStarted"
  | "MemberBadURLs"
  | "MemberNotFound"
  | "MemberNotLearner"
  | "LearnerNotReady"
  | "TooManyLearners"
  | "NotSupportedForLearner"
  | "ClusterIDMismatch"
  | "RequestTooLarge"
  | "TooManyRequests"
  | "RootUserNotExist"
  | "RootRoleNotExist"
  | "UserAlreadyExist"
  | "UserEmpty"
  | "UserNotFound"
  | "RoleAlreadyExist"
  | "RoleNotFound"
  | "RoleEmpty"
  | "AuthFailed"
  | "NoPasswordUser"
  | "PermissionNotGiven"
  | "PermissionDenied"
  | "RoleNotGranted"
  | "PermissionNotGranted"
  | "AuthNotEnabled"
  | "InvalidAuthToken"
  | "InvalidAuthMgmt"
  | "AuthOldRevision"
  | "NoLeader"
  | "NotLeader"
  | "LeaderChanged"
  | "NotCapable"
  | "Stopped"
  | "Timeout"
  | "Unhealthy"
  | "Corrupt"
  | "BadLeaderTransferee"
  | "ClusterVersionUnavailable"
  | "WrongDowngradeVersionFormat"
  | "InvalidDowngradeTargetVersion"
  | "DowngradeInProcess"
  | "NoInflightDowngrade"
  | "Canceled"
  // Of the lock and election services, which have them from package `concurrency`.
  | "ElectionNoLeader"
  | "ElectionNotLeader"
  | "SessionExpired";

/**
 * fetcd's own names, for what no server said.
 *
 * - `InvalidArgument`: an argument or option cannot work; nothing was sent, or the server refused it.
 * - `Unreachable`: no connection, or it broke.
 * - `Tls`: the server's certificate, or the client's, was not accepted.
 * - `MalformedResponse`: the answer is not what etcd answers.
 * - `ResponseTooLarge`: the answer is larger than `maxResponseBytes` or `maxLineBytes`.
 * - `RedirectRefused`: the server sent the call elsewhere; the client does not follow.
 * - `NotEtcd`: what answers is not etcd, or a proxy is in the way.
 * - `Unsupported`: this server, or this transport, cannot do it.
 * - `ClusterChanged`: another cluster answers than before, or this one with another history.
 * - `WatchTimeout`: `watchOnce` saw no event in time.
 * - `GuardFailed`: the condition of a `guard` did not hold, so nothing was written.
 * - `Conflict`: `transact` met other writers in each of its attempts.
 * - `RecipeMismatch`: others use the name with another number or kind of data.
 * - `AnswerLost`: the answer to a write is lost and cannot be had any more; `outcome` says what is known.
 * - `StaleRead`: with `monotonicReads`, all members lagged behind what the client has seen.
 * - `LockTimeout`: a lock or permit was not free in time.
 * - `LockLost`: a lock is not held any more.
 * - `Released`: a lock or leadership was given up by its holder.
 * - `SnapshotCorrupt`: a snapshot is cut off, or its checksum does not fit.
 * - `InvalidValue`: a key or value is not UTF-8, not JSON, or not what a schema takes.
 * - `Closed`: the client, the session or the cache is closed.
 * - `Unknown`: the server's words are not known; see `message`.
 */
export type ClientReason =
  | "InvalidArgument"
  | "Unreachable"
  | "Tls"
  | "MalformedResponse"
  | "ResponseTooLarge"
  | "RedirectRefused"
  | "NotEtcd"
  | "Unsupported"
  | "ClusterChanged"
  | "WatchTimeout"
  | "GuardFailed"
  | "Conflict"
  | "RecipeMismatch"
  | "AnswerLost"
  // Of `monotonicReads`.
  | "StaleRead"
  // Of locks and elections.
  | "LockTimeout"
  | "LockLost"
  | "Released"
  | "SnapshotCorrupt"
  | "InvalidValue"
  | "Closed"
  | "Unknown";

/**
 * Why a call failed: a closed set, so that a `switch` over it is checked for completeness. {@link EtcdReason} and
 * {@link ClientReason} say what each name means.
 */
export type Reason = EtcdReason | ClientReason;
