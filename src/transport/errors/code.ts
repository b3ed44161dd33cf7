/**
 * gRPC's status codes, by their names. They are those of Connect's enum `Code`, and each can be compared with the other and
 * assigned to it.
 */
export type Code = (typeof Code)[keyof typeof Code];

// Connect's own enum would load all of Connect, and its declarations need those of the DOM.
export const Code = {
  /** The call was ended, by the caller most often. */
  Canceled: 1,
  /** No other code is known. */
  Unknown: 2,
  /** The arguments are wrong, whatever the server holds. */
  InvalidArgument: 3,
  /** Time was over; a write may have been applied. */
  DeadlineExceeded: 4,
  /** What was asked for does not exist. */
  NotFound: 5,
  /** What was to be created exists. */
  AlreadyExists: 6,
  /** The user may not do this. */
  PermissionDenied: 7,
  /** A quota or a limit is reached. */
  ResourceExhausted: 8,
  /** The server is not in the state that the call needs. */
  FailedPrecondition: 9,
  /** Another call came in between. */
  Aborted: 10,
  /** A revision or a TTL is out of its bounds. */
  OutOfRange: 11,
  /** The server does not offer this. */
  Unimplemented: 12,
  /** The server, or a proxy, is at fault. */
  Internal: 13,
  /** The server cannot be reached or is not ready: try again later. */
  Unavailable: 14,
  /** Data is lost or corrupt. */
  DataLoss: 15,
  /** There is no valid login. */
  Unauthenticated: 16,
} as const;

export function isCode(value: unknown): value is Code {
  return Object.values<unknown>(Code).includes(value);
}
