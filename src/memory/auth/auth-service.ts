import { Auth } from "../../gateway-server/served-services.ts";
import type { ResponseHeader } from "../../gen/etcdserverpb/header_pb.ts";
import type { ServerCall } from "../../gateway-server/call.ts";
import { compareText } from "../store/comparators.ts";
import { type Endpoint, unary } from "../../gateway-server/rpc-endpoint.ts";
import { code, RpcError } from "../../gateway-server/rpc-error.ts";
import type { Server } from "../server.ts";

export function authEndpoints(server: Server): Endpoint[] {
  const { auth, access } = server;
  /** A change that only an admin may make. */
  const change = (call: ServerCall, work: () => void): { header: ResponseHeader } => {
    access.admin(call);
    server.raftIndex++;
    work();
    return { header: server.header() };
  };
  return [
    unary(Auth.method.authEnable, (_request, call) => change(call, () => auth.enable())),
    unary(Auth.method.authDisable, (_request, call) => change(call, () => auth.disable())),
    unary(Auth.method.authStatus, (_request, call) => {
      access.admin(call);
      return { header: server.header(), enabled: auth.enabled, authRevision: auth.revision };
    }),
    unary(Auth.method.authenticate, ({ name, password }, call) => {
      auth.checkPassword(name, password);
      // In 3.4 a token has to be valid, as for all that goes through the log.
      if (server.settings.release.before35) access.userOf(call);
      server.raftIndex++;
      return { token: server.tokens.issue(name, server.raftIndex), header: server.header() };
    }),
    unary(Auth.method.userAdd, ({ name, password, options, hashedPassword }, call) =>
      change(call, () => {
        refuseHash(hashedPassword);
        auth.addUser(name, options?.noPassword ? undefined : password);
      }),
    ),
    unary(Auth.method.userGet, ({ name }, call) => {
      access.self(call, name);
      return { header: server.header(), roles: auth.user(name).roles };
    }),
    unary(Auth.method.userList, (_request, call) => {
      access.admin(call);
      return { header: server.header(), users: [...auth.users.keys()].sort(compareText) };
    }),
    unary(Auth.method.userDelete, ({ name }, call) => change(call, () => auth.deleteUser(name))),
    unary(Auth.method.userChangePassword, ({ name, password, hashedPassword }, call) =>
      change(call, () => {
        refuseHash(hashedPassword);
        // Since 3.5 an empty one is not hashed, and fits nothing that anybody sends.
        auth.changePassword(name, password === "" && !server.settings.release.before35 ? null : password);
      }),
    ),
    unary(Auth.method.userGrantRole, ({ user, role }, call) => change(call, () => auth.grantRole(user, role))),
    unary(Auth.method.userRevokeRole, ({ name, role }, call) => change(call, () => auth.revokeRole(name, role))),
    unary(Auth.method.roleAdd, ({ name }, call) => change(call, () => auth.addRole(name))),
    unary(Auth.method.roleGet, ({ role }, call) => {
      access.roleHolder(call, role);
      return { header: server.header(), perm: auth.role(role) };
    }),
    unary(Auth.method.roleList, (_request, call) => {
      access.admin(call);
      return { header: server.header(), roles: [...auth.roles.keys()].sort(compareText) };
    }),
    unary(Auth.method.roleDelete, ({ role }, call) => change(call, () => auth.deleteRole(role))),
    unary(Auth.method.roleGrantPermission, ({ name, perm }, call) =>
      change(call, () => auth.grantPermission(name, perm)),
    ),
    unary(Auth.method.roleRevokePermission, (request, call) =>
      change(call, () => auth.revokePermission(request.role, request)),
    ),
  ];
}

/** There is no bcrypt here to compare passwords with. Throws `RpcError`. */
function refuseHash(hashedPassword: string): void {
  if (hashedPassword === "") return;
  throw new RpcError(code.unimplemented, "hashedPassword: not supported in memory; send the password");
}
