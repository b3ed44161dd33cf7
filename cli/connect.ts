import { readFile } from "node:fs/promises";
import { createEtcd, type Etcd } from "fetcd";
import type { NodeFetch } from "fetcd/node";
import type { GlobalOptions } from "./global-options.ts";

/** Runs `use` with a client as the global options say, and closes it. */
export async function connected<T>(options: GlobalOptions, use: (etcd: Etcd) => Promise<T>): Promise<T> {
  const { user, password } = options;
  const tls = await tlsFetch(options);
  const etcd = createEtcd({
    endpoints: withScheme(options),
    timeoutMs: options.commandTimeout,
    ...(tls && { fetch: tls }),
    ...(user !== undefined && { auth: credentials(user, password) }),
    ...(options.namespace !== undefined && { namespace: options.namespace }),
    ...(options.allowInsecure === true && { allowInsecure: true }),
  });
  try {
    return await use(etcd);
  } finally {
    await etcd.close();
    await tls?.close();
  }
}

/** A fetch that knows certificates, where there are any: without them the runtime's own does, and nothing is loaded. */
async function tlsFetch({ cacert, cert, key }: GlobalOptions): Promise<NodeFetch | undefined> {
  if (cacert === undefined && cert === undefined && key === undefined) return undefined;
  const { createNodeFetch } = await import("fetcd/node");
  return createNodeFetch({
    ...(cacert !== undefined && { ca: await readFile(cacert) }),
    ...(cert !== undefined && { cert: await readFile(cert) }),
    ...(key !== undefined && { key: await readFile(key) }),
  });
}

/** Endpoints that were given without a scheme are https where a certificate is. */
function withScheme({ endpoints, cacert, cert }: GlobalOptions): string[] {
  const scheme = cacert === undefined && cert === undefined ? "http" : "https";
  return endpoints.map((url) => (url.includes("://") ? url : `${scheme}://${url}`));
}

function credentials(user: string, password: string | undefined): { username: string; password: string } {
  if (password !== undefined) return { username: user, password };
  const colon = user.indexOf(":");
  if (colon < 0) throw new Error("--user: no password; say --user name:password, --password or ETCDCTL_PASSWORD");
  return { username: user.slice(0, colon), password: user.slice(colon + 1) };
}
