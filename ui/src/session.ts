import { signal } from "@preact/signals";
import { createEtcd, type Etcd, EtcdError, type Identity } from "fetcd";
import { host } from "./host.ts";

/** A cluster that the page is connected to, and who it is there. */
export interface Session {
  readonly etcd: Etcd;
  /** For people: where etcd is. */
  readonly endpoint: string;
  readonly version: string;
  readonly identity: Identity;
  /** May change members, users and roles: always while auth is off, later only with the root role. Never if read-only. */
  readonly root: boolean;
  /** The server of the page refuses what changes something. */
  readonly readOnly: boolean;
  /** Sample data in memory. */
  readonly memory: boolean;
  /** A client for each endpoint that can be asked apart from the others. */
  readonly members: readonly Member[];
}

export interface Member {
  readonly name: string;
  readonly etcd: Etcd;
  /** Its metrics, as text; missing where the page cannot ask for them. */
  metrics?(signal: AbortSignal): Promise<string | undefined>;
}

export interface Login {
  readonly endpoint: string;
  readonly username: string;
  readonly password: string;
  /** A password over plain HTTP to another machine. */
  readonly allowInsecure: boolean;
}

/** Kept in memory alone: a reload asks again. */
export const session = signal<Session | undefined>(undefined);

/** What `connect` throws where a login is missing: its own kind, since that is no fault. */
export class LoginWanted extends Error {}

/** Connects, and proves it by asking for what every view needs. Rejects with what `explainTrouble` explains. */
export async function connect(login: Login): Promise<void> {
  const { username } = login;
  const served = host.value?.kind === "ui" ? host.value : undefined;
  const etcd = served === undefined ? directClient(login) : proxiedClient(location.origin, served.fetch, login);
  try {
    // Fails soon where nothing answers; later calls may take their time.
    await etcd.maintenance.version(undefined, { timeoutMs: 3_000 }).catch(unanswered);
    if (username === "" && (await etcd.auth.status()).enabled) {
      throw new LoginWanted("This etcd wants a user name and a password");
    }
    const [identity, { etcdserver }] = await Promise.all([etcd.auth.whoami(), etcd.maintenance.version()]);
    const { readOnly, memory, endpoints } = served?.config ?? {
      readOnly: false,
      memory: false,
      endpoints: [login.endpoint],
    };
    const root = !readOnly && (identity.username === undefined || identity.roles.includes("root"));
    const members =
      served === undefined
        ? [{ name: login.endpoint, etcd }]
        : endpoints.map((name, i) => {
            const url = `${location.origin}/member/${i}`;
            return { name, etcd: proxiedClient(url, served.fetch, login), metrics: metricsAt(url, served.fetch) };
          });
    await disconnect();
    const endpoint = memory ? "sample data in memory" : endpoints.join(" ");
    session.value = { etcd, endpoint, version: etcdserver, identity, root, readOnly, memory, members };
  } catch (error) {
    await etcd.close();
    throw error;
  }
}

function metricsAt(url: string, fetch: typeof globalThis.fetch): Required<Member>["metrics"] {
  return async (signal) => {
    const response = await fetch(`${url}/metrics`, { signal });
    if (response.ok) return response.text();
    await response.body?.cancel();
    return undefined;
  };
}

function directClient({ endpoint, allowInsecure, ...login }: Login): Etcd {
  return createEtcd({
    endpoints: endpoint,
    allowInsecure,
    // A page of another origin may not send the header for it: asking would cost a refused preflight.
    requireLeader: false,
    ...authOf(login),
  });
}

/** `fetcd ui` has checked which way passwords go; between it and the page there is no other machine, or TLS. */
function proxiedClient(url: string, fetch: typeof globalThis.fetch, login: Login): Etcd {
  return createEtcd({ endpoints: url, fetch, allowInsecure: true, ...authOf(login) });
}

function authOf({ username, password }: Pick<Login, "username" | "password">): object {
  return username === "" ? {} : { auth: { username, password } };
}

/** Who has had no answer yet need not tell a refusal, repeated until its time ran out, from a silence. */
function unanswered(error: unknown): never {
  if (!EtcdError.is(error) || error.reason !== "Timeout") throw error;
  throw new EtcdError(error.message, "Unreachable", { outcome: "not-applied", cause: error });
}

export async function disconnect(): Promise<void> {
  const old = session.value;
  session.value = undefined;
  await Promise.all([old?.etcd.close(), ...(old?.members ?? []).map(({ etcd }) => etcd.close())]);
}
