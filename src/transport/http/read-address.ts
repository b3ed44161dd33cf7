import { describe } from "../describe.ts";

/** An endpoint, as its URL was read. */
export interface Address {
  /** Scheme, host, port and path prefix, without a slash at the end: put a route behind it. */
  readonly url: string;
  /** What errors and logs show. */
  readonly origin: string;
  /** Whether it is this machine. */
  readonly loopback: boolean;
}

export interface AddressRules {
  /** Whether calls will carry a password or token. */
  readonly credentials: boolean;
  /** Credentials over plain HTTP to another machine, and plain HTTP from an https page. */
  readonly allowInsecure: boolean;
}

/** Ports that every `fetch` refuses (Fetch standard, "bad port"): better said now than as an opaque network error. */
const blockedPort =
  /^(?:1|7|9|1[13579]|2[01235]|37|4[23]|53|69|7[79]|87|95|10[12349]|11[013579]|123|13[579]|143|161|179|389|427|465|51[2-5]|526|53[012]|540|548|55[46]|563|587|601|636|989|99[035]|1719|172[03]|2049|3659|4045|4190|506[01]|6000|6566|666[5-9]|6679|6697|10080)$/;

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Whether a URL's host, as `URL` spells it, is this machine: a loopback address, or `localhost` itself. Names below it are
 * not: many resolvers ask DNS for `x.localhost`.
 */
export function isLoopback(hostname: string): boolean {
  return loopback.test(hostname);
}

/** A host with a port, and perhaps a path: what stands before the colon would be read as a scheme. No user name fits. */
const withoutScheme = /^(?:[\w.-]+|\[[\da-f:.]+\]):\d+(?:\/[\w./-]*)?$/i;

/** A list as command lines take it. No host has a comma in its name. */
const severalWithCommas = /^(?:\w+:\/\/)?[^/]+,/;

/**
 * Reads one endpoint URL. Of all that cannot or should not be called it says in words what is wrong; they show the
 * origin only, because the rest of the URL may hold a password.
 */
export function readAddress(text: unknown, rules: AddressRules): Address | string {
  if (typeof text !== "string") return `endpoints: expected a URL as a string, got ${describe(text)}`;
  if (withoutScheme.test(text)) return `endpoints: ${text} has no scheme: write http://${text}`;
  if (severalWithCommas.test(text)) return "endpoints: expected one URL in each string, got several with commas";
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "endpoints: expected a URL like http://127.0.0.1:2379";
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return `endpoints: expected http:// or https://, got ${url.protocol}//`;
  }
  if (url.username !== "" || url.password !== "") {
    return `endpoints: ${url.origin} has a user name or password; use the option auth`;
  }
  if (url.search !== "" || url.hash !== "") {
    return `endpoints: ${url.origin} has a query or fragment`;
  }
  if (blockedPort.test(url.port)) {
    return `endpoints: fetch does not call port ${url.port}`;
  }
  const local = isLoopback(url.hostname);
  if (url.protocol === "http:" && !rules.allowInsecure && !local) {
    const fault = insecure(url, rules);
    if (fault !== undefined) return fault;
  }
  return { url: url.origin + withoutSlashes(url.pathname), origin: url.origin, loopback: local };
}

/** By hand: a pattern that looks for slashes at the end takes the square of their number where something follows. */
function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end--;
  return path.slice(0, end);
}

function insecure(url: URL, rules: AddressRules): string | undefined {
  if (rules.credentials) {
    return `endpoints: ${url.origin} would get the credentials unencrypted; use https or allowInsecure: true`;
  }
  if (globalThis.location?.protocol === "https:") {
    return `endpoints: ${url.origin} is mixed content on an https page; use https or allowInsecure: true`;
  }
  return undefined;
}
