import type { ServedRequest } from "../../gateway-server/http-request.ts";
import { jsonReply, messageReply, methodFault, notFound, type Reply } from "./reply.ts";
import { isRoot, knownRole } from "./v2-access.ts";
import { grantsNothing, readRole, readUser, V2AuthError, type V2Role, type V2User } from "./v2-auth-records.ts";
import type { V2AuthStore } from "./v2-auth-store.ts";
import type { V2State } from "./v2-state.ts";

/** `/v2/auth`. `path`: what comes after that. */
export function answerAuth(state: V2State, path: string, request: ServedRequest): Reply {
  const reply = route(state, path, request);
  // A caller that may not ask is not told which cluster this is.
  return reply.status === 401 || reply.status === 405 || reply === notFound || reply === invalidPath
    ? reply
    : { ...reply, headers: { ...reply.headers, ...state.clusterHeader } };
}

const invalidPath = messageReply(400, "Invalid path");
const done: Reply = { status: 200, headers: { "content-type": "application/json" }, body: "" };

function route({ auth }: V2State, path: string, request: ServedRequest): Reply {
  const { method } = request;
  const [, kind = "", ...rest] = path.replace(/\/$/, "").split("/");
  if (path === "/enable") {
    const fault =
      methodFault(method, "GET", "PUT", "DELETE") ?? (method === "GET" ? undefined : rootFault(auth, request));
    return fault ?? refusing(() => enable(auth, method));
  }
  if (kind !== "users" && kind !== "roles") return notFound;
  if (rest.length > 1) return invalidPath;
  const [name] = rest;
  const methods = name === undefined ? ["GET"] : ["GET", "PUT", "DELETE"];
  const fault = methodFault(method, ...methods) ?? rootFault(auth, request);
  if (fault !== undefined) return fault;
  if (kind === "roles") return refusing(() => (name === undefined ? roles(auth) : role(auth, name, request)));
  return refusing(() => (name === undefined ? users(auth) : user(auth, name, request)));
}

function rootFault(auth: V2AuthStore, request: ServedRequest): Reply | undefined {
  return isRoot(auth, request) ? undefined : messageReply(401, "Insufficient credentials");
}

function refusing(run: () => Reply): Reply {
  try {
    return run();
  } catch (error) {
    if (error instanceof V2AuthError) return messageReply(error.status, error.message);
    throw error;
  }
}

function enable(auth: V2AuthStore, method: string): Reply {
  const { enabled } = auth;
  if (method === "GET") return jsonReply(200, { enabled });
  if (method === "PUT") auth.enable();
  else auth.disable();
  return done;
}

function roles(auth: V2AuthStore): Reply {
  return jsonReply(200, { roles: auth.roles().map((name) => auth.role(name)) });
}

function role(auth: V2AuthStore, name: string, { method, body }: ServedRequest): Reply {
  if (method === "GET") return jsonReply(200, auth.role(name));
  if (method === "DELETE") {
    auth.deleteRole(name);
    return done;
  }
  const input = readRole(body);
  if (input === undefined) return messageReply(400, "Invalid JSON in request body.");
  if (input.role !== name) return messageReply(400, "Role JSON name does not match the name in the URL");
  if (grantsNothing(input.grant) && grantsNothing(input.revoke)) return jsonReply(201, auth.createRole(input));
  if (!grantsNothing(input.permissions)) {
    return messageReply(400, "Role JSON contains both permissions and grant/revoke");
  }
  return jsonReply(200, auth.updateRole(input));
}

function users(auth: V2AuthStore): Reply {
  const all = auth.users().map((name) => withRoles(auth.user(name), (each) => knownRole(auth, each)));
  return jsonReply(200, { users: all.length === 0 ? null : all });
}

function user(auth: V2AuthStore, name: string, { method, body }: ServedRequest): Reply {
  if (method === "GET")
    return jsonReply(
      200,
      withRoles(auth.user(name), (each) => auth.role(each)),
    );
  if (method === "DELETE") {
    auth.deleteUser(name);
    return done;
  }
  const input = readUser(body);
  if (input === undefined) return messageReply(400, "Invalid JSON in request body.");
  if (input.user !== name) return messageReply(400, "User JSON name does not match the name in the URL");
  const hasRoles = (input.roles ?? []).length > 0;
  if (input.grant.length > 0 || input.revoke.length > 0) {
    if (hasRoles) return messageReply(400, "User JSON contains both roles and grant/revoke");
    return jsonReply(200, withoutPassword(auth.updateUser(input)));
  }
  // As in etcd: a user that is created with roles is answered with 200, not 201.
  if (hasRoles) return jsonReply(200, withoutPassword(auth.createUser(input)));
  if (auth.hasUser(name)) return jsonReply(200, withoutPassword(auth.updateUser(input)));
  return jsonReply(201, withoutPassword(auth.createUser(input)));
}

function withRoles({ user: name, roles: names }: V2User, find: (name: string) => V2Role | undefined): unknown {
  const all = (names ?? []).flatMap((each) => find(each) ?? []);
  return { user: name, ...(all.length === 0 ? {} : { roles: all }) };
}

function withoutPassword({ user: name, roles: names }: V2User): unknown {
  return { user: name, roles: names };
}
