import { type Address, type AddressRules, readAddress } from "../transport/http/read-address.ts";

/** How many URLs of an answer are looked at: clusters have seven members or fewer, and a hostile answer has no end. */
export const mostMembers = 32;

/**
 * The addresses among the client URLs that members name which a client may call. Members say what they are configured to
 * say, and one that is hostile says anything. So these are left out: other schemes than the given endpoints have, URLs
 * with a user name or that `rules` refuse, addresses that mean another machine to each who hears them (unspecified,
 * link-local), a cloud's metadata service, and this machine, unless a given endpoint is this machine. What a name
 * resolves to is not known here.
 */
export function memberAddresses(
  named: readonly string[],
  given: readonly Address[],
  rules: AddressRules,
): readonly Address[] {
  const schemes = new Set(given.map(({ url }) => new URL(url).protocol));
  const local = given.some(({ url, loopback }) => loopback || kindOf(url) === "loopback");
  const known = new Set(given.map(({ url }) => url));
  return named.slice(0, mostMembers).flatMap((text) => {
    const address = readAddress(text, rules);
    if (typeof address === "string" || known.has(address.url)) return [];
    const kind = kindOf(address.url);
    if (!schemes.has(new URL(address.url).protocol) || kind === "forbidden" || (kind === "loopback" && !local))
      return [];
    known.add(address.url);
    return [address];
  });
}

type AddressKind = "loopback" | "forbidden" | "elsewhere";

/** Names and addresses that clouds serve credentials of the machine at, beside those that are link-local. */
const metadata: ReadonlySet<string> = new Set([
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "instance-data",
  "instance-data.ec2.internal",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
]);
/** That of AWS, `fd00:ec2::254`, as `URL` spells it. */
const metadataIpv6 = "[fd00:ec2::254]";

function kindOf(url: string): AddressKind {
  // `URL` has brought each number of an address into one form already, and names into lower case.
  const { hostname } = new URL(url);
  const host = hostname.startsWith("[") ? (embeddedIpv4(hostname) ?? hostname) : hostname.replace(/\.$/, "");
  if (host === metadataIpv6 || metadata.has(host)) return "forbidden";
  if (/^(?:0\.|169\.254\.\d+\.\d+$)/.test(host) || host === "[::]" || /^\[fe[89ab][\da-f]:/.test(host))
    return "forbidden";
  return /^(?:(?:.*\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(host) ? "loopback" : "elsewhere";
}

/** The IPv4 address in a mapped, compatible or translated (NAT64) IPv6 address. */
function embeddedIpv4(hostname: string): string | undefined {
  const groups = /^\[(?:::(?:ffff:(?:0:)?)?|64:ff9b::)([\da-f]{1,4}):([\da-f]{1,4})\]$/.exec(hostname);
  if (groups === null) return undefined;
  const [, high = 0, low = 0] = groups.map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
