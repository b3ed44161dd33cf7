import { readFile } from "node:fs/promises";
import type { Etcd } from "fetcd";
import type { NodeFetch, NodeFetchOptions } from "fetcd/node";
import { askPassword } from "./ask-password.ts";
import { badArguments } from "./exit-error.ts";
import type { GlobalOptions } from "./global-options.ts";
import { toJson } from "./output.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { complain } from "./terminal.ts";

/** A fetch with the certificates that the options name. */
export type TlsFetch = (url: string, init: RequestInit) => Promise<Response>;

/** How a command reaches etcd. */
export interface Connected {
  readonly etcd: Etcd;
  readonly fetch: TlsFetch;
  readonly recorder: Recorder;
  /** Creates a client of only these endpoints, with the same options. It is closed when `etcd` is. */
  clientOf(endpoints: readonly string[]): Etcd;
}

/** Runs `use` with a client configured by the global options, and closes the client. */
export async function connected<T>(options: GlobalOptions, use: (connected: Connected) => Promise<T>): Promise<T> {
  const auth = await credentials(options);
  if (auth?.username === "") throw new Error("--user: the name is empty");
  if (auth?.password === "") throw new Error("the password is empty");
  const [{ createEtcd }, nodeFetch, endpoints] = await Promise.all([
    import("fetcd"),
    fetchOf(options),
    endpointsOf(options),
  ]);
  const recorder = createRecorder();
  const { keepaliveTime, keepaliveTimeout } = options;
  const clients: Etcd[] = [];
  const clientOf = (urls: readonly string[]): Etcd => {
    const etcd = createEtcd({
      endpoints: urls.map((url) => withScheme(url, options)),
      timeoutMs: options.commandTimeout,
      interceptors: [recorder.interceptor, ...(options.debug === true ? [debugging] : [])],
      ...(nodeFetch && { fetch: nodeFetch }),
      ...(auth && { auth }),
      ...(options.namespace !== undefined && { namespace: options.namespace }),
      ...(options.allowInsecure === true && { allowInsecure: true }),
      ...((keepaliveTime ?? keepaliveTimeout) !== undefined && {
        idleMs: (keepaliveTime ?? 2_000) + (keepaliveTimeout ?? 6_000),
      }),
      ...(options.debug === true && { logger: (event) => complain(`debug: ${toJson(event)}`) }),
    });
    clients.push(etcd);
    return etcd;
  };
  try {
    return await use({ etcd: clientOf(endpoints), fetch: nodeFetch ?? fetch, recorder, clientOf });
  } finally {
    await Promise.all(clients.map((etcd) => etcd.close()));
    await nodeFetch?.close();
  }
}

const debugging: Recorder["interceptor"] = (next) => async (request) => {
  const began = performance.now();
  const told = (how: string): void =>
    complain(`debug: ${request.method.name} ${how} after ${Math.round(performance.now() - began)} ms`);
  try {
    const response = await next(request);
    told("answered");
    return response;
  } catch (error) {
    told(`failed (${error instanceof Error ? error.message : String(error)})`);
    throw error;
  }
};

/** A fetch with the TLS options; `undefined` if there are none, so that `fetcd/node` is loaded only where it is needed. */
async function fetchOf(options: GlobalOptions): Promise<NodeFetch | undefined> {
  const { cacert, cert, key, dialTimeout, insecureSkipTlsVerify } = options;
  for (const [name, file] of Object.entries({ cacert, cert, key })) {
    if (file === "") throw badArguments(`--${name}: the name of the file is empty`);
  }
  const needed = [cacert, cert, key, dialTimeout].some((each) => each !== undefined) || insecureSkipTlsVerify === true;
  if (!needed) return undefined;
  const { createNodeFetch } = await import("fetcd/node");
  return createNodeFetch(await certificateFiles(options));
}

/** The TLS options for `createNodeFetch`, with the contents of the files that the global options name. */
export async function certificateFiles(options: GlobalOptions): Promise<NodeFetchOptions> {
  const { cacert, cert, key, dialTimeout, insecureSkipTlsVerify } = options;
  return {
    ...(cacert !== undefined && { ca: await readFile(cacert) }),
    ...(cert !== undefined && { cert: await readFile(cert) }),
    ...(key !== undefined && { key: await readFile(key) }),
    ...(dialTimeout !== undefined && { connectTimeoutMs: dialTimeout }),
    ...(insecureSkipTlsVerify === true && { rejectUnauthorized: false }),
  };
}

/** The endpoints of the command line, or those found by DNS if `--discovery-srv` is set. */
export async function endpointsOf(options: GlobalOptions): Promise<readonly string[]> {
  const { discoverySrv, discoverySrvName, insecureDiscovery, commandTimeout } = options;
  if (discoverySrv === undefined || discoverySrv === "") return options.endpoints;
  const [{ discover }, { resolveSrv }] = await Promise.all([import("fetcd"), import("node:dns/promises")]);
  return discover(discoverySrv, {
    resolver: resolveSrv,
    allowInsecure: insecureDiscovery !== false,
    timeoutMs: commandTimeout,
    ...(discoverySrvName !== undefined && discoverySrvName !== "" && { serviceName: discoverySrvName }),
  });
}

/** Adds a missing scheme: https if certificates are given or plain HTTP is not allowed, else http. */
export function withScheme(
  url: string,
  { cacert, cert, insecureTransport, insecureSkipTlsVerify }: GlobalOptions,
): string {
  const secure =
    cacert !== undefined || cert !== undefined || insecureTransport === false || insecureSkipTlsVerify === true;
  if (!url.includes("://")) return `${secure ? "https" : "http"}://${url}`;
  if (insecureTransport === false && url.startsWith("http://")) {
    throw badArguments(`${url}: --insecure-transport=false allows https:// only`);
  }
  return url;
}

/** The password comes from the command line, a variable or a file; otherwise the user is asked on the terminal. */
export async function credentials(options: GlobalOptions): Promise<{ username: string; password: string } | undefined> {
  const { user, password, passwordFile } = options;
  if (passwordFile !== undefined && user === undefined) {
    throw badArguments("--password-file needs --user");
  }
  if (user === undefined || user === "") return undefined;
  // A file named on the command line takes precedence over a variable that happens to be set.
  if (passwordFile !== undefined) {
    return { username: user, password: (await readFile(passwordFile, "utf8")).replace(/\r?\n$/, "") };
  }
  if (password !== undefined) return { username: user, password };
  const colon = user.indexOf(":");
  if (colon < 0) return { username: user, password: await askPassword(user) };
  return { username: user.slice(0, colon), password: user.slice(colon + 1) };
}
