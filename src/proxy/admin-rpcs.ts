import type { DescMessage, DescMethodUnary } from "@bufbuild/protobuf";
import { AlarmRequest_AlarmAction } from "../gen/enums.ts";
import { type Endpoint, stream, unary } from "../gateway-server/rpc-endpoint.ts";
import { etcdFailure } from "../gateway-server/rpc-error.ts";
import { Auth, Cluster, Maintenance } from "../gateway-server/served-services.ts";
import type { ProxyCall } from "./proxy-call.ts";
import { asRpcError, forward, type Upstream } from "./upstream.ts";

/**
 * What concerns the whole cluster, whatever the caller's namespace. There is no login: the proxy has its own, and a token
 * of the caller's would go nowhere.
 */
export function adminRpcs({ connection }: Upstream): Endpoint<ProxyCall>[] {
  const passed = <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    area: "cluster" | "maintenance" | "auth",
    level: "read" | "write",
  ): Endpoint<ProxyCall> =>
    unary(method, (request, call: ProxyCall) => {
      call.rights.check(area, level);
      return forward(connection, call, method, request);
    });

  const cluster = Cluster.method;
  const maintenance = Maintenance.method;
  const auth = Auth.method;
  return [
    passed(cluster.memberList, "cluster", "read"),
    passed(cluster.memberAdd, "cluster", "write"),
    passed(cluster.memberRemove, "cluster", "write"),
    passed(cluster.memberUpdate, "cluster", "write"),
    passed(cluster.memberPromote, "cluster", "write"),
    passed(maintenance.status, "maintenance", "read"),
    passed(maintenance.defragment, "maintenance", "write"),
    passed(maintenance.hash, "maintenance", "write"),
    passed(maintenance.hashKV, "maintenance", "write"),
    passed(maintenance.moveLeader, "maintenance", "write"),
    passed(maintenance.downgrade, "maintenance", "write"),
    unary(maintenance.alarm, (request, call: ProxyCall) => {
      call.rights.check("maintenance", request.action === AlarmRequest_AlarmAction.GET ? "read" : "write");
      return forward(connection, call, maintenance.alarm, request);
    }),
    stream(maintenance.snapshot, (_requests, sink, call: ProxyCall) => {
      call.rights.check("maintenance", "write");
      const { signal, done } = call.signal();
      const copy = async (): Promise<void> => {
        const { messages } = await connection.stream(maintenance.snapshot, [{}], { signal });
        for await (const piece of messages) {
          await sink.drained();
          sink.send(piece);
        }
        sink.end();
      };
      copy()
        .catch((error: unknown) => sink.fail(asRpcError(error)))
        .finally(done);
    }),
    passed(auth.authStatus, "auth", "read"),
    passed(auth.userGet, "auth", "read"),
    passed(auth.userList, "auth", "read"),
    passed(auth.roleGet, "auth", "read"),
    passed(auth.roleList, "auth", "read"),
    passed(auth.authEnable, "auth", "write"),
    passed(auth.authDisable, "auth", "write"),
    unary(auth.userAdd, (request, call: ProxyCall) => {
      call.rights.check("auth", "write");
      // Of etcd this text could mean the proxy's own login.
      if (request.name === "") throw etcdFailure("userEmpty");
      return forward(connection, call, auth.userAdd, request);
    }),
    passed(auth.userDelete, "auth", "write"),
    passed(auth.userChangePassword, "auth", "write"),
    passed(auth.userGrantRole, "auth", "write"),
    passed(auth.userRevokeRole, "auth", "write"),
    passed(auth.roleAdd, "auth", "write"),
    passed(auth.roleDelete, "auth", "write"),
    passed(auth.roleGrantPermission, "auth", "write"),
    passed(auth.roleRevokePermission, "auth", "write"),
  ];
}
