// The types of Connect and those that the client declares in their place: each can be passed where the other is expected.
import * as connect from "@connectrpc/connect";
import { createEtcd, EtcdError, type EtcdOptions } from "../../src/index.ts";
import { createGrpcWebTransport } from "../../src/grpc-web/index.ts";
import { KV } from "../../src/proto.ts";
import type { Code } from "../../src/transport/errors/code.ts";
import type * as own from "../../src/transport/connect-types.ts";
import { is, type Same } from "./same.ts";

type Both<Own, Connects> = [Own, Connects] extends [Connects, Own] ? true : false;

is<Both<own.Transport, connect.Transport>>();
is<Both<own.Interceptor, connect.Interceptor>>();
is<Both<own.UnaryRequest, connect.UnaryRequest>>();
is<Both<own.UnaryResponse, connect.UnaryResponse>>();
is<Both<own.StreamRequest, connect.StreamRequest>>();
is<Both<own.StreamResponse, connect.StreamResponse>>();
is<Both<own.ContextValues, connect.ContextValues>>();
is<Both<own.ContextKey<string>, connect.ContextKey<string>>>();
is<Both<Code, connect.Code>>();
is<Same<keyof typeof Code, keyof typeof connect.Code>>();
is<{ [Name in keyof typeof Code]: Both<(typeof Code)[Name], (typeof connect.Code)[Name]> }[keyof typeof Code]>();

declare const interceptor: connect.Interceptor;
declare const transport: connect.Transport;
declare const error: EtcdError;

export const options: EtcdOptions[] = [
  {
    interceptors: [
      interceptor,
      (next) => (request) => (request.stream ? next(request) : next({ ...request, url: "" })),
    ],
  },
  { transport },
];
export const client = connect.createClient(KV, createGrpcWebTransport({ baseUrl: "http://127.0.0.1" }));
createEtcd({ transport, interceptors: [interceptor] });

export function named(): string | undefined {
  const code: connect.Code = error.code;
  if (error.code === connect.Code.NotFound) return connect.Code[error.code];
  switch (error.code) {
    case connect.Code.Aborted:
      return "again";
    default:
      return new EtcdError("gone", "Unknown", { code, outcome: "unknown" }).reason;
  }
}
