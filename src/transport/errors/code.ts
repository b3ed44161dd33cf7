import type { Code as ConnectCode } from "@connectrpc/connect";

/** gRPC's status codes, as Connect types them. */
export type Code = ConnectCode;

// The numbers are gRPC's own. Connect's enum is a type here: loading it would load all of Connect.
export const Code: { readonly [Name in keyof typeof ConnectCode]: (typeof ConnectCode)[Name] } = {
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
};
