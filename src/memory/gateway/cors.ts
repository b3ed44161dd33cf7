/** The header of each answer to a page of `origin`, which is null where no browser asks; none for other pages. */
export function corsHeaders(allowed: "*" | readonly string[], origin: string | null): Record<string, string> {
  const allow = allowed === "*" ? "*" : origin !== null && allowed.includes(origin) ? origin : undefined;
  if (allow === undefined) return {};
  return {
    "access-control-allow-headers": "accept, content-type, authorization",
    "access-control-allow-methods": "POST, GET, OPTIONS, PUT, DELETE",
    "access-control-allow-origin": allow,
  };
}
