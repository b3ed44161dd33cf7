/**
 * The CORS header of every answer. `origin`: that of the page that asks, `null` for other programs; a page of an origin
 * that is not allowed gets none.
 */
export function corsHeaders(allowed: "*" | readonly string[], origin: string | null): Record<string, string> {
  const allow = allowed === "*" ? "*" : origin !== null && allowed.includes(origin) ? origin : undefined;
  if (allow === undefined) return {};
  return {
    "access-control-allow-headers": "accept, content-type, authorization",
    "access-control-allow-methods": "POST, GET, OPTIONS, PUT, DELETE",
    "access-control-allow-origin": allow,
  };
}
