import { readFile } from "node:fs/promises";
import { createEtcd, type Etcd } from "fetcd";
import { createNodeFetch } from "fetcd/node";
import type { GlobalOptions } from "./global-options.ts";

/** Runs `use` with a client as the global options say, and closes it. */
export async function connected<T>(options: GlobalOptions, use: (etcd: Etcd) => Promise<T>): Promise<T> {
  const { user, password, cacert, cert, key } = options;
  const tls =
    cacert !== undefined || cert !== undefined || key !== undefined
      ? createNodeFetch({
          ...(cacert !== undefined && { ca: await readFile(cacert) }),
          ...(cert !== undefined && { cert: await readFile(cert) }),
          ...(key !== undefined && { key: await readFile(key) }),
        })
      : undefined;
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
