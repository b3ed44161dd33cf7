import { Code } from "@connectrpc/connect";
import type { Outcome } from "../../src/transport/errors/etcd-error.ts";
import type { Reason } from "../../src/transport/errors/reasons.ts";
import type { Version } from "./recorded-answers.ts";

/** What a case that fails must fail with. */
export interface Failure {
  readonly reason: Reason;
  readonly code: Code;
  readonly outcome: Outcome;
}

/** A failure, or success, in the order 3.4.23, 3.5.33, 3.6.14 where they differ. */
type Row = Failure | readonly (Failure | undefined)[];

const refused = (reason: Reason, code: Code): Failure => ({ reason, code, outcome: "not-applied" });
const uncertain = (reason: Reason, code: Code): Failure => ({ reason, code, outcome: "unknown" });
const only34 = (failure: Failure): Row => [failure, undefined, undefined];
const since35 = (failure: Failure): Row => [undefined, failure, failure];
const until35 = (failure: Failure): Row => [failure, failure, undefined];
const ok = undefined;

const authFailed = refused("AuthFailed", Code.Unauthenticated);
const badToken = refused("InvalidAuthToken", Code.Unauthenticated);
const compacted = refused("Compacted", Code.OutOfRange);
const denied = refused("PermissionDenied", Code.PermissionDenied);
const elsewhere = refused("ElectionNotLeader", Code.FailedPrecondition);
const emptyKey = refused("EmptyKey", Code.InvalidArgument);
const futureRev = refused("FutureRev", Code.OutOfRange);
const invalid = refused("InvalidArgument", Code.InvalidArgument);
const leaseNotFound = refused("LeaseNotFound", Code.NotFound);
const noLeader = uncertain("NoLeader", Code.Unavailable);
const noSpace = refused("NoSpace", Code.ResourceExhausted);
const notEtcd = refused("NotEtcd", Code.Unimplemented);
const oldRevision = refused("AuthOldRevision", Code.InvalidArgument);
const roleNotFound = refused("RoleNotFound", Code.FailedPrecondition);
const silence = uncertain("Timeout", Code.DeadlineExceeded);
const stopped = uncertain("Stopped", Code.Unavailable);
const timeout = uncertain("Timeout", Code.DeadlineExceeded);
const tooLarge = refused("RequestTooLarge", Code.InvalidArgument);
const unhealthy = refused("Unhealthy", Code.Unavailable);
const unknown = uncertain("Unknown", Code.Unknown);
const unreachable = uncertain("Unreachable", Code.Unavailable);
const unsupported = refused("Unsupported", Code.Unimplemented);
const userEmpty = refused("UserEmpty", Code.Unauthenticated);
const userNotFound = refused("UserNotFound", Code.FailedPrecondition);

/** Every case that is not a plain success in all versions. */
const rows: Readonly<Record<string, Row>> = {
  "auth-authenticate-bad-password": authFailed,
  "auth-authenticate-disabled": refused("AuthNotEnabled", Code.FailedPrecondition),
  "auth-authenticate-empty": authFailed,
  "auth-authenticate-nopw-user": refused("NoPasswordUser", Code.Unauthenticated),
  "auth-authenticate-unknown-user": authFailed,
  "auth-compact-alice": since35(denied),
  "auth-enable-noroot": refused("RootUserNotExist", Code.FailedPrecondition),
  "auth-keepalive-expired-token": since35(badToken),
  "auth-lease-grant-notoken": since35(userEmpty),
  "auth-lease-keepalive-notoken": since35(userEmpty),
  "auth-lease-leases-notoken": since35(userEmpty),
  "auth-lease-ttl-notoken": since35(userEmpty),
  "auth-lock-denied": denied,
  "auth-lock-notoken": userEmpty,
  "auth-maintenance-status-notoken": since35(userEmpty),
  "auth-member-list-notoken": since35(userEmpty),
  "auth-put-denied": denied,
  "auth-range-after-changepw": badToken,
  "auth-range-bad-token": badToken,
  "auth-range-bad-token2": badToken,
  "auth-range-basic-auth": badToken,
  "auth-range-bearer": only34(badToken),
  "auth-range-denied": denied,
  "auth-range-empty-token": badToken,
  "auth-range-expired-token": badToken,
  "auth-range-future-index-token": silence,
  "auth-range-garbage-token-while-disabled": only34(badToken),
  "auth-range-no-token": userEmpty,
  "auth-range-norole": denied,
  "auth-range-token-header": userEmpty,
  "auth-range-token-while-disabled": only34(badToken),
  "auth-role-add-dup": refused("RoleAlreadyExist", Code.FailedPrecondition),
  "auth-role-get-unknown": roleNotFound,
  "auth-role-grant-unknown": roleNotFound,
  "auth-role-revoke-again": refused("PermissionNotGranted", Code.FailedPrecondition),
  "auth-status-alice": [unsupported, denied, denied],
  "auth-status-disabled": only34(unsupported),
  "auth-status-enabled-noauth": [unsupported, userEmpty, userEmpty],
  "auth-txn-denied": denied,
  "auth-user-add-dup": refused("UserAlreadyExist", Code.FailedPrecondition),
  "auth-user-add-empty": userEmpty,
  "auth-user-delete-root": refused("InvalidAuthMgmt", Code.InvalidArgument),
  "auth-user-delete-unknown": userNotFound,
  "auth-user-get-unknown": userNotFound,
  "auth-user-grant-unknown-role": roleNotFound,
  "auth-user-list-denied": denied,
  "authjwt-put-after-auth-change": oldRevision,
  "authjwt-range-after-auth-change": oldRevision,
  "authjwt-range-bearer": only34(badToken),
  "authjwt-range-expired-token": badToken,
  "authjwt-range-token-while-disabled": only34(oldRevision),
  "authjwt-root-after-auth-change": oldRevision,
  "cluster-member-add-bad": refused("MemberBadURLs", Code.InvalidArgument),
  "double-slash": refused("RedirectRefused", Code.FailedPrecondition),
  "election-campaign-badlease": leaseNotFound,
  "election-leader-none": refused("ElectionNoLeader", Code.FailedPrecondition),
  "election-proclaim-after-resign": elsewhere,
  "election-proclaim-noleader": unknown,
  "election-proclaim-wrong": elsewhere,
  "election-resign-noleader": unknown,
  "gateway-disabled": notEtcd,
  "ha-member-add-existing": unhealthy,
  "ha-member-add-learner": unhealthy,
  "ha-move-leader-from-follower": refused("NotLeader", Code.FailedPrecondition),
  "ha-noquorum-health": unreachable,
  "ha-noquorum-health-serializable": until35(unreachable),
  "ha-noquorum-keepalive": noLeader,
  "ha-noquorum-lease-grant": timeout,
  "ha-noquorum-lock": timeout,
  "ha-noquorum-put": timeout,
  "ha-noquorum-put-hasleader": noLeader,
  "ha-noquorum-range": uncertain("Timeout", Code.Unavailable),
  "ha-noquorum-watch-existing-hasleader": noLeader,
  "ha-noquorum-watch-hasleader": noLeader,
  "host-whitelist-rejected": invalid,
  "http-health-head": notEtcd,
  "http-health-post": notEtcd,
  "http-livez": until35(notEtcd),
  "http-readyz": until35(notEtcd),
  "kv-compact-again": compacted,
  "kv-compact-future": futureRev,
  "kv-put-3mb": tooLarge,
  "kv-put-bad-lease": leaseNotFound,
  "kv-put-empty-key": emptyKey,
  "kv-put-nospace": noSpace,
  "kv-put-too-large": tooLarge,
  "kv-put-urlsafe": until35(invalid),
  "kv-range-bad-base64": invalid,
  "kv-range-bad-json": invalid,
  "kv-range-binary-nopad": until35(invalid),
  "kv-range-compacted": compacted,
  "kv-range-empty-body": emptyKey,
  "kv-range-empty-object": emptyKey,
  "kv-range-enumbad": until35(invalid),
  "kv-range-future-rev": futureRev,
  "kv-range-int-bad": invalid,
  "kv-range-int-exp": until35(invalid),
  "kv-txn-dup-key": refused("DuplicateKey", Code.InvalidArgument),
  "kv-txn-too-many-ops": refused("TooManyOps", Code.InvalidArgument),
  "kv-txn-two-oneofs": [ok, ok, invalid],
  "lease-grant-dup": refused("LeaseExist", Code.FailedPrecondition),
  "lease-grant-huge": refused("LeaseTTLTooLarge", Code.OutOfRange),
  "lease-grant-nospace": noSpace,
  "lease-keepalive-garbage": until35(unknown),
  "lease-revoke-missing": leaseNotFound,
  "lock-bad-lease": leaseNotFound,
  "lock-grpc-timeout": timeout,
  "lock-waiter-lease-expired": since35(refused("SessionExpired", Code.FailedPrecondition)),
  "lock-waiter-server-sigterm": stopped,
  "maintenance-downgrade-cancel": [unsupported, refused("NoInflightDowngrade", Code.FailedPrecondition), ok],
  "maintenance-downgrade-validate": [unsupported, refused("InvalidDowngradeTargetVersion", Code.InvalidArgument), ok],
  "maintenance-hashkv": only34(unsupported),
  "maintenance-hashkv-revision": [unsupported, compacted, compacted],
  "maintenance-transfer-bad": refused("BadLeaderTransferee", Code.FailedPrecondition),
  "method-get": [notEtcd, notEtcd, unsupported],
  "method-put": [notEtcd, notEtcd, unsupported],
  "not-found": unsupported,
  "not-found-root": notEtcd,
  "tls-cn-cert-rejected": invalid,
  "trailing-slash": unsupported,
  "unlock-empty": emptyKey,
  "v3alpha-range": notEtcd,
  "watch-bad-base64": [unknown, unknown, silence],
  "watch-empty-body": silence,
  "watch-empty-object": silence,
  "watch-garbage": [unknown, unknown, silence],
  "watch-grpc-timeout": timeout,
  "watch-progress-only": since35(silence),
  "watch-server-sigkill": unreachable,
  "watch-server-sigterm": stopped,
};

/** Cases that are not call of ours, with the reason why. */
export const notReplayed: Readonly<Record<string, string>> = {
  "cors-preflight-allowed": "a browser's own request",
  "cors-preflight-denied": "a browser's own request",
};

export const casesWithRows: readonly string[] = Object.keys(rows);

/** The failure a case must end in; `undefined` for success. */
export function expectedFailure(name: string, version: Version): Failure | undefined {
  const row = rows[name];
  if (row === undefined || "reason" in row) return row;
  return row[["3.4.23", "3.5.33", "3.6.14"].indexOf(version)];
}
