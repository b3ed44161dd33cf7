import { createEtcd } from "fetcd";

// At module scope, as README shows it: all pages and routes of a server share these.
const endpoints = process.env.SITE_ENDPOINT;
export const etcd = createEtcd({ endpoints });

/** To a server that wants a login. */
export const member = createEtcd({
  endpoints: process.env.SITE_ENDPOINT_WITH_AUTH,
  auth: { username: "root", password: process.env.SITE_PASSWORD },
});

/** Whose program says itself that nothing is to be cached. */
export const uncached = createEtcd({ endpoints, fetch: (url, init) => fetch(url, { ...init, cache: "no-store" }) });

/** Whose program asks the framework to answer its reads with what was true once. */
export const cached = createEtcd({ endpoints, fetch: (url, init) => fetch(url, { ...init, cache: "force-cache" }) });

export async function flag(client) {
  const entry = await client.get("site/flag");
  return `flag=${entry.text()};`;
}
