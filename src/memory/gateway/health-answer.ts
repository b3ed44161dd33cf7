import { AlarmType } from "../../gen/enums.ts";
import type { RaisedAlarms } from "../cluster/raised-alarms.ts";

export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: string;
}

/** `/health`. `reasons`: say why, as since 3.5. */
export function health(alarms: RaisedAlarms, query: URLSearchParams, reasons: boolean): HealthAnswer {
  const excluded = query.getAll("exclude");
  const bad = [
    ...(alarms.list(AlarmType.NOSPACE).length > 0 && !excluded.includes("NOSPACE") ? ["NOSPACE"] : []),
    ...(alarms.list(AlarmType.CORRUPT).length > 0 && !excluded.includes("CORRUPT") ? ["CORRUPT"] : []),
  ];
  const reason = bad.map((name) => `ALARM ${name}`).join("");
  const body = { health: bad.length === 0 ? "true" : "false", ...(reasons ? { reason } : {}) };
  return { status: bad.length === 0 ? 200 : 503, body: JSON.stringify(body) };
}

const checks: Readonly<Record<string, readonly string[]>> = {
  "/livez": ["serializable_read"],
  "/readyz": ["data_corruption", "serializable_read", "linearizable_read"],
};

/** `/livez`, `/readyz`, and below them their checks one by one; `undefined` for any other path. */
export function probe(alarms: RaisedAlarms, path: string, query: URLSearchParams): HealthAnswer | undefined {
  const [, root = "", one] = /^(\/[a-z]+)(?:\/(\w+))?$/.exec(path) ?? [];
  const names = (Object.hasOwn(checks, root) ? checks[root] : undefined) ?? [];
  const excluded = query.getAll("exclude");
  const asked = one === undefined ? names.filter((name) => !excluded.includes(name)) : [one];
  if (names.length === 0 || (one !== undefined && !names.includes(one))) return undefined;
  const corrupt = alarms.list(AlarmType.CORRUPT).length > 0;
  const failed = (name: string): boolean => corrupt && name === "data_corruption";
  const lines = asked.map((name) =>
    failed(name) ? `[-]${name} failed: alarm activated: CORRUPT\n` : `[+]${name} ok\n`,
  );
  if (asked.some(failed)) return { status: 503, body: `${lines.join("")}\n` };
  return { status: 200, body: `${query.has("verbose") ? lines.join("") : ""}ok\n` };
}
