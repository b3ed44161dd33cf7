// A Cloudflare Worker that answers with feature flags out of etcd: what they are for a user, fast, and also while etcd
// is away. See README.md beside this file.
import { createEtcd } from "fetcd";
import { createFlags, type Flags } from "fetcd/flags";

interface Env {
  /** URLs of etcd's members, separated by commas. */
  readonly ETCD_ENDPOINTS: string;
  readonly ETCD_USERNAME?: string;
  readonly ETCD_PASSWORD?: string;
  /** Seconds for which flags are served without asking etcd. */
  readonly FLAGS_TTL?: string;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

/** What is served where etcd says nothing: the Worker never needs etcd to answer. */
const defaults = { banner: "", checkout: "classic", maxItems: 10 };

// One for all requests of an isolate: most of them are answered from memory.
let flags: Flags<typeof defaults> | undefined;

function flagsOf(env: Env): Flags<typeof defaults> {
  const auth =
    env.ETCD_USERNAME !== undefined && env.ETCD_PASSWORD !== undefined
      ? { username: env.ETCD_USERNAME, password: env.ETCD_PASSWORD }
      : undefined;
  const etcd = createEtcd({ endpoints: env.ETCD_ENDPOINTS.split(","), timeoutMs: 2000, auth });
  return createFlags(etcd, { prefix: "flags/", defaults, ttl: Number(env.FLAGS_TTL ?? 30) });
}

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname !== "/flags") return new Response("GET /flags?user=<id>&plan=<plan>\n", { status: 404 });

    flags ??= flagsOf(env);
    const ready = flags.ready({ timeoutMs: 1000 }); // only the first requests of an isolate wait for etcd
    context.waitUntil(flags.settled()); // a refresh that this has started goes on when the answer is out
    await ready;
    const values = flags.all({
      targetingKey: url.searchParams.get("user") ?? undefined,
      plan: url.searchParams.get("plan"),
    });

    const headers = { etag: `"${flags.digest}"`, "cache-control": "private, no-cache", "x-flags": flags.status };
    if (request.headers.get("if-none-match") === headers.etag) return new Response(null, { status: 304, headers });
    return Response.json(values, { headers });
  },
};
