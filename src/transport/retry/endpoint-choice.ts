import { invalidArgument } from "../errors/etcd-error.ts";
import { type Address, type AddressRules, parseAddress, parseAddresses } from "../http/address.ts";
import { type GatewayTransportOptions, urlsKind } from "../gateway-options.ts";
import { check } from "../options.ts";
import { createEndpoints, type Endpoints } from "./endpoints.ts";
import { createNamedEndpoints, type NamedEndpointsOptions } from "./named-endpoints.ts";

/** Which endpoint a request goes to, of a list or of those that a function names. */
export interface EndpointChoice {
  readonly endpoints: Endpoints;
  /** Those that were given, without what was learned of others: another list each time they are replaced. */
  readonly given: readonly Address[];
  /** Throws `InvalidArgument`, and changes nothing, for URLs that cannot be called. */
  replace(urls: string | readonly string[]): void;
  /**
   * The endpoint with that URL, by default the one in use; one that was chosen before is returned as it is. Waits where
   * the function has not named any yet. Throws `InvalidArgument` for one that is not among them.
   */
  endpoint(wanted: string | Address | undefined, signal: AbortSignal | undefined): Address | Promise<Address>;
}

interface ChoiceOptions extends Pick<NamedEndpointsOptions, "shareRequests" | "limitMs" | "log"> {
  /** What an endpoint has to keep to. */
  readonly rules: AddressRules;
}

export function createEndpointChoice(
  texts: NonNullable<GatewayTransportOptions["endpoints"]>,
  { rules, ...options }: ChoiceOptions,
): EndpointChoice {
  const parse = (urls: unknown): readonly Address[] => parseAddresses(check(urlsKind, urls, "endpoints"), rules);
  const isFunction = typeof texts === "function";
  const endpoints = createEndpoints(isFunction ? [] : parse(texts));
  const named = isFunction ? createNamedEndpoints({ ...options, name: texts, endpoints, parse }) : undefined;
  let given: readonly Address[] = endpoints.all;
  return {
    endpoints,
    get given() {
      return given;
    },
    replace(urls) {
      given = parse(urls);
      endpoints.replace(given);
      named?.reset();
    },
    endpoint(wanted, signal) {
      if (typeof wanted === "object") return wanted;
      const wait = named?.known(signal);
      return wait === undefined ? knownEndpoint(wanted) : wait.then(() => knownEndpoint(wanted));
    },
  };

  function knownEndpoint(wanted: string | undefined): Address {
    if (wanted === undefined) return endpoints.inUse;
    const { url } = parseAddress(wanted, rules);
    const found = endpoints.all.find((address) => address.url === url);
    if (found === undefined) throw invalidArgument(`endpoint: ${url} is not one of the client's endpoints`);
    return found;
  }
}
