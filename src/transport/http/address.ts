import { invalidArgument } from "../errors/etcd-error.ts";
import { type Address, type AddressRules, readAddress } from "./read-address.ts";

export type { Address, AddressRules } from "./read-address.ts";

/** Checks one endpoint URL. Throws `InvalidArgument` for all that cannot or should not be called. */
export function parseAddress(text: unknown, rules: AddressRules): Address {
  const address = readAddress(text, rules);
  if (typeof address === "string") throw invalidArgument(address);
  return address;
}

/** Checks endpoint URLs: one, or a list that is not empty. Throws `InvalidArgument`. */
export function parseAddresses(urls: string | readonly string[], rules: AddressRules): readonly Address[] {
  const addresses = (typeof urls === "string" ? [urls] : urls).map((url) => parseAddress(url, rules));
  if (addresses.length === 0) throw invalidArgument("endpoints: expected at least one URL");
  return addresses;
}
