import type { DescMethodStreaming } from "@bufbuild/protobuf";
import { isOurReason } from "./deadline.ts";
import { asEtcdError } from "./errors/connect-error.ts";
import { amend, EtcdError } from "./errors/etcd-error.ts";
import { idempotencyOf, mayRetry } from "./retry/retry-policy.ts";
import type { KnownSecrets } from "./secrets/known-secrets.ts";
import { redactError, secretsOf } from "./secrets/redact-error.ts";

// What calls and streams reject with: no secrets, and an outcome that is true.

/** What an error is made of, beside what was thrown. */
interface Failed {
  /** What was asked, where that may hold secrets: the error must not. */
  readonly message?: object | undefined;
  /** What bounds the call. */
  readonly signal: AbortSignal;
  readonly secrets: KnownSecrets;
}

/** The error of a call, made of what was thrown. */
export function callFailure(thrown: unknown, { message, signal, secrets }: Failed): unknown {
  if (signal.aborted && thrown === signal.reason) return thrown;
  const error = asEtcdError(thrown);
  return error === undefined ? thrown : secrets.clean(redactError(error, secretsOf(undefined, message ?? {})));
}

/** The error of a stream. Whatever failed first, its reader is told why the stream had to end. */
export function streamFailure(thrown: unknown, method: DescMethodStreaming, failed: Failed): unknown {
  const { signal } = failed;
  return signal.aborted ? signal.reason : ofRead(callFailure(thrown, failed), method);
}

/** A stream that only reads has nothing to apply, however it ends. Its reason says whether it may be opened again. */
function ofRead(error: unknown, method: DescMethodStreaming): unknown {
  if (!EtcdError.is(error) || error.outcome === "not-applied" || idempotencyOf(method, {}) !== "safe") return error;
  return amend(error, { outcome: "not-applied", retryable: mayRetry(error, "safe") });
}

/** The reason of a signal that was aborted before the call: nothing was sent. The caller's own reason stays as it is. */
export function asNotApplied(reason: unknown): unknown {
  return isOurReason(reason) ? amend(reason, { outcome: "not-applied" }) : reason;
}
