import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { DescMethod, DescMethodStreaming, DescMethodUnary, DescService, Message } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext, Transport } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Auth } from "../src/gen/etcdserverpb/auth_pb.ts";
import { Cluster } from "../src/gen/etcdserverpb/cluster_pb.ts";
import { KV } from "../src/gen/etcdserverpb/kv_pb.ts";
import { Lease } from "../src/gen/etcdserverpb/lease_pb.ts";
import { Maintenance } from "../src/gen/etcdserverpb/maintenance_pb.ts";
import { Watch } from "../src/gen/etcdserverpb/watch_pb.ts";
import { Election } from "../src/gen/v3electionpb/election_pb.ts";
import { Lock } from "../src/gen/v3lockpb/lock_pb.ts";

const services: readonly DescService[] = [KV, Watch, Lease, Cluster, Maintenance, Auth, Lock, Election];
/** What etcd reads of a call's metadata. */
const forwarded = ["authorization", "token", "hasleader"];

export interface GrpcWebProxy {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * What Envoy does for pages: takes gRPC-Web over HTTP/1.1 and passes each call on to etcd as gRPC, streams included.
 * Bidirectional calls are taken as server-streaming ones, for HTTP/1.1 carries nothing else.
 */
export async function grpcWebProxy(etcd: Transport): Promise<GrpcWebProxy> {
  const handler = connectNodeAdapter({
    connect: false,
    grpc: false,
    grpcWeb: true,
    routes(router) {
      for (const service of services) for (const method of service.methods) forward(router, method, etcd);
    },
  });
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

function forward(router: ConnectRouter, method: DescMethod, etcd: Transport): void {
  if (isUnary(method)) {
    router.rpc(method, async (message, { signal, requestHeader }: HandlerContext) => {
      return (await etcd.unary(method, signal, undefined, forwardable(requestHeader), message)).message;
    });
    return;
  }
  if (!isStreaming(method)) return;
  router.rpc(
    { ...method, methodKind: "server_streaming" },
    async function* (message: Message, context: HandlerContext) {
      const header = forwardable(context.requestHeader);
      yield* (await etcd.stream(method, context.signal, undefined, header, once(message))).message;
    },
  );
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

function isStreaming(method: DescMethod): method is DescMethodStreaming & DescMethod {
  return method.methodKind !== "unary";
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item;
}

function forwardable(requestHeader: Headers): Headers {
  const header = new Headers();
  for (const name of forwarded) {
    const value = requestHeader.get(name);
    if (value !== null) header.set(name, value);
  }
  return header;
}
