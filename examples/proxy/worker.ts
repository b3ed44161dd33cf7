// A Cloudflare Worker with a login, and a proxy that lets each user at a part of etcd. See README.md beside this file.
import { createProxy, type EtcdProxy } from "fetcd/proxy";
import { sessionCookie, userOf } from "./session.ts";

interface Env {
  readonly ETCD_ENDPOINTS: string;
  /** Where the page comes from, such as "https://app.example". */
  readonly ORIGIN: string;
  /** Names and passwords as JSON, in place of your own users. */
  readonly USERS: string;
  /** Signs the cookies of sessions. */
  readonly SESSION_KEY: string;
  /** Marks leases with whose they are, in all isolates alike. */
  readonly LEASE_KEY: string;
}

let proxy: EtcdProxy | undefined;

function proxyOf(env: Env): EtcdProxy {
  return createProxy({
    etcd: { endpoints: env.ETCD_ENDPOINTS.split(",") },
    async authorize(request) {
      const session = await userOf(request, env.SESSION_KEY);
      return (
        session && {
          subject: session.user,
          namespace: "app/",
          until: session.until,
          allow: [{ read: { prefix: "notes/" } }, { write: { prefix: `notes/${session.user}/` } }],
        }
      );
    },
    origins: [env.ORIGIN],
    leaseKey: env.LEASE_KEY,
  });
}

async function logIn(request: Request, env: Env): Promise<Response> {
  // A page of somebody else's could log its visitors in as itself.
  if (request.headers.get("origin") !== env.ORIGIN) return new Response("not from here\n", { status: 403 });
  const { user, password } = (await request.json()) as { user?: unknown; password?: unknown };
  const users = new Map(Object.entries(JSON.parse(env.USERS) as Record<string, string>));
  if (typeof user !== "string" || users.get(user) === undefined || users.get(user) !== password) {
    return new Response("who are you?\n", { status: 401 });
  }
  return new Response(null, { status: 204, headers: { "set-cookie": await sessionCookie(user, env) } });
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/login" && request.method === "POST") return logIn(request, env);
    if (pathname.startsWith("/etcd/")) return (proxy ??= proxyOf(env))(request);
    return new Response("not found\n", { status: 404 });
  },
};
