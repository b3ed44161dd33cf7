export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Post = (path: string, body: unknown) => Promise<Answer>;

/** A way to post JSON to a gateway, and to see of its answer what two servers that did the same have in common. */
export function poster(url: string, fetch: (url: string, init: RequestInit) => Promise<Response>): Post {
  return async (path, body) => {
    const response = await fetch(url + path, { method: "POST", body: JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, body: comparable(JSON.parse(text === "" ? "null" : text)) };
  };
}

/** Without what differs from server to server, and from second to second. */
export function comparable(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(comparable);
  if (typeof json !== "object" || json === null) return json;
  const kept = Object.entries(json).filter(([name]) => !["cluster_id", "member_id", "raft_term"].includes(name));
  const object: Record<string, unknown> = Object.fromEntries(kept.map(([name, value]) => [name, comparable(value)]));
  // Of a lease that runs: the seconds left, and keys in the order of a Go map.
  if ("grantedTTL" in object) {
    delete object["TTL"];
    if (Array.isArray(object["keys"]))
      object["keys"] = (object["keys"] as string[]).toSorted((a, b) => (a < b ? -1 : 1));
  }
  return object;
}
