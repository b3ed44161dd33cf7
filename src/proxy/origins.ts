import { invalidArgument, describe } from "../transport/errors/etcd-error.ts";

/** Which pages may ask, and under which names the proxy is reached. */
export interface OriginRules {
  /**
   * The CORS headers for a request that may pass; `undefined` for one that may not. A page is known by its `Origin`, which
   * browsers send with each POST; what names none is not a page, unless it says that it comes from another site.
   */
  headersFor(request: Request, url: URL): Record<string, string> | undefined;
}

const preflight = {
  "access-control-allow-headers": "accept, content-type, authorization, grpc-timeout, grpc-metadata-hasleader",
  "access-control-allow-methods": "POST, GET",
  "access-control-max-age": "86400",
};

/** `hosts`: names that requests may be addressed to, at any port unless they name one. A rebound name is another one. */
export function originRules(origins: readonly string[], hosts: readonly string[] | undefined): OriginRules {
  const allowed = new Set(origins.map(checkedOrigin));
  const names = hosts === undefined ? undefined : new Set(hosts.map(checkedHost));
  return {
    headersFor(request, url) {
      if (names !== undefined && !names.has(url.host) && !names.has(url.hostname)) return undefined;
      const origin = request.headers.get("origin");
      if (origin === null) {
        const site = request.headers.get("sec-fetch-site");
        return site === null || site === "none" || site === "same-origin" ? {} : undefined;
      }
      if (!allowed.has(origin)) return undefined;
      return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "retry-after",
        vary: "origin",
        ...(request.method === "OPTIONS" ? preflight : {}),
      };
    },
  };
}

function checkedOrigin(origin: unknown): string {
  if (typeof origin === "string" && URL.canParse(origin) && new URL(origin).origin === origin) return origin;
  throw invalidArgument(`origins: expected an origin such as "https://app.example", got ${textOf(origin)}`);
}

function checkedHost(host: unknown): string {
  if (typeof host === "string" && URL.canParse(`http://${host}`) && new URL(`http://${host}`).host === host)
    return host;
  throw invalidArgument(`hosts: expected a host such as "app.example" or "127.0.0.1:8080", got ${textOf(host)}`);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : describe(value);
}
