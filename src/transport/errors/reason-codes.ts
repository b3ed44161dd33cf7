import { Code } from "./code.ts";
import type { Reason } from "./reasons.ts";

/**
 * Apart from the texts that servers say, which programs without a v3 client need not load. Codes are those of current
 * servers; older ones differ for a few reasons. All other reasons say that the cluster, or what a program holds in it, is
 * not in the state that the request needs: `FailedPrecondition`.
 */
const reasonsByCode: readonly (readonly [Code, ...Reason[]])[] = [
  [
    Code.InvalidArgument,
    "InvalidArgument",
    "EmptyKey",
    "KeyNotFound",
    "ValueProvided",
    "LeaseProvided",
    "TooManyOps",
    "DuplicateKey",
    "InvalidSortOption",
    "InvalidClientApiVersion",
    "MemberBadURLs",
    "RequestTooLarge",
    "RoleEmpty",
    "PermissionNotGiven",
    "InvalidAuthMgmt",
    "WrongDowngradeVersionFormat",
    "InvalidDowngradeTargetVersion",
    "AuthOldRevision",
  ],
  [Code.OutOfRange, "Compacted", "FutureRev", "LeaseTTLTooLarge"],
  [Code.ResourceExhausted, "NoSpace", "TooManyRequests", "ResponseTooLarge"],
  [Code.NotFound, "LeaseNotFound", "MemberNotFound"],
  [Code.Unauthenticated, "AuthFailed", "NoPasswordUser", "UserEmpty", "InvalidAuthToken"],
  [Code.PermissionDenied, "PermissionDenied"],
  [Code.Unavailable, "NoLeader", "Unhealthy", "LeaderChanged", "Stopped", "Unreachable", "Tls", "StaleRead"],
  [Code.DataLoss, "Corrupt", "AnswerLost", "SnapshotCorrupt"],
  [Code.Canceled, "WatchCanceled", "Canceled", "Closed", "Released"],
  [Code.DeadlineExceeded, "Timeout", "WatchTimeout", "LockTimeout"],
  [Code.Internal, "MalformedResponse"],
  [Code.Aborted, "Conflict"],
  [Code.Unimplemented, "NotEtcd", "Unsupported"],
  [Code.Unknown, "Unknown"],
];

/** The gRPC code that goes with a reason when no server gave one. */
export function codeOfReason(reason: Reason): Code {
  return reasonsByCode.find((row) => row.includes(reason))?.[0] ?? Code.FailedPrecondition;
}
