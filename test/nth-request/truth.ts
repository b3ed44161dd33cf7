import type { Fetch } from "../../src/transport/http/http.ts";

type Json = Readonly<Record<string, unknown>>;

/** What a server really holds, asked for without a client. */
export interface Truth {
  /** Keys that begin with `prefix`, with their values. */
  entries(prefix: string): Promise<Map<string, string>>;
  value(key: string): Promise<string | undefined>;
  /** Ids of all leases, but for those that records of `exactlyOnce` hang on, which the client keeps for later writes. */
  leases(): Promise<string[]>;
  /** The answer of any path, whatever its status; of v2 with a `GET`. */
  post(path: string, body?: object): Promise<Json>;
  get(path: string): Promise<Json>;
  delete(path: string): Promise<Json>;
}

const base64 = (text: string): string => btoa(text);
const text = (encoded: unknown): string => (typeof encoded === "string" ? atob(encoded) : "");
/** What the lease of `exactlyOnce` records is granted for. */
const recordTtl = "120";

export function truthOf(fetch: Fetch, url: string): Truth {
  async function asked(method: "GET" | "DELETE", path: string): Promise<Json> {
    return (await (await fetch(url + path, { method })).json()) as Json;
  }

  async function post(path: string, body: object = {}): Promise<Json> {
    return (await (await fetch(url + path, { method: "POST", body: JSON.stringify(body) })).json()) as Json;
  }

  async function entries(prefix: string): Promise<Map<string, string>> {
    const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
    const { kvs = [] } = (await post("/v3/kv/range", { key: base64(prefix), range_end: base64(end) })) as {
      kvs?: Json[];
    };
    return new Map(kvs.map((kv) => [text(kv["key"]), text(kv["value"])]));
  }

  return {
    post,
    entries,
    value: async (key) => (await entries(key)).get(key),
    async leases() {
      const { leases = [] } = (await post("/v3/lease/leases")) as { leases?: { ID: string }[] };
      const known = await Promise.all(
        leases.map(async ({ ID }) => ({ ID, ...(await post("/v3/lease/timetolive", { ID })) })),
      );
      return known.filter((lease) => (lease as Json)["grantedTTL"] !== recordTtl).map(({ ID }) => ID);
    },
    get: (path) => asked("GET", path),
    delete: (path) => asked("DELETE", path),
  };
}
