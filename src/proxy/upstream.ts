import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { code, RpcError } from "../gateway-server/rpc-error.ts";
import type { Connection } from "../transport/connection.ts";
import { EtcdError } from "../transport/errors/etcd-error.ts";
import type { SharedParts } from "../v3/client.ts";
import type { ProxyCall } from "./proxy-call.ts";

/** What the proxy needs of its client of etcd. */
export type Upstream = Pick<SharedParts, "connection" | "hub" | "renewals">;

/** One call of etcd for a call of the proxy: it ends with that, and within its time. */
export function forward<I extends DescMessage, O extends DescMessage>(
  connection: Connection,
  call: ProxyCall,
  method: DescMethodUnary<I, O>,
  message: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  return bounded(call, method.name, (signal) =>
    connection.unary(method, message, { signal, timeoutMs: call.deadlineMs }),
  );
}

/** The same for what waits for others to be done: for as long as its caller does. */
export function forwardWaiting<I extends DescMessage, O extends DescMessage>(
  connection: Connection,
  call: ProxyCall,
  method: DescMethodUnary<I, O>,
  message: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  return bounded(call, method.name, (signal) =>
    connection.unary(method, message, { signal, timeoutMs: call.deadlineMs ?? Infinity }),
  );
}

async function bounded<T>(call: ProxyCall, rpc: string, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal, done } = call.signal();
  try {
    return await send(signal);
  } catch (error) {
    // Nothing was done by it, so that it may be said as etcd says it.
    if (EtcdError.is(error) && error.reason === "ResponseTooLarge" && rpc === "Range")
      throw new RpcError(code.resourceExhausted, "grpc: received message larger than max");
    throw asRpcError(error);
  } finally {
    done();
  }
}

/**
 * What the caller is told. What etcd itself refused goes on in its own words, which say that nothing was done. Anything
 * else may have been done, or may not: an unavailable server is what says so in gRPC's words.
 */
export function asRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (!EtcdError.is(error)) return new RpcError(code.unavailable, "fetcd proxy: etcd could not be reached");
  // The proxy's login at etcd failed, not the caller's own.
  if (loginFailures.has(error.reason))
    return new RpcError(code.unavailable, "fetcd proxy: etcd refused the proxy's login");
  if (error.reason === "ResponseTooLarge") return new RpcError(code.unknown, "fetcd proxy: the answer is too large");
  if (error.outcome === "not-applied" && stated.test(error.message)) return new RpcError(error.code, error.message);
  if (error.outcome === "not-applied" && unfit.has(error.reason))
    return new RpcError(error.code, `fetcd proxy: etcd does not take this request (${error.reason})`);
  if (error.reason === "Timeout") return new RpcError(code.deadlineExceeded, "context deadline exceeded");
  return new RpcError(code.unavailable, `fetcd proxy: etcd did not answer (${error.reason})`);
}

const loginFailures: ReadonlySet<string> = new Set([
  "AuthFailed",
  "NoPasswordUser",
  "InvalidAuthToken",
  "AuthOldRevision",
  "UserEmpty",
]);

/** A value that etcd has no word for, or an RPC that it has not: trying it again is in vain. */
const unfit: ReadonlySet<string> = new Set(["InvalidArgument", "Unsupported"]);

/** How etcd's own refusals begin. All other texts may name endpoints. */
const stated = /^(?:etcdserver|mvcc|auth|lease|client|mutex|election|rpc error|grpc): /;
