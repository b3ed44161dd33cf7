import { type Address, type AddressRules, readAddress } from "../transport/http/read-address.ts";
import { invalid } from "./errors.ts";

/** Checks the endpoints given; throws `InvalidArgument` for those that cannot or should not be called. */
export function parseEndpoints(given: string | readonly string[], rules: AddressRules): readonly Address[] {
  const urls = [given].flat();
  if (urls.length === 0) throw invalid("endpoints: expected at least one URL");
  return urls.map((url) => {
    const address = readAddress(url, rules);
    if (typeof address === "string") throw invalid(address);
    return address;
  });
}
