import { health, probe } from "./health-answer.ts";
import { metrics } from "./metrics.ts";
import type { Server } from "../server.ts";

/** What the server answers outside of its RPCs. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const text = { "content-type": "text/plain; charset=utf-8" };
const notAllowed: PlainAnswer = { status: 405, headers: { ...text, allow: "GET" }, body: "Method Not Allowed\n" };

/** `/version`, `/health`, `/metrics`, `/livez` and `/readyz`; `undefined` for any other path. `v2`: that API is served. */
export function plainAnswer(server: Server, method: string, url: URL, v2: boolean): PlainAnswer | undefined {
  if (url.pathname === "/metrics") {
    const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
    return { status: 200, headers, body: metrics(server) };
  }
  const answer = answerToGet(server, url, v2);
  return answer !== undefined && method !== "GET" ? notAllowed : answer;
}

function answerToGet({ settings, alarms }: Server, url: URL, v2: boolean): PlainAnswer | undefined {
  const { pathname, searchParams } = url;
  const { version, since36, before35 } = settings.release;
  if (pathname === "/version") {
    const line = version.replace(/\.\d+$/, ".0");
    const all = { etcdserver: version, etcdcluster: line, ...(since36 ? { storage: line } : {}) };
    return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(all) };
  }
  if (pathname === "/health") return { headers: text, ...health(alarms, searchParams, !before35) };
  // Servers that serve v2 have no probes.
  const probed = before35 || (v2 && !since36) ? undefined : probe(alarms, pathname, searchParams);
  return probed && { headers: text, ...probed };
}
