/** `fetcd/grpc-web`: for etcd behind Envoy or another gRPC-Web proxy. */
export { createGrpcWebTransport, type GrpcWebTransportOptions } from "./grpc-web-transport.ts";
export type { Interceptor, Transport } from "../transport/connect-types.ts";
export type { Fetch } from "../transport/http/fetch.ts";
