import type { Interceptor } from "./connect-types.ts";
import type { Fetch } from "./http/fetch.ts";
import * as kind from "./option-kinds.ts";
import type { Kind } from "./option-kinds.ts";
import type { Kinds } from "./options.ts";
import type { EndpointsFunction } from "./retry/named-endpoints.ts";

/** Options of {@link createGatewayTransport}, and of clients over the JSON gateway. */
export interface GatewayTransportOptions {
  /**
   * One or more URLs, tried in order; each may end in a path prefix. Or a function that names them: it is called before
   * the first request, once for all that wait, and again in the background when all that it named have failed.
   *
   * @default "http://127.0.0.1:2379"
   */
  readonly endpoints?: string | readonly string[] | EndpointsFunction;
  /** What sends requests. @default globalThis.fetch, looked up at each call */
  readonly fetch?: Fetch;
  /** Each sees every request as it goes out, token included. */
  readonly interceptors?: readonly Interceptor[];
  /**
   * The largest whole answer, in bytes, with one object or list for each 128 of them.
   *
   * @default 8 MiB, which a Worker with 128 MB of memory survives
   */
  readonly maxResponseBytes?: number;
  /**
   * The longest line of a stream, in bytes.
   *
   * @default 8 MiB
   */
  readonly maxLineBytes?: number;
  /** Allow credentials over plain HTTP to other machines, and plain HTTP from https pages. @default false */
  readonly allowInsecure?: boolean;
  /**
   * `include`: let the browser send its cookies along, and those of other origins' proxies, for a login of theirs. etcd
   * itself knows no cookies.
   *
   * @default "omit"
   */
  readonly credentials?: "omit" | "include";
}

/** What `endpoints` and `setEndpoints` take. */
export const urlsKind: Kind<string | readonly string[]> = {
  expected: "a URL as a string, or an array of them",
  accepts: (value): value is string | readonly string[] => typeof value === "string" || Array.isArray(value),
};

export const gatewayKinds: Kinds<GatewayTransportOptions> = {
  endpoints: {
    expected: `${urlsKind.expected}, or a function`,
    accepts: (value): value is unknown => urlsKind.accepts(value) || kind.func.accepts(value),
  },
  fetch: kind.func,
  interceptors: kind.list,
  maxResponseBytes: kind.positive,
  maxLineBytes: kind.positive,
  allowInsecure: kind.boolean,
  credentials: kind.oneOf(["omit", "include"]),
};
