import { type Kind, oneOf } from "../transport/option-kinds.ts";

/** `true`: learn of more members. `"withCredentials"`: and send them the credentials too. */
export type DiscoverMembers = boolean | "withCredentials";

export const discoverMembersKind: Kind<DiscoverMembers> = oneOf([true, false, "withCredentials"]);

/** Why the option cannot be; `undefined` if it can. What a member says is no reason to send it a password. */
export function discoveryRefusal(value: DiscoverMembers | undefined, credentials: boolean): string | undefined {
  if (value !== true || !credentials) return undefined;
  return 'discoverMembers: true would send the credentials to every host that a member names; say "withCredentials" if that is meant';
}
