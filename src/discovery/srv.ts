import { boundBy, raceAbort } from "../transport/abort.ts";
import { bodyText } from "../transport/http/body-text.ts";
import { parseJson } from "../transport/codec/parse-json.ts";
import { isLoopback } from "../transport/http/read-address.ts";
import type { Fetch } from "../transport/http/fetch.ts";
import * as kind from "../transport/option-kinds.ts";
import { readOptions } from "../transport/read-options.ts";
import { isObject } from "../transport/platform.ts";

/** As DNS has it, and as `resolveSrv` of Node gives it. */
export interface SrvRecord {
  /** The host. */
  readonly name: string;
  /** The port. */
  readonly port: number;
  /** Lower ones are tried first. */
  readonly priority: number;
  /** Of records with the same priority, the larger one is to be used more often. */
  readonly weight: number;
}

/** Options of `discover`. */
export interface DiscoverOptions {
  /**
   * Who is asked: the URL of a DNS-over-HTTPS service that answers with JSON, such as
   * `https://cloudflare-dns.com/dns-query` or `https://dns.google/resolve`; or a function, such as `resolveSrv` of
   * Node's `dns/promises`.
   */
  readonly resolver: string | ((name: string) => Promise<readonly SrvRecord[]>);
  /** Tells clusters of one domain apart, as etcd's `--discovery-srv-name`: `_etcd-client-ssl-NAME._tcp`. */
  readonly serviceName?: string | undefined;
  /**
   * Also take endpoints without TLS, where there are none with it. A forged DNS answer can then lead the client to a
   * machine of theirs; `createEtcd` sends credentials there with an `allowInsecure` of its own only.
   *
   * @default false
   */
  readonly allowInsecure?: boolean | undefined;
  /** What asks a DNS-over-HTTPS service. @default globalThis.fetch */
  readonly fetch?: Fetch | undefined;
  /** Aborting rejects with the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds. @default 10_000 */
  readonly timeoutMs?: number | undefined;
}

const optionKinds: kind.Kinds<DiscoverOptions> = {
  resolver: kind.anything,
  serviceName: kind.string,
  allowInsecure: kind.boolean,
  fetch: kind.func,
  signal: kind.signal,
  timeoutMs: kind.milliseconds,
};

/** Tells what went wrong where DNS did not help; it is given to the user as an error of the client at hand. */
export class SrvFailure extends Error {}
/** A domain that cannot be looked up, or an option that cannot be; no request was made. */
export class SrvRefusal extends SrvFailure {}

/**
 * The endpoints that a domain's SRV records name: those with TLS (`_etcd-client-ssl._tcp`); with `allowInsecure`, those
 * without (`_etcd-client._tcp`) where there are none with it. By priority, and at random by weight among equals, as RFC
 * 2782 wants it. Throws a `SrvFailure`, or the signal's own reason.
 */
export async function srvEndpoints(domain: string, given: DiscoverOptions): Promise<string[]> {
  const options = readOptions("discover", given, optionKinds, { refuse: (message) => new SrvRefusal(message) });
  const { resolver, serviceName, signal, timeoutMs = 10_000, allowInsecure = false } = options;
  if (typeof domain !== "string" || !hostName.test(domain)) throw new SrvRefusal("domain: expected a domain name");
  if (serviceName !== undefined && !/^[\w-]+$/.test(serviceName))
    throw new SrvRefusal("serviceName: expected letters, digits and dashes");
  const url = typeof resolver === "string" ? httpsUrl(resolver) : undefined;
  if (url === undefined && typeof resolver !== "function") {
    throw new SrvRefusal("resolver: expected the https URL of a DNS service, or a function");
  }
  const deadline = boundBy(timeoutMs, signal, () => new SrvFailure(`no answer for ${domain} within ${timeoutMs} ms`));
  const lookup = async (name: string): Promise<readonly SrvRecord[]> => {
    if (typeof resolver === "function") return resolver(name);
    return url === undefined ? [] : overHttps(url, name, options.fetch ?? globalThis.fetch, deadline.signal);
  };
  const suffix = serviceName === undefined ? "" : `-${serviceName}`;
  try {
    const failures: unknown[] = [];
    for (const [service, scheme] of allowInsecure ? [...withTls, ...withoutTls] : withTls) {
      try {
        const records = await raceAbort(lookup(`${service}${suffix}._tcp.${domain}`), deadline.signal);
        const urls = inOrder(records).flatMap((record) => urlOf(scheme, record) ?? []);
        if (urls.length > 0) return urls;
      } catch (error) {
        if (deadline.signal.aborted) throw deadline.signal.reason;
        failures.push(error);
      }
    }
    const cause = failures.length === 0 ? {} : { cause: failures[0] };
    const wanted = allowInsecure ? "" : " with TLS (others need allowInsecure: true)";
    const what = failures.length === 0 ? "has no SRV records" : "gave no answer about SRV records";
    throw new SrvFailure(`${domain} ${what} of etcd clients${wanted}`, cause);
  } finally {
    deadline.end();
  }
}

const withTls = [["_etcd-client-ssl", "https"]] as const;
const withoutTls = [["_etcd-client", "http"]] as const;

/** More members than any cluster has. */
const maxRecords = 64;

const hostName = /^(?!-)[\w-]+(?:\.[\w-]+)*\.?$/;

function httpsUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname)) ? url : undefined;
}

/** Asks in the JSON that the public services have in common. */
async function overHttps(service: URL, name: string, fetch: Fetch, signal: AbortSignal): Promise<SrvRecord[]> {
  const url = new URL(service);
  url.searchParams.set("name", name);
  url.searchParams.set("type", "SRV");
  const headers = { accept: "application/dns-json" };
  const response = await fetch(url.href, { headers, signal, redirect: "manual", credentials: "omit" });
  const { text, whole } = await bodyText(response, maxAnswerBytes);
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400))
    throw new SrvFailure(`${url.origin} answered with a redirect, which the client does not follow`);
  if (!response.ok) throw new SrvFailure(`${url.origin} answered ${response.status}`);
  if (!whole) throw new SrvFailure(`${url.origin} answered with more than ${maxAnswerBytes} bytes`);
  const { Status, Answer = [] } = answerOf(text, url.origin);
  // 3: there is no such name, which is an answer.
  if (Status !== 0 && Status !== 3) throw new SrvFailure(`${url.origin} answered with DNS status ${String(Status)}`);
  return (Array.isArray(Answer) ? Answer : []).flatMap(recordOf);
}

const maxAnswerBytes = 64 * 1024;

function answerOf(text: string, origin: string): { readonly Status?: unknown; readonly Answer?: unknown } {
  try {
    const json = parseJson(text);
    if (isObject(json)) return json;
  } catch {
    // Said below.
  }
  throw new SrvFailure(`the answer of ${origin} is not JSON`);
}

function recordOf(answer: unknown): SrvRecord[] {
  const { type, data } = Object(answer) as { type?: unknown; data?: unknown };
  const match = type === 33 && typeof data === "string" ? /^(\d+) (\d+) (\d+) (\S+)$/.exec(data.trim()) : null;
  if (match === null) return [];
  const [, priority, weight, port, name = ""] = match;
  return [{ name, port: Number(port), priority: Number(priority), weight: Number(weight) }];
}

/** A target of "." says that the service is decidedly not there. */
function inOrder(records: unknown): SrvRecord[] {
  return (Array.isArray(records) ? records : [])
    .filter(isSrvRecord)
    .map((record) => ({ record, draw: record.weight === 0 ? 0 : Math.random() ** (1 / record.weight) }))
    .sort((a, b) => a.record.priority - b.record.priority || b.draw - a.draw)
    .slice(0, maxRecords)
    .map(({ record }) => record);
}

/** What a resolver gave may be anything. */
function isSrvRecord(value: unknown): value is SrvRecord {
  if (!isObject(value)) return false;
  const { name, port, priority, weight } = value;
  return (
    typeof name === "string" &&
    hostName.test(name) &&
    [port, priority, weight].every((each) => Number.isInteger(each) && Number(each) >= 0 && Number(each) < 65536) &&
    port !== 0
  );
}

/**
 * Without TLS never this machine, however it is spelt (`127.1`, `0x7f000001`): DNS has no say in what is as good as
 * encrypted.
 */
function urlOf(scheme: "http" | "https", { name, port }: SrvRecord): string | undefined {
  const text = `${scheme}://${name.endsWith(".") ? name.slice(0, -1) : name}:${port}`;
  if (!URL.canParse(text)) return undefined;
  const { hostname } = new URL(text);
  return scheme === "http" && isLoopback(hostname) ? undefined : text;
}
