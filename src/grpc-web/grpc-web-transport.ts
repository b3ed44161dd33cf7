import { createGrpcWebTransport as createConnectTransport } from "@connectrpc/connect-web";
import type { Interceptor, Transport } from "../transport/connect-types.ts";
import { parseAddress } from "../transport/http/address.ts";
import type { Fetch } from "../transport/http/http.ts";
import * as kind from "../transport/option-kinds.ts";
import { checkOptions, type Kinds } from "../transport/options.ts";

/** Options of {@link createGrpcWebTransport}. */
export interface GrpcWebTransportOptions {
  /** Where the proxy listens; may end in a path prefix. */
  readonly baseUrl: string;
  /** What sends requests. @default globalThis.fetch, looked up at each call */
  readonly fetch?: Fetch;
  /** Connect interceptors. Each sees every request as it goes out, token included. */
  readonly interceptors?: readonly Interceptor[];
  /** Allow plain HTTP to other machines, though calls may carry a token, and from https pages. @default false */
  readonly allowInsecure?: boolean;
}

const optionKinds: Kinds<GrpcWebTransportOptions> = {
  baseUrl: kind.anything,
  fetch: kind.func,
  interceptors: kind.list,
  allowInsecure: kind.boolean,
};

/**
 * Connect's gRPC-Web transport, for `createEtcd({ transport })`. fetch sends one message and then listens, so etcd's
 * two bidirectional RPCs, Watch and LeaseKeepAlive, are called as server-streaming ones: etcd answers the first message
 * all the same. So each watch has a stream of its own, where the gateway's share them.
 *
 * @example
 * const etcd = createEtcd({ transport: createGrpcWebTransport({ baseUrl: "http://127.0.0.1:8080" }) });
 * await etcd.put("greeting", "hello");
 */
export function createGrpcWebTransport(given: GrpcWebTransportOptions): Transport & { readonly oneMessage: true } {
  const options = checkOptions("createGrpcWebTransport", given, optionKinds);
  const { fetch = (url, init) => globalThis.fetch(url, init), interceptors = [], allowInsecure = false } = options;
  const { url: baseUrl } = parseAddress(options.baseUrl, { credentials: true, allowInsecure });
  const transport = createConnectTransport({
    baseUrl,
    interceptors: [...interceptors],
    // A followed redirect would send the body, a password perhaps, to another host; "error" is unknown to Workers.
    fetch: (input, init) => {
      const url = typeof input === "string" ? input : "href" in input ? input.href : input.url;
      return fetch(url, { ...init, redirect: "manual", credentials: "omit" });
    },
  });
  return {
    oneMessage: true,
    unary: transport.unary,
    stream(method, ...call) {
      const oneWay =
        method.methodKind === "bidi_streaming" ? { ...method, methodKind: "server_streaming" as const } : method;
      return transport.stream(oneWay, ...call);
    },
  };
}
