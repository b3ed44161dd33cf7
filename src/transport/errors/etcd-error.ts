import type { Code } from "./code.ts";
import { codeOfReason } from "./reason-codes.ts";
import type { Outcome } from "./outcome.ts";
import type { Reason } from "./reasons.ts";
import { describe } from "../describe.ts";
import { isObject } from "../platform.ts";

export type { Outcome } from "./outcome.ts";
export { describe } from "../describe.ts";

/** One request of a call. `endpoint` is an origin: never userinfo, a path or a token. */
export interface Attempt {
  /** The origin that it was sent to. */
  readonly endpoint: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Why it failed. */
  readonly reason: Reason;
  /** What became of it on the server. */
  readonly outcome: Outcome;
}

/** The facts of an {@link EtcdError} beside its message and reason. */
export interface EtcdErrorInit {
  /** What became of the call on the server. */
  readonly outcome: Outcome;
  /** gRPC's status code. @default the code that belongs to the reason */
  readonly code?: Code | undefined;
  /** Whether more time could help. @default false */
  readonly retryable?: boolean | undefined;
  /** The requests that were made, oldest first. @default [] */
  readonly attempts?: readonly Attempt[] | undefined;
  /** The error behind this one. */
  readonly cause?: unknown;
  /** How long the server or a proxy asked to wait before the next try (`Retry-After`), in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Of a watch whose start is compacted: the first revision that one can start at. */
  readonly compactRevision?: bigint | undefined;
}

const brand = Symbol.for("fetcd.EtcdError");

/** The one error class of fetcd. */
export class EtcdError extends Error {
  /** gRPC's status code, as Connect has it. */
  readonly code: Code;
  /** A stable name to switch on: see {@link EtcdReason} and {@link ClientReason} for what each means. */
  readonly reason: Reason;
  /** Whether the server executed the call: `applied`, `not-applied` or `unknown`. See {@link Outcome}. */
  readonly outcome: Outcome;
  /** Whether fetcd itself would have tried again with more time. Always `false` when a write may have been applied. */
  readonly retryable: boolean;
  /** The requests that were made, oldest first, at most the last 32. Empty: nothing was sent. */
  readonly attempts: readonly Attempt[];
  /** How long the server or a proxy asked to wait (`Retry-After`), in milliseconds; `undefined` if it did not. */
  readonly retryAfterMs: number | undefined;
  /** Of a watch that ended with `Compacted`: the first revision that one can start at. Not enumerable: JSON has no bigint. */
  declare readonly compactRevision: bigint | undefined;

  static {
    // On the prototype: an own property would be printed with each error. The brand tells errors of other copies of the
    // package.
    Object.defineProperties(EtcdError.prototype, {
      name: { value: "EtcdError", configurable: true, writable: true },
      [brand]: { value: true },
    });
  }

  /** Makes an error as the client does, for tests and for transports. */
  constructor(message: string, reason: Reason, init: EtcdErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code ?? codeOfReason(reason);
    this.reason = reason;
    this.outcome = init.outcome;
    this.retryable = init.retryable ?? false;
    this.attempts = init.attempts ?? [];
    this.retryAfterMs = init.retryAfterMs;
    Object.defineProperty(this, "compactRevision", { value: init.compactRevision });
  }

  /** Whether `value` is an `EtcdError`, also one made by another copy of this package. */
  static is(value: unknown): value is EtcdError {
    return isObject(value) && Reflect.get(value, brand) === true;
  }

  /** Lets `instanceof` tell errors of other copies of this package, as {@link EtcdError.is} does. */
  static override [Symbol.hasInstance](value: unknown): value is EtcdError {
    return EtcdError.is(value);
  }

  /** The message with its reason and outcome, for logs. */
  override toString(): string {
    return `EtcdError: ${this.message} (${this.reason}, ${this.outcome})`;
  }
}

/** The same error with some of its facts changed; the reason stays. */
export function amend(
  error: EtcdError,
  { message = error.message, ...change }: Partial<EtcdErrorInit & { readonly message: string }>,
): EtcdError {
  const facts: EtcdErrorInit = error;
  return new EtcdError(message, error.reason, {
    ...facts,
    // Not enumerable.
    cause: error.cause,
    compactRevision: error.compactRevision,
    ...change,
  });
}

/** The error with another outcome. Anything but an `EtcdError`, such as a caller's reason to abort, stays as it is. */
export function withOutcome(error: unknown, outcome: Outcome): unknown {
  return EtcdError.is(error) ? amend(error, { outcome }) : error;
}

/** Passes on what ended a call before its request, which was not sent. */
export function throwUnsent(error: unknown): never {
  throw withOutcome(error, "not-applied");
}

/** An error of something that has changed nothing. */
export function notApplied(message: string, reason: Reason): EtcdError {
  return new EtcdError(message, reason, { outcome: "not-applied" });
}

/** An argument that cannot be sent: what was wrong, what was expected, which option. Nothing was sent. */
export function invalidArgument(message: string): EtcdError {
  return notApplied(message, "InvalidArgument");
}

/** An argument of a wrong kind. Shows the type of what came, since it may be large or a secret. */
export function unexpected(option: string, expected: string, value: unknown): EtcdError {
  return invalidArgument(`${option}: expected ${expected}, got ${describe(value)}`);
}

/** Two options of which only one can be given. */
export function exclusive(option: string, other: string): EtcdError {
  return invalidArgument(`${option} and ${other} exclude each other`);
}

/** An answer that etcd would not send. */
export function malformedResponse(message: string, outcome: Outcome = "unknown"): EtcdError {
  return new EtcdError(message, "MalformedResponse", { outcome });
}

/** An answer beyond what the client was told to hold. */
export function tooLarge(what: string): EtcdError {
  const hint = "read less at a time (scan, limit), or raise maxResponseBytes";
  return new EtcdError(`${what}; ${hint}`, "ResponseTooLarge", { outcome: "unknown" });
}
