import { isError } from "../../transport/platform.ts";
import type { Member } from "../../gen/etcdserverpb/cluster_pb.ts";
import { compareBigint } from "../store/comparators.ts";
import type { ServedRequest } from "../../gateway-server/http-request.ts";
import { RpcError } from "../../gateway-server/rpc-error.ts";
import { sortedTexts } from "./sorted-texts.ts";
import { jsonReply, messageReply, methodFault, type Reply, textReply } from "./reply.ts";
import { isRoot } from "./v2-access.ts";
import type { V2State } from "./v2-state.ts";

/** `/v2/members`. `path`: what comes after that. */
export function answerMembers(state: V2State, path: string, request: ServedRequest): Reply {
  const { method } = request;
  const fault = methodFault(method, "GET", "POST", "DELETE", "PUT");
  if (fault !== undefined) return fault;
  if (method !== "GET" && !isRoot(state.auth, request)) return messageReply(401, "Insufficient credentials");
  const id = path.replace(/^\//, "");
  const reply = method === "GET" ? read(state, id, request) : change(state, id, request);
  return { ...reply, headers: { ...reply.headers, ...state.clusterHeader } };
}

/** Where clients reach the members. This one has no address of its own but the one that it was asked at. */
export function clientUrls({ server }: V2State, { url }: ServedRequest): string[] {
  const all = server.members.list().flatMap(({ ID, clientURLs }) => (ID === server.memberId ? url.origin : clientURLs));
  return sortedTexts(all);
}

function read(state: V2State, id: string, request: ServedRequest): Reply {
  const { members, memberId } = state.server;
  const outside = (member: Member): unknown => {
    const { ID, name, peerURLs, clientURLs } = member;
    return { id: ID.toString(16), name, peerURLs, clientURLs: ID === memberId ? [request.url.origin] : clientURLs };
  };
  if (id === "") {
    const all = [...members.list()].sort((a, b) => compareBigint(a.ID, b.ID));
    return jsonReply(200, { members: all.map(outside) });
  }
  const [leader] = members.list().filter(({ ID }) => ID === memberId);
  return id === "leader" && leader !== undefined ? jsonReply(200, outside(leader)) : messageReply(404, "Not found");
}

function change(state: V2State, id: string, request: ServedRequest): Reply {
  if (request.method === "POST") {
    return withPeerUrls(request, (peerURLs) => {
      const { ID, name } = state.server.members.add(peerURLs, { isLearner: false });
      state.propose();
      return jsonReply(201, { id: ID.toString(16), name, peerURLs, clientURLs: [] });
    });
  }
  if (id === "") return textReply(405, "Method Not Allowed\n");
  const number = /^[0-9a-f]{1,16}$/i.test(id) ? BigInt(`0x${id}`) : undefined;
  if (number === undefined) return messageReply(404, `No such member: ${id}`);
  const name = number.toString(16);
  if (request.method === "DELETE" && state.removed.has(name)) {
    return messageReply(410, `Member permanently removed: ${name}`);
  }
  const run = (peerURLs: readonly string[]): Reply => {
    const { members } = state.server;
    if (!members.has(number)) return messageReply(404, `No such member: ${name}`);
    if (request.method === "PUT") members.update(number, peerURLs);
    else members.remove(number);
    if (request.method === "DELETE") state.removed.add(name);
    state.propose();
    return { status: 204, headers: {}, body: "" };
  };
  return request.method === "PUT" ? withPeerUrls(request, run) : refusing(() => run([]));
}

function refusing(run: () => Reply): Reply {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    // This API reports no other refusal of a change of members.
    const taken = error.message.includes("Peer URLs already exists");
    return taken ? messageReply(409, "membership: peerURL exists") : messageReply(500, "Internal Server Error");
  }
}

function withPeerUrls({ headers, body }: ServedRequest, run: (peerURLs: readonly string[]) => Reply): Reply {
  const type = headers.get("content-type") ?? "";
  const [media = ""] = type.split(";");
  if ((type.includes(";") ? media.trim().toLowerCase() : type) !== "application/json") {
    return messageReply(415, `Bad Content-Type ${media}, accept application/json`);
  }
  const urls = peerUrlsOf(body);
  if (typeof urls === "string") return messageReply(400, urls);
  const fault = urls.length === 0 ? "no valid URLs given" : urls.map(urlFault).find((text) => text !== undefined);
  return fault === undefined ? refusing(() => run(sortedTexts(urls))) : messageReply(400, fault);
}

/** The list, or what is wrong. */
function peerUrlsOf(body: string): readonly string[] | string {
  if (body.trim() === "") return "unexpected end of JSON input";
  try {
    const json: unknown = JSON.parse(body);
    const kind = Array.isArray(json) ? "array" : typeof json;
    if (typeof json !== "object" || json === null || kind === "array") {
      return `json: cannot unmarshal ${kind} into Go value of type struct { PeerURLs []string "json:\\"peerURLs\\"" }`;
    }
    const urls: unknown = Reflect.get(json, "peerURLs") ?? [];
    return Array.isArray(urls) && urls.every((url) => typeof url === "string")
      ? urls
      : `json: cannot unmarshal ${typeof urls} into Go struct field .peerURLs of type []string`;
  } catch (error) {
    return isError(error) ? error.message : "invalid JSON";
  }
}

function urlFault(text: string): string | undefined {
  const [, scheme = "", host = "", path = ""] = /^([a-z]+):\/\/([^/]*)(.*)$/i.exec(text.trim()) ?? [];
  if (!/^(https?|unixs?)$/.test(scheme)) return `URL scheme must be http, https, unix, or unixs: ${text}`;
  if (!/^[^:]*:\d+$|^\[[^\]]*\]:\d+$/.test(host)) return `URL address does not have the form "host:port": ${text}`;
  return path === "" ? undefined : `URL must not contain a path: ${text}`;
}
