import type { ConnectError } from "@connectrpc/connect";
import { Code } from "./code.ts";
import { amend, EtcdError } from "./etcd-error.ts";
import { statedError } from "./gateway-error.ts";
import { networkError } from "./network-error.ts";

/**
 * An error of any Connect transport as an `EtcdError`; `undefined` if it is neither, such as a caller's own abort reason
 * or a bug. Other transports report what etcd said by code and text, and a lost connection as a code with a cause.
 */
export function asEtcdError(error: unknown): EtcdError | undefined {
  if (EtcdError.is(error)) return error;
  if (!isConnectError(error)) return undefined;
  const own = error.cause;
  if (EtcdError.is(own)) return own;
  if (own !== undefined && isConnectionFailure(error)) {
    return amend(networkError(own, "the server"), { code: error.code });
  }
  if (misread.test(error.rawMessage)) {
    return new EtcdError(error.rawMessage, "MalformedResponse", { outcome: "unknown", cause: error });
  }
  return statedError(error.rawMessage, error.code, error.cause);
}

/** By its name, as Connect itself does: the application may have another copy of Connect than the one we could load. */
function isConnectError(error: unknown): error is ConnectError {
  return (
    typeof error === "object" &&
    error !== null &&
    Reflect.get(error, "name") === "ConnectError" &&
    typeof Reflect.get(error, "code") === "number" &&
    typeof Reflect.get(error, "rawMessage") === "string"
  );
}

/** What Connect says of an answer that is cut short or foreign, under codes that a server gives to refusals. */
const misread =
  /^(?:protocol error: |parse binary: |(?:missing|extra) (?:message|trailer)$|unexpected end flag$|invalid grpc-status: )/;

/** Connect wraps whatever its HTTP client threw, under the code that comes closest. */
function isConnectionFailure({ code }: ConnectError): boolean {
  return code === Code.Unavailable || code === Code.Aborted || code === Code.Internal || code === Code.Unknown;
}
