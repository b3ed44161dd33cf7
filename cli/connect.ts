import { readFile } from "node:fs/promises";
import type { Etcd } from "fetcd";
import { askPassword } from "./ask-password.ts";
import type { NodeFetch, NodeFetchOptions } from "fetcd/node";
import type { GlobalOptions } from "./global-options.ts";

/** A fetch with the certificates that the options name. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Runs `use` with a client as the global options say, and closes it. */
export async function connected<T>(options: GlobalOptions, use: (etcd: Etcd, fetch: Fetch) => Promise<T>): Promise<T> {
  const auth = await credentials(options);
  const [{ createEtcd }, tls] = await Promise.all([import("fetcd"), tlsFetch(options)]);
  const etcd = createEtcd({
    endpoints: withScheme(options),
    timeoutMs: options.commandTimeout,
    ...(tls && { fetch: tls }),
    ...(auth && { auth }),
    ...(options.namespace !== undefined && { namespace: options.namespace }),
    ...(options.allowInsecure === true && { allowInsecure: true }),
  });
  try {
    return await use(etcd, tls ?? fetch);
  } finally {
    await etcd.close();
    await tls?.close();
  }
}

/** A fetch that knows certificates, where there are any: without them the runtime's own does, and nothing is loaded. */
async function tlsFetch(options: GlobalOptions): Promise<NodeFetch | undefined> {
  const { cacert, cert, key } = options;
  if (cacert === undefined && cert === undefined && key === undefined) return undefined;
  const { createNodeFetch } = await import("fetcd/node");
  return createNodeFetch(await certificateFiles(options));
}

/** What the files hold that the options name. */
export async function certificateFiles({ cacert, cert, key }: GlobalOptions): Promise<NodeFetchOptions> {
  return {
    ...(cacert !== undefined && { ca: await readFile(cacert) }),
    ...(cert !== undefined && { cert: await readFile(cert) }),
    ...(key !== undefined && { key: await readFile(key) }),
  };
}

/** Endpoints that were given without a scheme are https where a certificate is. */
export function withScheme({ endpoints, cacert, cert }: GlobalOptions): string[] {
  const scheme = cacert === undefined && cert === undefined ? "http" : "https";
  return endpoints.map((url) => (url.includes("://") ? url : `${scheme}://${url}`));
}

/** The password comes from the line, a variable or a file; else the terminal is asked. */
export async function credentials(options: GlobalOptions): Promise<{ username: string; password: string } | undefined> {
  const { user, password, passwordFile } = options;
  if (passwordFile !== undefined && user === undefined) throw new Error("--password-file: whose? say --user as well");
  if (user === undefined) return undefined;
  // A file that was named goes before a variable that happens to be set.
  if (passwordFile !== undefined) {
    return { username: user, password: (await readFile(passwordFile, "utf8")).replace(/\r?\n$/, "") };
  }
  if (password !== undefined) return { username: user, password };
  const colon = user.indexOf(":");
  if (colon < 0) return { username: user, password: await askPassword(user) };
  return { username: user.slice(0, colon), password: user.slice(colon + 1) };
}
