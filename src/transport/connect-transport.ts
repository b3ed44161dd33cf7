import { ConnectError } from "@connectrpc/connect";
import type { Transport } from "./connect-types.ts";
import { EtcdError } from "./errors/etcd-error.ts";
import { gatewayKinds, type GatewayTransportOptions } from "./gateway-options.ts";
import { type GatewayTransport, gatewayTransport } from "./gateway-transport.ts";
import { checkOptions } from "./options.ts";

/**
 * A Connect `Transport` over etcd's JSON gateway, for Connect's own clients: each RPC is a POST, streams are
 * newline-delimited JSON. The messages of a bidirectional stream all travel in the request body, so their iterable must
 * end; etcd answers on all the same.
 *
 * It moves on to another endpoint after a failure, for the calls that follow; it never repeats a call, but for a stream
 * whose require-leader header CORS may have refused. Without a token it sends no header of its own, so that a page of
 * another origin needs no preflight.
 *
 * Calls reject with a `ConnectError` whose `cause` is the `EtcdError`, or with the reason of the caller's own signal.
 *
 * @throws EtcdError `InvalidArgument` for options that cannot work.
 *
 * @example
 * import { createClient } from "@connectrpc/connect";
 * import { KV } from "fetcd/proto";
 * const kv = createClient(KV, createGatewayTransport({ endpoints: "http://127.0.0.1:2379" }));
 * await kv.put({ key: new TextEncoder().encode("a"), value: new TextEncoder().encode("1") });
 */
export function createGatewayTransport(options: GatewayTransportOptions = {}): GatewayTransport {
  checkOptions("createGatewayTransport", options, gatewayKinds);
  const gateway = gatewayTransport(options);
  const { endpoints, setEndpoints, get } = gateway;
  const transport: Transport = {
    unary: (...call) => gateway.unary(...call).catch(rethrow),
    async stream(...call) {
      const response = await gateway.stream(...call).catch(rethrow);
      return { ...response, message: converted(response.message) };
    },
  };
  return { endpoints, setEndpoints, get, ...transport };
}

async function* converted<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    rethrow(error);
  }
}

function rethrow(error: unknown): never {
  throw EtcdError.is(error) ? new ConnectError(error.message, error.code, undefined, undefined, error) : error;
}
