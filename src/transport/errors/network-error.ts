import { EtcdError } from "./etcd-error.ts";
import { networkFailure } from "./network-failure.ts";

/** A rejected `fetch` or body read as an `EtcdError`. Only certain evidence makes its outcome `not-applied`. */
export function networkError(error: unknown, origin: string): EtcdError {
  const { kind, text } = networkFailure(error, origin);
  const reason = kind === "tls" ? "Tls" : "Unreachable";
  return new EtcdError(text, reason, { outcome: kind === "lost" ? "unknown" : "not-applied", cause: error });
}
