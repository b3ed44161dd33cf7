import { describe } from "../transport/describe.ts";
import type { Outcome } from "../transport/errors/outcome.ts";
import { plain } from "./readable.ts";
import { isObject } from "../transport/platform.ts";

/** One request of a call. `endpoint` is an origin: never userinfo, a path or a password. */
export interface AttemptV2 {
  /** The origin that it was sent to. */
  readonly endpoint: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** The `name` of the error it ended with. */
  readonly reason: string;
  /** What became of it on the server. */
  readonly outcome: Outcome;
}

/** The facts of an {@link EtcdV2Error} beside its message. */
export interface EtcdV2ErrorInit {
  /** What became of the call on the server. */
  readonly outcome: Outcome;
  /** etcd's `errorCode`. @default none */
  readonly code?: number | undefined;
  /** The index of the store when it refused. @default not known */
  readonly index?: bigint | undefined;
  /** The HTTP status. @default there was no answer */
  readonly status?: number | undefined;
  /** How long the server asked to wait (`Retry-After`), in milliseconds. @default it did not ask */
  readonly retryAfterMs?: number | undefined;
  /** The error behind this one. */
  readonly cause?: unknown;
}

const brand = Symbol.for("fetcd.EtcdV2Error");

/** What every failure of a v2 client is; its class, and `name`, say why. */
export class EtcdV2Error extends Error {
  /** The name of the class, to switch on. */
  override readonly name: string = "EtcdV2Error";
  /** etcd's `errorCode`; `null` where etcd gave none. */
  readonly code: number | null;
  /** The index of the store when it refused; `null` where it is not told. */
  readonly index: bigint | null;
  /** The HTTP status; `null` where there was no answer. */
  readonly status: number | null;
  /** How long the server or a proxy asked to wait (`Retry-After`), in milliseconds; `null` if it did not. */
  readonly retryAfterMs: number | null;
  /** `not-applied`, `applied`, or `unknown`: the server may have executed it, or may still. Reads are `not-applied`. */
  readonly outcome: Outcome;
  /** The requests that were made, oldest first. Empty: nothing was sent. */
  attempts: readonly AttemptV2[] = [];

  /** `cause`: of an error that etcd stated its own text, such as the key; else what the platform threw. */
  constructor(message: string, { outcome, code, index, status, retryAfterMs, cause }: EtcdV2ErrorInit) {
    super(message, cause === undefined ? undefined : { cause });
    this.outcome = outcome;
    this.code = code ?? null;
    this.index = index ?? null;
    this.status = status ?? null;
    this.retryAfterMs = retryAfterMs ?? null;
    Object.defineProperty(this, brand, { value: true });
  }

  /** For logs in JSON; the cause is left out. */
  toJSON(): Record<string, unknown> {
    return { message: this.message, ...plain(this) };
  }

  /** Whether `value` is an error of a v2 client, also one of another copy of this package. */
  static is(value: unknown): value is EtcdV2Error {
    return isObject(value) && Reflect.get(value, brand) === true;
  }
}

/** An argument that cannot be sent; the text says which, and what was expected. */
export class InvalidArgument extends EtcdV2Error {
  override readonly name = "InvalidArgument";
}
/** No connection, or it broke. */
export class Unreachable extends EtcdV2Error {
  override readonly name = "Unreachable";
}
/** The server's certificate was not accepted. */
export class Tls extends EtcdV2Error {
  override readonly name = "Tls";
}
/** No answer in time. */
export class Timeout extends EtcdV2Error {
  override readonly name = "Timeout";
}
/** `wait` saw no change in time. */
export class WatchTimeout extends EtcdV2Error {
  override readonly name = "WatchTimeout";
}
/** The answer is not what etcd answers. */
export class MalformedResponse extends EtcdV2Error {
  override readonly name = "MalformedResponse";
}
/** The answer is larger than `maxResponseBytes`. */
export class ResponseTooLarge extends EtcdV2Error {
  override readonly name = "ResponseTooLarge";
}
/** The server sent the call elsewhere, and it was not followed there. */
export class RedirectRefused extends EtcdV2Error {
  override readonly name = "RedirectRefused";
}
/** Nothing there speaks v2: etcd serves it with `--enable-v2`, and since 3.6 not at all. */
export class NotEtcd extends EtcdV2Error {
  override readonly name = "NotEtcd";
}
/** An HTTP status without an `errorCode`: of members, users and roles, or of a proxy. See `status`. */
export class HttpFailure extends EtcdV2Error {
  override readonly name = "HttpFailure";
}
/** Another cluster answered than the one before, or the one expected. */
export class ClusterChanged extends EtcdV2Error {
  override readonly name = "ClusterChanged";
}
/** The client is closed. */
export class Closed extends EtcdV2Error {
  override readonly name = "Closed";
}
/** A lock, a leadership or a kept node is no longer ours. */
export class HoldLost extends EtcdV2Error {
  override readonly name = "HoldLost";
}
/** No SRV record, or no answer about them. */
export class DiscoveryFailed extends EtcdV2Error {
  override readonly name = "DiscoveryFailed";
}

export function invalid(message: string): InvalidArgument {
  return new InvalidArgument(message, { outcome: "not-applied" });
}

/** An argument of a wrong kind. Shows the type of what came, since it may be large or a secret. */
export function wrongKind(option: string, expected: string, value: unknown): InvalidArgument {
  return invalid(`${option}: expected ${expected}, got ${describe(value)}`);
}

/** An answer that etcd would not send. */
export function malformed(expected: string, outcome: Outcome = "unknown"): MalformedResponse {
  return new MalformedResponse(`expected ${expected} in the answer`, { outcome });
}
