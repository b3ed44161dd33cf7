import type { Exchanges } from "../../gateway-server/exchanges.ts";
import type { ServedRequest } from "../../gateway-server/http-request.ts";
import type { Server } from "../server.ts";
import { answerAuth } from "./auth-endpoint.ts";
import { answerKeys } from "./keys-endpoint.ts";
import { answerMembers, clientUrls } from "./members-endpoint.ts";
import { unescapePercent } from "./percent.ts";
import { errorReply, messageReply, methodFault, notFound, type Reply, textReply } from "./reply.ts";
import { answerStats } from "./stats-endpoint.ts";
import { V2Error, v2Code } from "./v2-error.ts";
import { V2State } from "./v2-state.ts";

type HeaderFields = Readonly<Record<string, string>>;

/** The v2 API of a server: everything below `/v2/`. Its keys are not those of v3. */
export class V2Api {
  readonly #state: V2State;

  constructor(server: Server) {
    this.#state = new V2State(server);
  }

  /** How many watches wait. */
  get watchers(): number {
    return this.#state.store.watchers.size;
  }

  handle(request: ServedRequest, cors: HeaderFields, exchanges: Exchanges): Response {
    const reply = this.#answer(request, cors, exchanges);
    return "headers" in reply && "arrayBuffer" in reply ? reply : responseOf(reply, request.method, cors);
  }

  /** What a server without leader answers. */
  noLeader({ url, method }: ServedRequest, cors: HeaderFields): Response {
    const { clusterHeader } = this.#state;
    const reply = withoutLeader(url.pathname);
    return responseOf({ ...reply, headers: { ...reply.headers, ...clusterHeader } }, method, cors);
  }

  #answer(request: ServedRequest, cors: HeaderFields, exchanges: Exchanges): Reply | Response {
    const { method, url } = request;
    const path = unescapePercent(url.pathname);
    if (path === undefined) return { ...textReply(200, "400 Bad Request"), status: 400 };
    const clean = path.replaceAll(/\/+/g, "/");
    if (clean !== path)
      return moved(`${encodeURI(clean).replaceAll(/[?#]/g, encodeURIComponent)}${url.search}`, method);
    const [, area = "", rest = ""] = /^\/v2\/(keys|members|machines|stats|auth)(|\/.*)$/s.exec(path) ?? [];
    if (area === "keys") return answerKeys(this.#state, rest, request, { cors, exchanges });
    if (area === "members") return answerMembers(this.#state, rest, request);
    if (area === "stats") return answerStats(this.#state, rest, method);
    if (area === "auth") return answerAuth(this.#state, rest, request);
    if (area !== "machines" || rest !== "") return notFound;
    return methodFault(method, "GET", "HEAD") ?? textReply(200, clientUrls(this.#state, request).join(", "));
  }
}

/** Whether a path belongs to the v2 API. */
export function isV2(path: string): boolean {
  return path.startsWith("/v2/");
}

function withoutLeader(path: string): Reply {
  if (path.startsWith("/v2/keys")) return errorReply(new V2Error(v2Code.raftInternal, "etcdserver: request timed out"));
  if (path === "/v2/members/leader") return messageReply(503, "During election");
  if (path === "/v2/stats/leader") return messageReply(403, "not current leader");
  return messageReply(500, "Internal Server Error");
}

function moved(location: string, method: string): Reply {
  const headers = { "content-type": "text/html; charset=utf-8", location };
  const body = method === "GET" ? `<a href="${location.replaceAll("&", "&amp;")}">Moved Permanently</a>.\n\n` : "";
  return { status: 301, headers: method === "GET" || method === "HEAD" ? headers : { location }, body };
}

function responseOf({ status, headers, body }: Reply, method: string, cors: HeaderFields): Response {
  const nothing = method === "HEAD" || status === 204;
  return new Response(nothing ? null : body, { status, headers: { ...headers, ...cors } });
}
