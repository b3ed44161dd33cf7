// A Cloudflare Worker that serves feature flags out of etcd to every SDK of OpenFeature, fast, and also while etcd is
// away. See README.md beside this file.
import { createEtcd } from "fetcd";
import { createFlags, createOfrepHandler, type Flags } from "fetcd/flags";

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

// One for all requests of an isolate: most of them are answered from memory.
let served: { readonly flags: Flags<object>; readonly handle: (request: Request) => Promise<Response> } | undefined;

function serve(env: Env): NonNullable<typeof served> {
  const { ETCD_ENDPOINTS, ETCD_USERNAME: username, ETCD_PASSWORD: password, FLAGS_TTL = "30" } = env;
  const auth = username !== undefined && password !== undefined ? { username, password } : undefined;
  const etcd = createEtcd({ endpoints: ETCD_ENDPOINTS.split(","), timeoutMs: 2000, auth });
  const flags = createFlags(etcd, { prefix: "flags/", defaults: {}, ttl: Number(FLAGS_TTL) });
  return { flags, handle: createOfrepHandler(flags, { cors: "*" }) };
}

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const { flags, handle } = (served ??= serve(env));
    const answer = handle(request);
    context.waitUntil(answer.then(() => flags.settled())); // a refresh that this has started goes on after the answer
    return answer;
  },
};
