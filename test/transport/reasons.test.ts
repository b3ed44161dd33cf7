import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/transport/errors/etcd-error.ts";
import { errorIn, statedError } from "../../src/transport/errors/gateway-error.ts";
import { codeOfReason } from "../../src/transport/errors/reason-codes.ts";
import type { Reason } from "../../src/transport/errors/reasons.ts";

type Row = readonly [text: string, reason: Reason, code: Code, outcome: Outcome];

const refused = (code: Code, rows: Readonly<Record<string, Reason>>): Row[] =>
  Object.entries(rows).map(([text, reason]) => [text, reason, code, "not-applied"]);
const uncertain = (code: Code, rows: Readonly<Record<string, Reason>>): Row[] =>
  Object.entries(rows).map(([text, reason]) => [text, reason, code, "unknown"]);

/** What etcd says with its prefix `etcdserver: `, in every version from 3.4 to 3.6. */
const etcdTexts: readonly Row[] = [
  ...refused(Code.InvalidArgument, {
    "key is not provided": "EmptyKey",
    "key not found": "KeyNotFound",
    "value is provided": "ValueProvided",
    "lease is provided": "LeaseProvided",
    "duplicate key given in txn request": "DuplicateKey",
    "too many operations in txn request": "TooManyOps",
    "invalid sort option": "InvalidSortOption",
    "request is too large": "RequestTooLarge",
    "given member URLs are invalid": "MemberBadURLs",
    "invalid client api version": "InvalidClientApiVersion",
    "role name is empty": "RoleEmpty",
    "permission not given": "PermissionNotGiven",
    "invalid auth management": "InvalidAuthMgmt",
    "revision of auth store is old": "AuthOldRevision",
    "invalid downgrade target version": "InvalidDowngradeTargetVersion",
    "wrong downgrade target version format": "WrongDowngradeVersionFormat",
  }),
  // etcd says code 3 here; what it means is code 16.
  ...refused(Code.Unauthenticated, {
    "authentication failed, invalid user ID or password": "AuthFailed",
    "invalid auth token": "InvalidAuthToken",
    "user name is empty": "UserEmpty",
  }),
  ...refused(Code.NotFound, { "member not found": "MemberNotFound", "requested lease not found": "LeaseNotFound" }),
  ...refused(Code.PermissionDenied, { "permission denied": "PermissionDenied" }),
  ...refused(Code.ResourceExhausted, {
    "mvcc: database space exceeded": "NoSpace",
    "too many requests": "TooManyRequests",
  }),
  ...refused(Code.FailedPrecondition, {
    "lease already exists": "LeaseExist",
    "member ID already exist": "MemberExist",
    "Peer URLs already exists": "PeerURLExist",
    "re-configuration failed due to not enough started members": "MemberNotEnoughStarted",
    "can only promote a learner member": "MemberNotLearner",
    "can only promote a learner member which is in sync with leader": "LearnerNotReady",
    "too many learner members in cluster": "TooManyLearners",
    "rpc not supported for learner": "NotSupportedForLearner",
    "cluster ID mismatch": "ClusterIDMismatch",
    "root user does not exist": "RootUserNotExist",
    "root user does not have root role": "RootRoleNotExist",
    "user name already exists": "UserAlreadyExist",
    "user name not found": "UserNotFound",
    "role name already exists": "RoleAlreadyExist",
    "role name not found": "RoleNotFound",
    "role is not granted to the user": "RoleNotGranted",
    "permission is not granted to the role": "PermissionNotGranted",
    "authentication is not enabled": "AuthNotEnabled",
    "not leader": "NotLeader",
    "bad leader transferee": "BadLeaderTransferee",
    "not capable": "NotCapable",
    "cluster has a downgrade job in progress": "DowngradeInProcess",
    "no inflight downgrade job": "NoInflightDowngrade",
    "cluster version not found during downgrade": "ClusterVersionUnavailable",
  }),
  ...refused(Code.OutOfRange, {
    "mvcc: required revision has been compacted": "Compacted",
    "mvcc: required revision is a future revision": "FutureRev",
    "too large lease TTL": "LeaseTTLTooLarge",
  }),
  ...uncertain(Code.Unavailable, {
    "no leader": "NoLeader",
    "leader changed": "LeaderChanged",
    "request timed out": "Timeout",
    "request timed out, possibly due to previous leader failure": "Timeout",
    "request timed out, possibly due to connection lost": "Timeout",
    "request timed out, waiting for the applied index took too long": "Timeout",
    "server stopped": "Stopped",
  }),
  ...uncertain(Code.Canceled, { "request canceled": "Canceled", "watch canceled": "WatchCanceled" }),
  ...refused(Code.Unavailable, { "unhealthy cluster": "Unhealthy" }),
  ...refused(Code.DataLoss, { "corrupt cluster": "Corrupt" }),
];

/** What is said without it: by gRPC, by the gateway, and by the services that run inside a member. */
const otherTexts: readonly Row[] = [
  ...uncertain(Code.DeadlineExceeded, {
    "context deadline exceeded": "Timeout",
    "context deadline exceeded (Client.Timeout exceeded while awaiting headers)": "Timeout",
  }),
  ...uncertain(Code.Canceled, { "context canceled": "Canceled" }),
  ...uncertain(Code.Unavailable, { "transport is closing": "Stopped", "error reading from server: EOF": "Stopped" }),
  ...uncertain(Code.Unavailable, { "raft: stopped": "Stopped" }),
  ...refused(Code.InvalidArgument, {
    "grpc: received message larger than max (3145741 vs. 2097152)": "RequestTooLarge",
    "grpc: received message larger than max (2097153 vs. 2097152)": "RequestTooLarge",
  }),
  ...refused(Code.Unauthenticated, {
    "auth: authentication failed, password was given for no password user": "NoPasswordUser",
  }),
  // What 3.4 and 3.5 let out of a member as it is: maintenance, and what raft itself says.
  ...refused(Code.Unauthenticated, {
    "auth: user name is empty": "UserEmpty",
    "auth: invalid auth token": "InvalidAuthToken",
    "auth: authentication failed, invalid user ID or password": "AuthFailed",
  }),
  ...refused(Code.InvalidArgument, { "auth: revision in header is old": "AuthOldRevision" }),
  ...refused(Code.PermissionDenied, { "auth: permission denied": "PermissionDenied" }),
  ...refused(Code.FailedPrecondition, {
    "auth: authentication is not enabled": "AuthNotEnabled",
    "auth: user already exists": "UserAlreadyExist",
    "auth: user not found": "UserNotFound",
    "auth: role already exists": "RoleAlreadyExist",
    "auth: role not found": "RoleNotFound",
  }),
  ...refused(Code.NotFound, { "lease not found": "LeaseNotFound" }),
  ...refused(Code.Unavailable, { "raft proposal dropped": "NoLeader" }),
  ...refused(Code.FailedPrecondition, {
    "election: no leader": "ElectionNoLeader",
    "election: not leader": "ElectionNotLeader",
    "mutex: session is expired": "SessionExpired",
  }),
];

describe.each([...etcdTexts, ...otherTexts])("%s", (text, reason, code, outcome) => {
  const expected = { reason, code, outcome };
  const isEtcd = etcdTexts.some(([each]) => each === text);
  const messages = isEtcd ? [text, `etcdserver: ${text}`] : [text];

  it(`means ${reason}, whatever code it comes with`, () => {
    for (const message of messages) {
      for (const given of [code, Code.Unknown, Code.Internal, Code.InvalidArgument, Code.Unavailable]) {
        expect(statedError(message, given)).toMatchObject(expected);
        expect(statedError(`rpc error: code = Unknown desc = ${message}`, given)).toMatchObject(expected);
      }
      expect(statedError(message, Code.Unknown).message).toBe(message);
    }
  });

  it("means that in every shape a gateway gives it", () => {
    for (const message of messages) {
      const shapes = [
        { error: message, code: 2 },
        { error: message, message, code: 2 },
        { code: 2, message },
        { code: 2, message, details: [] },
        { error: { grpc_code: 2, http_code: 500, message, http_status: "Internal Server Error" } },
        { error: { code: 2, message } },
      ];
      for (const shape of shapes) expect(errorIn(shape)).toMatchObject(expected);
    }
  });
});

describe("a text that no table knows", () => {
  it.each([
    [Code.Canceled, "Canceled", "unknown"],
    [Code.Unknown, "Unknown", "unknown"],
    [Code.InvalidArgument, "InvalidArgument", "not-applied"],
    [Code.DeadlineExceeded, "Timeout", "unknown"],
    [Code.NotFound, "Unknown", "not-applied"],
    [Code.AlreadyExists, "Unknown", "not-applied"],
    [Code.PermissionDenied, "PermissionDenied", "not-applied"],
    [Code.ResourceExhausted, "Unknown", "unknown"],
    [Code.FailedPrecondition, "Unknown", "not-applied"],
    [Code.Aborted, "Unknown", "unknown"],
    [Code.OutOfRange, "InvalidArgument", "not-applied"],
    [Code.Unimplemented, "Unsupported", "not-applied"],
    [Code.Internal, "Unknown", "unknown"],
    [Code.Unavailable, "Unreachable", "unknown"],
    [Code.DataLoss, "Corrupt", "unknown"],
    [Code.Unauthenticated, "InvalidAuthToken", "not-applied"],
  ] as const)("is judged by its code: %s is %s, %s", (code, reason, outcome) => {
    expect(statedError("something new", code)).toMatchObject({ code, reason, outcome, message: "something new" });
  });

  it("is not taken for one that it only contains", () => {
    expect(statedError("etcdserver: no leader in sight", Code.Internal).reason).toBe("Unknown");
    expect(statedError("proxy: etcdserver: permission denied", Code.Internal).reason).toBe("Unknown");
  });

  it("is cut after a kilobyte", () => {
    expect(statedError("x".repeat(5000), Code.Unknown).message).toBe(`${"x".repeat(1024)}…`);
  });
});

describe("JSON that is not an error", () => {
  it.each([
    [{ header: {} }],
    [{}],
    [null],
    ["error"],
    [[{ code: 3, message: "m" }]],
    [{ error: "unauthorized" }],
    [{ code: 0, message: "fine" }],
    [{ code: 404, message: "no such page" }],
    [{ code: "3", message: "m" }],
    [{ error: { message: "m" } }],
  ])("%j", (json) => {
    expect(errorIn(json)).toBeUndefined();
  });

  it("an error without words still has its code", () => {
    expect(errorIn({ code: 7 })).toMatchObject({ reason: "PermissionDenied", message: "" });
  });
});

describe("the code of a reason that no server gave", () => {
  it.each<[Reason, Code]>([
    ["InvalidArgument", Code.InvalidArgument],
    ["Unreachable", Code.Unavailable],
    ["Tls", Code.Unavailable],
    ["Timeout", Code.DeadlineExceeded],
    ["WatchTimeout", Code.DeadlineExceeded],
    ["MalformedResponse", Code.Internal],
    ["ResponseTooLarge", Code.ResourceExhausted],
    ["RedirectRefused", Code.FailedPrecondition],
    ["ClusterChanged", Code.FailedPrecondition],
    ["GuardFailed", Code.FailedPrecondition],
    ["RecipeMismatch", Code.FailedPrecondition],
    ["Conflict", Code.Aborted],
    ["InvalidValue", Code.FailedPrecondition],
    ["NotEtcd", Code.Unimplemented],
    ["Unsupported", Code.Unimplemented],
    ["AnswerLost", Code.DataLoss],
    ["StaleRead", Code.Unavailable],
    ["SnapshotCorrupt", Code.DataLoss],
    ["Closed", Code.Canceled],
    ["LeaseNotFound", Code.NotFound],
    ["Compacted", Code.OutOfRange],
    ["Unknown", Code.Unknown],
  ])("%s: %i", (reason, code) => {
    expect(codeOfReason(reason)).toBe(code);
  });
});
