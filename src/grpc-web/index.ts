/** `fetcd/grpc-web`: for etcd behind Envoy or another gRPC-Web proxy. */
export { createGrpcWebTransport, type GrpcWebTransportOptions } from "./grpc-web-transport.ts";
