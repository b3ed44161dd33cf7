import { boolean, type Kind } from "../transport/option-kinds.ts";

/** `true`: learn of more members. `"withCredentials"`: and send them the credentials too. */
export type DiscoverMembers = boolean | "withCredentials";

export const discoverMembersKind: Kind<DiscoverMembers> = {
  expected: `${boolean.expected}, or "withCredentials"`,
  accepts: (value): value is DiscoverMembers => boolean.accepts(value) || value === "withCredentials",
};

/** Why the option cannot be; `undefined` if it can. What a member says is not a reason to send it a password. */
export function discoveryRefusal(value: DiscoverMembers | undefined, credentials: boolean): string | undefined {
  if (value !== true || !credentials) return undefined;
  return 'discoverMembers: expected "withCredentials" to send credentials to the hosts that members name, got true';
}
