import { ServerCall } from "../../gateway-server/call.ts";
import { corsHeaders } from "./cors.ts";
import { deadlineOf } from "../../gateway-server/request-deadline.ts";
import type { Dialect } from "../../gateway-server/dialect.ts";
import type { Endpoint } from "../../gateway-server/rpc-endpoint.ts";
import { endpointsByPath } from "./rpc-routes.ts";
import { Exchanges } from "../../gateway-server/exchanges.ts";
import type { ServedRequest } from "../../gateway-server/http-request.ts";
import { plainAnswer } from "./http-endpoints.ts";
import { code, etcdFailure, RpcError } from "../../gateway-server/rpc-error.ts";
import type { Server } from "../server.ts";
import { RpcGateway } from "../../gateway-server/rpc-gateway.ts";
import { tokenOf } from "./token-header.ts";
import { isV2, V2Api } from "../v2/v2-api.ts";

export interface GatewaySettings {
  readonly dialect: Dialect;
  readonly cors: "*" | readonly string[];
  /** Serve the v2 API. */
  readonly v2: boolean;
}

type HeaderFields = Readonly<Record<string, string>>;

/** The JSON gateway in front of a server. */
export class Gateway {
  readonly exchanges: Exchanges;
  readonly #server: Server;
  readonly #settings: GatewaySettings;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  readonly #rpcs: RpcGateway;
  readonly #v2: V2Api | undefined;

  constructor(server: Server, settings: GatewaySettings) {
    this.#server = server;
    this.#settings = settings;
    this.#endpoints = endpointsByPath(server);
    this.exchanges = new Exchanges(server.clock);
    // The 3.4 that Debian has is built with an even older gateway than the official one.
    const old = settings.dialect === "gateway1" && server.settings.release.before35;
    this.#rpcs = new RpcGateway({ dialect: settings.dialect, preconditionStatus: old ? 412 : 400 }, this.exchanges);
    this.#v2 = settings.v2 ? new V2Api(server) : undefined;
  }

  /** How many watches of v2 there are. */
  get v2Watchers(): number {
    return this.#v2?.watchers ?? 0;
  }

  /** Rejects, with the signal's own reason, only when the request is aborted. */
  async handle(request: ServedRequest): Promise<Response> {
    this.#server.clock.catchUp();
    const response = await this.#answer(request);
    if (request.method !== "HEAD" || response.body === null) return response;
    return new Response(null, { status: response.status, headers: response.headers });
  }

  #answer(request: ServedRequest): Response | Promise<Response> {
    const { method, url } = request;
    const cors = corsHeaders(this.#settings.cors, request.headers.get("origin"));
    if (method === "OPTIONS") return new Response(null, { status: 200, headers: cors });
    if (this.#v2 !== undefined && isV2(url.pathname)) return this.#v2.handle(request, cors, this.exchanges);
    if (url.pathname.includes("//")) {
      const location = url.pathname.replaceAll(/\/+/g, "/") + url.search;
      return new Response(null, { status: 301, headers: { location, ...cors } });
    }
    const plain = plainAnswer(this.#server, method, url, this.#v2 !== undefined);
    if (plain !== undefined) {
      return new Response(plain.body, { status: plain.status, headers: { ...plain.headers, ...cors } });
    }
    const path = url.pathname.replace(/^\/v3beta\//, "/v3/");
    if (!path.startsWith("/v3/")) return text(404, "404 page not found\n", cors);
    const endpoint = this.#endpoints.get(path);
    if (endpoint === undefined) return this.#noEndpoint(404, new RpcError(code.notFound, "Not Found"), cors);
    if (method !== "POST") return this.#noEndpoint(405, new RpcError(code.unimplemented, "Method Not Allowed"), cors);
    const headers = { "content-type": "application/json", ...cors };
    let call: ServerCall;
    try {
      call = this.#call(request);
    } catch (error) {
      return this.#rpcs.error(error, headers);
    }
    if (this.#server.waitsForToken(call)) return this.#rpcs.reply(request, call, headers).response;
    return this.#rpcs.answer(endpoint, request, call, headers);
  }

  #call({ headers, body }: ServedRequest): ServerCall {
    const token = tokenOf(headers, this.#server.settings.release);
    return new ServerCall(token, body.length, deadlineOf(headers.get("grpc-timeout")));
  }

  /** What a server without leader answers, whatever is asked. */
  noLeader(request: ServedRequest): Response {
    const { url, headers } = request;
    const error = etcdFailure("noLeader");
    const cors = corsHeaders(this.#settings.cors, headers.get("origin"));
    if (this.#v2 !== undefined && isV2(url.pathname)) return this.#v2.noLeader(request, cors);
    const all = { "content-type": "application/json", ...cors };
    if (this.#endpoints.get(url.pathname)?.kind !== "stream") return this.#rpcs.error(error, all);
    return this.#rpcs.streamError(error, all);
  }

  #noEndpoint(status: number, error: RpcError, cors: HeaderFields): Response {
    if (this.#settings.dialect === "gateway1") return text(status, `${error.message}\n`, cors);
    return this.#rpcs.error(error, { "content-type": "application/json", ...cors });
  }
}

function text(status: number, body: string, cors: HeaderFields): Response {
  return new Response(body, { status, headers: { "content-type": "text/plain; charset=utf-8", ...cors } });
}
