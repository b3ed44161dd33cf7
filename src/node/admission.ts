import { isIP } from "node:net";

/** Whom a server answers, beside programs and pages of its own. */
export interface Admission {
  /** Names by which it may be called, in lower case. */
  readonly hosts: ReadonlySet<string>;
  /** Origins of pages that may call it. */
  readonly origins: "*" | ReadonlySet<string>;
}

/**
 * Why a request is refused, or `undefined`. Browsers send requests of any page to any address that they can reach, this
 * machine's own too. `Origin` shows that a page calls, and which. A page whose own name was made to lead here (DNS
 * rebinding) is of this origin as far as the browser knows, but its name stands in `Host`. An IP address cannot be made to
 * lead elsewhere.
 */
export function refusal(
  host: string | undefined,
  origin: string | undefined,
  admission: Admission,
): string | undefined {
  const name = host === undefined ? undefined : hostname(host);
  if (name !== undefined && !admission.hosts.has(name) && !isLocal(name)) {
    return "this Host is not allowed (allowedHosts)";
  }
  if (origin === undefined || admission.origins === "*" || admission.origins.has(origin.toLowerCase()))
    return undefined;
  if (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()) return undefined;
  return "this Origin is not allowed (cors)";
}

/** Without the port and the brackets of an IPv6 address. */
function hostname(host: string): string {
  const [, bracketed, plain = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return (bracketed ?? plain).toLowerCase();
}

function isLocal(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || isIP(name) !== 0;
}
