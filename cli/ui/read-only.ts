/** Paths of etcd's gateway that only read. All others are refused, so that a new RPC of etcd is refused too. */
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

/** Lists, raises or clears alarms, depending on the body. */
const alarm = "/v3/maintenance/alarm";

/**
 * The body to forward for a call that only reads; `undefined` for a call that may change something. The body is forwarded
 * unchanged, except for alarms: this parser and that of etcd may read the same JSON differently, so it is written anew.
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
