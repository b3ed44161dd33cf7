import { Client } from "undici";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export type Post = (path: string, body: unknown, token?: string) => Promise<Answer>;

/** A way to post JSON to a gateway. A body of several messages is an array of them; so is an answer of several lines. */
export function poster(url: string, fetch: (url: string, init: RequestInit) => Promise<Response>): Post {
  return async (path, body, token) => {
    const signal = AbortSignal.timeout(20_000);
    const response = await fetch(url + path, { method: "POST", ...message(body, token), signal });
    return { status: response.status, body: parsed(await response.text()) };
  };
}

/** The same over one connection, on which requests go out before earlier ones are answered: etcd takes them in turn. */
export function pipeline(url: string): { readonly post: Post; close(): Promise<void> } {
  const client = new Client(url, { pipelining: 64, headersTimeout: 20_000 });
  return {
    async post(path, body, token) {
      const answer = await client.request({ method: "POST", path, ...message(body, token), idempotent: true });
      return { status: answer.statusCode, body: parsed(await answer.body.text()) };
    },
    close: () => client.close(),
  };
}

function message(body: unknown, token: string | undefined): { body: string; headers: Record<string, string> } {
  const text = Array.isArray(body) ? body.map((each) => JSON.stringify(each)).join("") : JSON.stringify(body);
  return { body: text, headers: token === undefined ? {} : { authorization: token } };
}

function parsed(text: string): unknown {
  const lines = text.split("\n").filter((line) => line !== "");
  try {
    const all = lines.map((line) => JSON.parse(line) as unknown);
    return all.length > 1 ? all : (all[0] ?? null);
  } catch {
    return text;
  }
}

/** What no two servers have in common: who they are, how large their files and logs are, tokens, hashes. */
const own = new Set(
  "cluster_id member_id raft_term token hash dbSize dbSizeInUse leader raftIndex raftTerm raftAppliedIndex".split(" "),
);

/** Without what differs from server to server, and from second to second. */
export function comparable(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(comparable);
  if (typeof json !== "object" || json === null) return json;
  const kept = Object.entries(json).filter(([name]) => !own.has(name));
  const object: Record<string, unknown> = Object.fromEntries(kept.map(([name, value]) => [name, comparable(value)]));
  // Of a lease that runs: the seconds left, and keys in the order of a Go map.
  if ("grantedTTL" in object) {
    delete object["TTL"];
    if (Array.isArray(object["keys"]))
      object["keys"] = (object["keys"] as string[]).toSorted((a, b) => (a < b ? -1 : 1));
  }
  // The order of these is that of a Go map, too.
  for (const name of ["alarms", "errors"]) {
    const list = object[name];
    if (Array.isArray(list)) object[name] = list.map((each) => JSON.stringify(each)).toSorted();
  }
  if (Array.isArray(object["members"])) {
    object["members"] = object["members"].map((member) => JSON.stringify(member)).toSorted();
  }
  // Members are numbered at random, and in that order; the one that runs has addresses of its own.
  if ("peerURLs" in object) {
    const { peerURLs, isLearner } = object;
    return "clientURLs" in object ? { isLearner } : { peerURLs, isLearner };
  }
  return object;
}
