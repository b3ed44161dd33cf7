import { AlarmType } from "../gen/etcdserverpb/maintenance_pb.ts";
import { metrics } from "./metrics.ts";
import type { Server } from "./server.ts";

/** What the server answers outside of its RPCs. */
export interface PlainAnswer {
  readonly status: number;
  readonly type: "application/json" | "text/plain; charset=utf-8" | "text/plain; version=0.0.4; charset=utf-8";
  readonly body: string;
}

const text = (status: number, body: string): PlainAnswer => ({ status, type: "text/plain; charset=utf-8", body });

/** `/version`, `/health`, `/metrics`, `/livez` and `/readyz`; `undefined` for any other path. */
export function plainAnswer(server: Server, method: string, url: URL): PlainAnswer | undefined {
  const { settings, alarms } = server;
  const { version, since36, before35 } = settings.release;
  switch (url.pathname) {
    case "/version": {
      const line = version.replace(/\.\d+$/, ".0");
      const all = { etcdserver: version, etcdcluster: line, ...(since36 ? { storage: line } : {}) };
      return { status: 200, type: "application/json", body: JSON.stringify(all) };
    }
    case "/health": {
      if (method !== "GET") return text(405, method === "HEAD" ? "" : "Method Not Allowed\n");
      const excluded = url.searchParams.getAll("exclude");
      const bad = [
        ...(alarms.list(AlarmType.NOSPACE).length > 0 && !excluded.includes("NOSPACE") ? ["NOSPACE"] : []),
        ...(alarms.list(AlarmType.CORRUPT).length > 0 && !excluded.includes("CORRUPT") ? ["CORRUPT"] : []),
      ];
      const reason = bad.map((name) => `ALARM ${name}`).join("");
      const body = { health: bad.length === 0 ? "true" : "false", ...(before35 ? {} : { reason }) };
      return text(bad.length === 0 ? 200 : 503, JSON.stringify(body));
    }
    case "/metrics":
      return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: metrics(server) };
    case "/livez":
    case "/readyz":
      return since36 ? text(200, "ok\n") : undefined;
    default:
      return undefined;
  }
}
