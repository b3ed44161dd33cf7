/** The calls that change nothing, by the paths of etcd's gateway. All others are refused, those of the future too. */
const reads: ReadonlySet<string> = new Set([
  "/v3/kv/range",
  "/v3/watch",
  "/v3/lease/timetolive",
  "/v3/lease/leases",
  "/v3/kv/lease/timetolive",
  "/v3/kv/lease/leases",
  "/v3/cluster/member/list",
  "/v3/maintenance/status",
  "/v3/maintenance/hash",
  "/v3/maintenance/hashkv",
  "/v3/maintenance/snapshot",
  "/v3/auth/authenticate",
  "/v3/auth/status",
  "/v3/auth/user/get",
  "/v3/auth/user/list",
  "/v3/auth/role/get",
  "/v3/auth/role/list",
]);

/** Lists alarms, and can raise and clear them as well: what it does is in its body. */
const alarm = "/v3/maintenance/alarm";

/**
 * The body to send on for a call that changes nothing, `undefined` for one that may change something. `body` is sent on
 * as it is, but for alarms: two readers of one JSON text may see different things in it, so theirs is written anew.
 */
export function readOnlyBody(path: string, body: string): string | undefined {
  if (reads.has(path)) return body;
  return path === alarm && isGet(body) ? '{"action":"GET"}' : undefined;
}

function isGet(body: string): boolean {
  try {
    const { action = "GET" } = JSON.parse(body) as { readonly action?: unknown };
    return action === "GET" || action === 0;
  } catch {
    return false;
  }
}
