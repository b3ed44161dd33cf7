import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { createGrpcWebTransport } from "../src/grpc-web/index.ts";
import { createEtcd, type EtcdOptions } from "../src/index.ts";
import type { Connect, Target } from "../test/suites/connect.ts";
import { type Etcd as Rig, type EtcdVersion, startEtcd } from "./etcd.ts";
import { grpcWebProxy } from "./grpc-web-proxy.ts";

/** Where the suites run: a server, and a way to it. */
export interface TargetSetup {
  readonly version: EtcdVersion;
  readonly transport: Target["transport"];
  readonly members: 1 | 3;
}

/** A running server with a way to it. */
interface OpenTarget {
  readonly rig: Rig;
  /** What `createEtcd` needs to get there. */
  readonly way: EtcdOptions;
  close(): Promise<void>;
}

/** Inside of a `describe`: starts the server before its tests and stops it after them. */
export function connectTo({ version, transport, members }: TargetSetup): Connect {
  let open: OpenTarget | undefined;
  const there = (): OpenTarget => {
    if (open === undefined) throw new Error("a suite connects in its tests and hooks, where the server runs");
    return open;
  };
  beforeAll(async () => {
    open = await openTarget(await startEtcd({ version, members }), transport);
  });
  afterAll(() => open?.close());

  const connect = (options: Partial<EtcdOptions> = {}): ReturnType<Connect> => {
    const etcd = createEtcd({ ...there().way, ...options } as EtcdOptions);
    onTestFinished(() => etcd.close());
    return etcd;
  };
  const target: Target = {
    version,
    transport,
    members,
    get endpoints() {
      return transport === "gateway" ? there().rig.endpoints : [];
    },
  };
  return Object.assign(connect, { target });
}

async function openTarget(rig: Rig, transport: Target["transport"]): Promise<OpenTarget> {
  if (transport === "gateway") return { rig, way: { endpoints: rig.endpoints }, close: () => rig.close() };
  const grpc = grpcTo(rig);
  if (transport === "grpc") {
    const close = async (): Promise<void> => {
      grpc.close();
      await rig.close();
    };
    return { rig, way: { transport: grpc.transport }, close };
  }
  const proxy = await grpcWebProxy(grpc.transport);
  const close = async (): Promise<void> => {
    await proxy.close();
    grpc.close();
    await rig.close();
  };
  return { rig, way: { transport: createGrpcWebTransport({ baseUrl: proxy.url }) }, close };
}

function grpcTo(rig: Rig): { transport: Transport; close(): void } {
  const baseUrl = rig.endpoints[0] ?? "";
  const sessionManager = new Http2SessionManager(baseUrl);
  return { transport: createGrpcTransport({ baseUrl, sessionManager }), close: () => sessionManager.abort() };
}
