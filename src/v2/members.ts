import { invalid, malformed, wrongKind } from "./errors.ts";
import { clusterIdOf } from "./exchange.ts";
import type { JsonFields } from "./json.ts";
import { checkText } from "./key-path.ts";
import { type CallOptions, ownOptions } from "./client-options.ts";
import type { Requester } from "./requester.ts";
import { needed, objects, type Service, text, texts } from "./service.ts";

/** A member of the cluster. */
export interface MemberV2 {
  /** The member's id. */
  readonly id: bigint;
  /** Empty for a member that was added and has not started yet. */
  readonly name: string;
  /** Where the other members reach it. */
  readonly peerUrls: readonly string[];
  /** Where clients reach it, as it says itself. */
  readonly clientUrls: readonly string[];
}

/** The members of the cluster. */
export interface MembersV2 {
  /** All members. */
  members(options?: CallOptions): Promise<readonly MemberV2[]>;
  /** The member that leads. @throws `HttpFailure` (503) during an election */
  leader(options?: CallOptions): Promise<MemberV2>;
  /** Announces a member, which is then to be started. */
  addMember(peerUrls: readonly string[], options?: CallOptions): Promise<MemberV2>;
  /** Removes a member. `id`: a bigint, or hex. */
  removeMember(id: bigint | string, options?: CallOptions): Promise<void>;
  /** Changes where the other members reach it. `id`: a bigint, or hex. */
  updateMember(id: bigint | string, peerUrls: readonly string[], options?: CallOptions): Promise<void>;
  /** The client URLs of all members. */
  machines(options?: CallOptions): Promise<readonly string[]>;
}

export function createMembers(requester: Requester, service: Service, prefix: string): MembersV2 {
  const path = `${prefix}/members`;
  const pathOf = (id: bigint | string): string => {
    const known = clusterIdOf(id);
    if (known === undefined) throw invalid("id: expected a member id as a bigint or hex");
    return `${path}/${known.toString(16)}`;
  };
  const peers = (urls: readonly string[]): { json: { peerURLs: string[] } } => {
    if (!Array.isArray(urls) || urls.length === 0) throw wrongKind("peerUrls", "an array of URLs", urls);
    return { json: { peerURLs: urls.map((url) => checkText(url, "peerUrls")) } };
  };

  return {
    members: async (options) =>
      service("members", { method: "GET", path, read: ({ members }) => objects(members).map(memberOf) }, options),
    leader: async (options) => service("leader", { method: "GET", path: `${path}/leader`, read: memberOf }, options),
    addMember: async (urls, options) =>
      service("addMember", { method: "POST", path, ...peers(urls), read: memberOf }, options),
    async removeMember(id, options) {
      await service("removeMember", { method: "DELETE", path: pathOf(id) }, options);
    },
    async updateMember(id, urls, options) {
      await service("updateMember", { method: "PUT", path: pathOf(id), ...peers(urls) }, options);
    },
    machines: async (options) => machines(requester, prefix, ownOptions("machines", options)),
  };
}

export function machines(requester: Requester, prefix: string, options: CallOptions): Promise<readonly string[]> {
  return requester.call({ method: "GET", path: `${prefix}/machines`, options }, (answer) =>
    answer.text.split(",").flatMap((url) => url.trim() || []),
  );
}

function memberOf(json: JsonFields): MemberV2 {
  const id = clusterIdOf(needed(json["id"]));
  if (id === undefined) throw malformed("a member id");
  return {
    id,
    name: text(json["name"]),
    peerUrls: texts(json["peerURLs"]),
    clientUrls: texts(json["clientURLs"]),
  };
}
