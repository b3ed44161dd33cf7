import { Code } from "./code.ts";
import { codeOfReason } from "./reason-codes.ts";
import type { Reason } from "./reasons.ts";

/**
 * Whether a request that the server answered with an error may be sent again.
 * - `refused`: not executed, and never will be however often it is repeated.
 * - `busy`: not executed; the same request may pass later, writes too.
 * - `login`: not executed, for want of a valid token.
 * - `unknown`: may have been executed, now or later; only a read may be repeated.
 * - `fatal`: may have been executed, and nothing should be tried again.
 */
export type Retryability = "refused" | "busy" | "login" | "unknown" | "fatal";

export interface ServerError {
  readonly reason: Reason;
  readonly code: Code;
  readonly retryability: Retryability;
}

/**
 * etcd's texts without the name of the package in front. The text comes first because neither the HTTP status nor
 * the gRPC code tells enough: the lock and election services answer everything with code 2, and three different
 * refusals share code 8.
 */
const texts: Readonly<Record<Exclude<Retryability, "fatal">, Readonly<Record<string, Reason>>>> = {
  refused: {
    "key is not provided": "EmptyKey",
    "key not found": "KeyNotFound",
    "value is provided": "ValueProvided",
    "lease is provided": "LeaseProvided",
    "too many operations in txn request": "TooManyOps",
    "duplicate key given in txn request": "DuplicateKey",
    "invalid sort option": "InvalidSortOption",
    "invalid client api version": "InvalidClientApiVersion",
    "given member URLs are invalid": "MemberBadURLs",
    "request is too large": "RequestTooLarge",
    "role name is empty": "RoleEmpty",
    "permission not given": "PermissionNotGiven",
    "invalid auth management": "InvalidAuthMgmt",
    "wrong downgrade target version format": "WrongDowngradeVersionFormat",
    "invalid downgrade target version": "InvalidDowngradeTargetVersion",
    "required revision has been compacted": "Compacted",
    "required revision is a future revision": "FutureRev",
    "too large lease TTL": "LeaseTTLTooLarge",
    "database space exceeded": "NoSpace",
    "requested lease not found": "LeaseNotFound",
    "lease not found": "LeaseNotFound",
    "member not found": "MemberNotFound",
    "lease already exists": "LeaseExist",
    "member ID already exist": "MemberExist",
    "Peer URLs already exists": "PeerURLExist",
    "re-configuration failed due to not enough started members": "MemberNotEnoughStarted",
    "can only promote a learner member": "MemberNotLearner",
    "can only promote a learner member which is in sync with leader": "LearnerNotReady",
    "too many learner members in cluster": "TooManyLearners",
    "cluster ID mismatch": "ClusterIDMismatch",
    "root user does not exist": "RootUserNotExist",
    "root user does not have root role": "RootRoleNotExist",
    "user name already exists": "UserAlreadyExist",
    "user already exists": "UserAlreadyExist",
    "user name not found": "UserNotFound",
    "user not found": "UserNotFound",
    "role name already exists": "RoleAlreadyExist",
    "role already exists": "RoleAlreadyExist",
    "role name not found": "RoleNotFound",
    "role not found": "RoleNotFound",
    "role is not granted to the user": "RoleNotGranted",
    "permission is not granted to the role": "PermissionNotGranted",
    "authentication is not enabled": "AuthNotEnabled",
    "not leader": "NotLeader",
    "bad leader transferee": "BadLeaderTransferee",
    "cluster version not found during downgrade": "ClusterVersionUnavailable",
    "cluster has a downgrade job in progress": "DowngradeInProcess",
    "no inflight downgrade job": "NoInflightDowngrade",
    "election: no leader": "ElectionNoLeader",
    "election: not leader": "ElectionNotLeader",
    "mutex: session is expired": "SessionExpired",
    "authentication failed, invalid user ID or password": "AuthFailed",
    "authentication failed, password was given for no password user": "NoPasswordUser",
    "permission denied": "PermissionDenied",
    // Changes are refused while the alarm is on, before they are carried out.
    "corrupt cluster": "Corrupt",
  },
  busy: {
    "rpc not supported for learner": "NotSupportedForLearner",
    "not capable": "NotCapable",
    "too many requests": "TooManyRequests",
    // The member hands no proposal to a leader now: there is none, or the leadership is being transferred.
    "raft proposal dropped": "NoLeader",
    // Members are added and removed only while all of them have been connected for five seconds.
    "unhealthy cluster": "Unhealthy",
  },
  login: {
    "revision of auth store is old": "AuthOldRevision",
    "revision in header is old": "AuthOldRevision",
    "user name is empty": "UserEmpty",
    "invalid auth token": "InvalidAuthToken",
  },
  unknown: {
    "watch canceled": "WatchCanceled",
    "request canceled": "Canceled",
    "context canceled": "Canceled",
    "no leader": "NoLeader",
    "leader changed": "LeaderChanged",
    "server stopped": "Stopped",
    // A member that was removed says so on its way out.
    "raft: stopped": "Stopped",
    "request timed out": "Timeout",
    "request timed out, possibly due to previous leader failure": "Timeout",
    "request timed out, possibly due to connection lost": "Timeout",
    "request timed out, waiting for the applied index took too long": "Timeout",
    "transport is closing": "Stopped",
    "error reading from server: EOF": "Stopped",
    "context deadline exceeded": "Timeout",
  },
};

function withText(text: string): ServerError | undefined {
  for (const retryability of ["refused", "busy", "login", "unknown"] as const) {
    const reason = Object.hasOwn(texts[retryability], text) ? texts[retryability][text] : undefined;
    if (reason === undefined) continue;
    // The one reason that servers give two codes for.
    const code = text.startsWith("request timed out") ? Code.Unavailable : codeOfReason(reason);
    return { reason, code, retryability };
  }
  return undefined;
}

/** For texts no table knows: a newer server, a proxy that speaks gRPC, or the gateway's own words. */
const byCode: Readonly<Partial<Record<Code, readonly [Reason, Retryability]>>> = {
  [Code.InvalidArgument]: ["InvalidArgument", "refused"],
  [Code.OutOfRange]: ["InvalidArgument", "refused"],
  [Code.Unauthenticated]: ["InvalidAuthToken", "login"],
  [Code.PermissionDenied]: ["PermissionDenied", "refused"],
  [Code.Unimplemented]: ["Unsupported", "refused"],
  [Code.DeadlineExceeded]: ["Timeout", "unknown"],
  [Code.Canceled]: ["Canceled", "unknown"],
  [Code.Unavailable]: ["Unreachable", "unknown"],
  [Code.NotFound]: ["Unknown", "refused"],
  [Code.AlreadyExists]: ["Unknown", "refused"],
  [Code.FailedPrecondition]: ["Unknown", "refused"],
  [Code.DataLoss]: ["Corrupt", "fatal"],
};

/** gRPC's own words around an error that was passed on, and the names of the packages of etcd that errors begin with. */
const prefixes = /^(?:rpc error: code = \w+ desc = )*(?:(?:etcdserver|auth|mvcc|lease|membership): )*/;

/** Classifies an error by its text; by its gRPC code only where the text is not known. */
export function classify(message: string, code: Code): ServerError {
  const text = message.replace(prefixes, "");
  const known = withText(text);
  if (known !== undefined) return known;
  if (text.startsWith("grpc: received message larger than max")) {
    return { reason: "RequestTooLarge", code: Code.InvalidArgument, retryability: "refused" };
  }
  if (text.startsWith("context deadline exceeded")) {
    return { reason: "Timeout", code: Code.DeadlineExceeded, retryability: "unknown" };
  }
  const [reason, retryability] = byCode[code] ?? ["Unknown", "unknown"];
  return { reason, code, retryability };
}
