/** gRPC status codes by etcd's use of them. */
export const code = {
  canceled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

/** What an RPC answers when it fails: a gRPC status. */
export class RpcError extends Error {
  override readonly name: string = "RpcError";
  readonly code: number;

  constructor(status: number, message: string) {
    super(message);
    this.code = status;
  }
}

// By the name that this code uses for it. The texts are etcd's, which puts "etcdserver: " before each.
const failures = {
  emptyKey: ["invalidArgument", "key is not provided"],
  keyNotFound: ["invalidArgument", "key not found"],
  valueProvided: ["invalidArgument", "value is provided"],
  leaseProvided: ["invalidArgument", "lease is provided"],
  tooManyOps: ["invalidArgument", "too many operations in txn request"],
  duplicateKey: ["invalidArgument", "duplicate key given in txn request"],
  requestTooLarge: ["invalidArgument", "request is too large"],
  compacted: ["outOfRange", "mvcc: required revision has been compacted"],
  futureRevision: ["outOfRange", "mvcc: required revision is a future revision"],
  noSpace: ["resourceExhausted", "mvcc: database space exceeded"],
  corrupt: ["dataLoss", "corrupt cluster"],
  leaseNotFound: ["notFound", "requested lease not found"],
  leaseExists: ["failedPrecondition", "lease already exists"],
  leaseTtlTooLarge: ["outOfRange", "too large lease TTL"],
  noLeader: ["unavailable", "no leader"],
  memberNotFound: ["notFound", "member not found"],
  memberExists: ["failedPrecondition", "member ID already exist"],
  peerUrlExists: ["failedPrecondition", "Peer URLs already exists"],
  badUrls: ["invalidArgument", "given member URLs are invalid"],
  notLearner: ["failedPrecondition", "can only promote a learner member"],
  learnerNotReady: ["failedPrecondition", "can only promote a learner member which is in sync with leader"],
  tooManyLearners: ["failedPrecondition", "too many learner members in cluster"],
  notEnoughStarted: ["failedPrecondition", "re-configuration failed due to not enough started members"],
  badTransferee: ["failedPrecondition", "bad leader transferee"],
  downgradeVersion: ["invalidArgument", "invalid downgrade target version"],
  downgradeFormat: ["invalidArgument", "wrong downgrade target version format"],
  downgradeBusy: ["failedPrecondition", "cluster has a downgrade job in progress"],
  noDowngrade: ["failedPrecondition", "no inflight downgrade job"],
  permissionDenied: ["permissionDenied", "permission denied"],
  userEmpty: ["invalidArgument", "user name is empty"],
  roleEmpty: ["invalidArgument", "role name is empty"],
  permissionNotGiven: ["invalidArgument", "permission not given"],
  authFailed: ["invalidArgument", "authentication failed, invalid user ID or password"],
  invalidAuthManagement: ["invalidArgument", "invalid auth management"],
  rootUserMissing: ["failedPrecondition", "root user does not exist"],
  rootRoleMissing: ["failedPrecondition", "root user does not have root role"],
  userExists: ["failedPrecondition", "user name already exists"],
  userNotFound: ["failedPrecondition", "user name not found"],
  roleExists: ["failedPrecondition", "role name already exists"],
  roleNotFound: ["failedPrecondition", "role name not found"],
  roleNotGranted: ["failedPrecondition", "role is not granted to the user"],
  permissionNotGranted: ["failedPrecondition", "permission is not granted to the role"],
  authNotEnabled: ["failedPrecondition", "authentication is not enabled"],
  invalidToken: ["unauthenticated", "invalid auth token"],
} as const;

/** One of etcd's own errors. */
export function etcdFailure(name: keyof typeof failures): RpcError {
  const [status, text] = failures[name];
  return new RpcError(code[status], `etcdserver: ${text}`);
}
