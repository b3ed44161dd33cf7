import { Code } from "@connectrpc/connect";

/** etcd's own error names (package `rpctypes`), without `Err`. */
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

/** fetcd's own names, for what no server said. */
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
  | "AnswerLost"
  | "SnapshotCorrupt"
  | "Closed"
  | "Unknown";

/** Why a call failed: a closed set, so that a `switch` over it is checked for completeness. */
export type Reason = EtcdReason | ClientReason;

/**
 * What a server's verdict says about the request it answers.
 * - `refused`: not executed, and never will be however often it is repeated.
 * - `busy`: not executed; the same request may pass later, writes too.
 * - `login`: not executed, for want of a valid token.
 * - `doubt`: may have been executed, now or later; only a read may be repeated.
 * - `halt`: may have been executed, and nothing should be tried again.
 */
export type Verdict = "refused" | "busy" | "login" | "doubt" | "halt";

export interface Meaning {
  readonly reason: Reason;
  readonly code: Code;
  readonly verdict: Verdict;
}

type Row = readonly [text: string, reason: Reason, code: Code, verdict?: Verdict];

/**
 * etcd's canonical texts without their `etcdserver: ` prefix. The text comes first because neither the HTTP status nor
 * the gRPC code tells enough: the lock and election services answer everything with code 2, and three different
 * refusals share code 8. Codes are those of current servers; older ones differ for a few texts.
 */
const texts: readonly Row[] = [
  ["key is not provided", "EmptyKey", Code.InvalidArgument],
  ["key not found", "KeyNotFound", Code.InvalidArgument],
  ["value is provided", "ValueProvided", Code.InvalidArgument],
  ["lease is provided", "LeaseProvided", Code.InvalidArgument],
  ["too many operations in txn request", "TooManyOps", Code.InvalidArgument],
  ["duplicate key given in txn request", "DuplicateKey", Code.InvalidArgument],
  ["invalid sort option", "InvalidSortOption", Code.InvalidArgument],
  ["invalid client api version", "InvalidClientApiVersion", Code.InvalidArgument],
  ["mvcc: required revision has been compacted", "Compacted", Code.OutOfRange],
  ["mvcc: required revision is a future revision", "FutureRev", Code.OutOfRange],
  ["mvcc: database space exceeded", "NoSpace", Code.ResourceExhausted],
  ["requested lease not found", "LeaseNotFound", Code.NotFound],
  ["lease already exists", "LeaseExist", Code.FailedPrecondition],
  ["too large lease TTL", "LeaseTTLTooLarge", Code.OutOfRange],
  ["watch canceled", "WatchCanceled", Code.Canceled, "doubt"],
  ["member ID already exist", "MemberExist", Code.FailedPrecondition],
  ["Peer URLs already exists", "PeerURLExist", Code.FailedPrecondition],
  [
    "re-configuration failed due to not enough started members",
    "MemberNotEnoughStarted",
    Code.FailedPrecondition,
  ],
  ["given member URLs are invalid", "MemberBadURLs", Code.InvalidArgument],
  ["member not found", "MemberNotFound", Code.NotFound],
  ["can only promote a learner member", "MemberNotLearner", Code.FailedPrecondition],
  ["can only promote a learner member which is in sync with leader", "LearnerNotReady", Code.FailedPrecondition],
  ["too many learner members in cluster", "TooManyLearners", Code.FailedPrecondition],
  ["rpc not supported for learner", "NotSupportedForLearner", Code.FailedPrecondition, "busy"],
  ["cluster ID mismatch", "ClusterIDMismatch", Code.FailedPrecondition],
  ["request is too large", "RequestTooLarge", Code.InvalidArgument],
  ["too many requests", "TooManyRequests", Code.ResourceExhausted, "busy"],
  ["root user does not exist", "RootUserNotExist", Code.FailedPrecondition],
  ["root user does not have root role", "RootRoleNotExist", Code.FailedPrecondition],
  ["user name already exists", "UserAlreadyExist", Code.FailedPrecondition],
  ["user name is empty", "UserEmpty", Code.InvalidArgument, "login"],
  ["user name not found", "UserNotFound", Code.FailedPrecondition],
  ["role name already exists", "RoleAlreadyExist", Code.FailedPrecondition],
  ["role name not found", "RoleNotFound", Code.FailedPrecondition],
  ["role name is empty", "RoleEmpty", Code.InvalidArgument],
  ["authentication failed, invalid user ID or password", "AuthFailed", Code.Unauthenticated],
  [
    "auth: authentication failed, password was given for no password user",
    "NoPasswordUser",
    Code.Unauthenticated,
  ],
  ["permission not given", "PermissionNotGiven", Code.InvalidArgument],
  ["permission denied", "PermissionDenied", Code.PermissionDenied],
  ["role is not granted to the user", "RoleNotGranted", Code.FailedPrecondition],
  ["permission is not granted to the role", "PermissionNotGranted", Code.FailedPrecondition],
  ["authentication is not enabled", "AuthNotEnabled", Code.FailedPrecondition],
  ["invalid auth token", "InvalidAuthToken", Code.Unauthenticated, "login"],
  ["invalid auth management", "InvalidAuthMgmt", Code.InvalidArgument],
  ["revision of auth store is old", "AuthOldRevision", Code.InvalidArgument, "login"],
  ["no leader", "NoLeader", Code.Unavailable, "doubt"],
  ["not leader", "NotLeader", Code.FailedPrecondition],
  ["leader changed", "LeaderChanged", Code.Unavailable, "doubt"],
  ["not capable", "NotCapable", Code.FailedPrecondition, "busy"],
  ["server stopped", "Stopped", Code.Unavailable, "doubt"],
  ["request timed out", "Timeout", Code.Unavailable, "doubt"],
  ["request timed out, possibly due to previous leader failure", "Timeout", Code.Unavailable, "doubt"],
  ["request timed out, possibly due to connection lost", "Timeout", Code.Unavailable, "doubt"],
  ["request timed out, waiting for the applied index took too long", "Timeout", Code.Unavailable, "doubt"],
  ["unhealthy cluster", "Unhealthy", Code.Unavailable, "doubt"],
  ["corrupt cluster", "Corrupt", Code.DataLoss, "halt"],
  ["bad leader transferee", "BadLeaderTransferee", Code.FailedPrecondition],
  [
    "cluster version not found during downgrade",
    "ClusterVersionUnavailable",
    Code.FailedPrecondition,
  ],
  ["wrong downgrade target version format", "WrongDowngradeVersionFormat", Code.InvalidArgument],
  ["invalid downgrade target version", "InvalidDowngradeTargetVersion", Code.InvalidArgument],
  ["cluster has a downgrade job in progress", "DowngradeInProcess", Code.FailedPrecondition],
  ["no inflight downgrade job", "NoInflightDowngrade", Code.FailedPrecondition],
  ["request canceled", "Canceled", Code.Canceled, "doubt"],
  ["context canceled", "Canceled", Code.Canceled, "doubt"],
  ["context deadline exceeded", "Timeout", Code.DeadlineExceeded, "doubt"],
  ["election: no leader", "ElectionNoLeader", Code.FailedPrecondition],
  ["election: not leader", "ElectionNotLeader", Code.FailedPrecondition],
  ["mutex: session is expired", "SessionExpired", Code.FailedPrecondition],
  ["transport is closing", "Stopped", Code.Unavailable, "doubt"],
  ["error reading from server: EOF", "Stopped", Code.Unavailable, "doubt"],
];

const byText = new Map(texts.map(([text, reason, code, verdict = "refused"]) => [text, { reason, code, verdict }]));

const codes = new Map<Reason, Code>([
  ...[...texts].reverse().map(([, reason, code]): [Reason, Code] => [reason, code]),
  ["Timeout", Code.DeadlineExceeded],
  ["InvalidArgument", Code.InvalidArgument],
  ["Unreachable", Code.Unavailable],
  ["Tls", Code.Unavailable],
  ["MalformedResponse", Code.Internal],
  ["ResponseTooLarge", Code.ResourceExhausted],
  ["RedirectRefused", Code.FailedPrecondition],
  ["NotEtcd", Code.Unimplemented],
  ["Unsupported", Code.Unimplemented],
  ["ClusterChanged", Code.FailedPrecondition],
  ["WatchTimeout", Code.DeadlineExceeded],
  ["GuardFailed", Code.FailedPrecondition],
  ["AnswerLost", Code.DataLoss],
  ["SnapshotCorrupt", Code.DataLoss],
  ["Closed", Code.Canceled],
]);

/** The gRPC code that goes with a reason when no server gave one. */
export function codeOfReason(reason: Reason): Code {
  return codes.get(reason) ?? Code.Unknown;
}

const serviceError = /^rpc error: code = \w+ desc = /;

/** What an error text and gRPC code of a server mean: the text decides, the code only where the text is not known. */
export function meaningOf(message: string, code: Code): Meaning {
  const text = message.replace(serviceError, "").replace(/^etcdserver: /, "");
  const known = byText.get(text);
  if (known !== undefined) return known;
  if (text.startsWith("grpc: received message larger than max")) {
    return { reason: "RequestTooLarge", code: Code.InvalidArgument, verdict: "refused" };
  }
  if (text.startsWith("context deadline exceeded")) {
    return { reason: "Timeout", code: Code.DeadlineExceeded, verdict: "doubt" };
  }
  return byCode(code);
}

/** For texts no table knows: a newer server, a proxy that speaks gRPC, or the gateway's own words. */
function byCode(code: Code): Meaning {
  switch (code) {
    case Code.InvalidArgument:
    case Code.OutOfRange:
      return { reason: "InvalidArgument", code, verdict: "refused" };
    case Code.Unauthenticated:
      return { reason: "InvalidAuthToken", code, verdict: "login" };
    case Code.PermissionDenied:
      return { reason: "PermissionDenied", code, verdict: "refused" };
    case Code.Unimplemented:
      return { reason: "Unsupported", code, verdict: "refused" };
    case Code.DeadlineExceeded:
      return { reason: "Timeout", code, verdict: "doubt" };
    case Code.Canceled:
      return { reason: "Canceled", code, verdict: "doubt" };
    case Code.Unavailable:
      return { reason: "Unreachable", code, verdict: "doubt" };
    case Code.NotFound:
    case Code.AlreadyExists:
    case Code.FailedPrecondition:
      return { reason: "Unknown", code, verdict: "refused" };
    case Code.DataLoss:
      return { reason: "Corrupt", code, verdict: "halt" };
    default:
      return { reason: "Unknown", code, verdict: "doubt" };
  }
}
