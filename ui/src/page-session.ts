import { computed, signal } from "@preact/signals";
import { createEtcd, type Etcd, EtcdError, type Identity } from "fetcd";
import { createDrafts, type Drafts, isUnsaved } from "./drafts.ts";
import { host, type HostConnection } from "./host.ts";
import { createRevisionTimes, type RevisionTimes } from "./revision-times.ts";
import { ask } from "./ui/ask.tsx";

/** A connection of the page to a cluster, with its user. */
export interface PageSession {
  /** Unique among the open sessions. */
  readonly id: number;
  readonly etcd: Etcd;
  /** The name given on the command line. */
  readonly name: string | undefined;
  /** Where etcd is, as shown to people. */
  readonly endpoint: string;
  readonly version: string;
  readonly identity: Identity;
  /** Whether it may change members, users and roles: if auth is off or the user has the root role; never if read-only. */
  readonly root: boolean;
  /** Whether the server of the page refuses all changes. */
  readonly readOnly: boolean;
  /** Whether it is an etcd in memory with sample data. */
  readonly memory: boolean;
  /** A client for each endpoint, to ask each member separately. */
  readonly members: readonly SessionMember[];
  readonly drafts: Drafts;
  readonly times: RevisionTimes;
  /** Logs in as another user, in the same tab, and keeps unsaved edits. */
  again(as: Pick<Login, "username" | "password">): Promise<void>;
}

export interface SessionMember {
  readonly name: string;
  readonly etcd: Etcd;
  /** Reads its metrics as text; missing if the page cannot request them. */
  metrics?(signal: AbortSignal): Promise<string | undefined>;
}

export interface Login {
  /** The index among the connections of `fetcd ui`. */
  readonly at: number;
  /** Where etcd is, if the page comes from a file server. */
  readonly endpoint: string;
  readonly username: string;
  readonly password: string;
  /** Whether to send a password over plain HTTP to another machine. */
  readonly allowInsecure: boolean;
}

/** All open sessions, in the order of their tabs. They are kept only in memory, so a reload asks again. */
export const sessions = signal<readonly PageSession[]>([]);
const chosen = signal(0);
/** The session that the page shows, if it is connected. */
export const shownSession = computed(() => sessions.value.find(({ id }) => id === chosen.value));
/** For each session, the part of the address after `#` when it was left. */
const places = new Map<number, string>();
let lastId = 0;

/** Whether the page has not connected since it was loaded. */
export function isFresh(): boolean {
  return lastId === 0;
}

/** Shows another session where it was left; `undefined` shows the form for a new connection. */
export function choose(id: number | undefined): void {
  places.set(chosen.value, location.hash);
  chosen.value = id ?? 0;
  if (id !== undefined) location.hash = places.get(id) ?? "#/keys";
}

/** Thrown by `connect` if etcd needs a login: a separate class, since the page then asks for it instead of failing. */
export class LoginWanted extends Error {}

/**
 * Connects in a new tab or in the tab of another session, and checks the connection by reading what every view needs.
 * Rejects with an error that `explainTrouble` explains.
 */
export async function connect(login: Login, instead?: PageSession): Promise<void> {
  const { username } = login;
  const served = host.value?.kind === "ui" ? host.value : undefined;
  const etcd = served === undefined ? directClient(login) : proxiedClient(urlOf(login), served.fetch, login);
  try {
    // A short timeout, so that it fails soon if nothing answers; later calls may take longer.
    await etcd.maintenance.version(undefined, { timeoutMs: 3_000 }).catch(unanswered);
    if (username === "" && (await etcd.auth.status()).enabled) {
      throw new LoginWanted("This etcd wants a user name and a password");
    }
    const [identity, { etcdserver }] = await Promise.all([etcd.auth.whoami(), etcd.maintenance.version()]);
    const readOnly = served?.config.readOnly ?? false;
    const { name, memory, endpoints } = connectionOf(login);
    const root = !readOnly && (identity.username === undefined || identity.roles.includes("root"));
    const members =
      served === undefined
        ? [{ name: login.endpoint, etcd }]
        : endpoints.map((member, i) => {
            const url = `${urlOf(login)}/member/${i}`;
            return {
              name: member,
              etcd: proxiedClient(url, served.fetch, login),
              metrics: metricsAt(url, served.fetch),
            };
          });
    const endpoint = memory ? "sample data in memory" : endpoints.join(" ");
    const id = ++lastId;
    const is = { id, name, etcd, endpoint, version: etcdserver, identity, root, readOnly, memory, members };
    const { drafts = createDrafts(), times = createRevisionTimes() } = instead ?? {};
    const made: PageSession = { ...is, drafts, times, again: (as) => connect({ ...login, ...as }, made) };
    if (instead !== undefined) {
      sessions.value = sessions.value.map((each) => (each === instead ? made : each));
      if (shownSession.value === undefined) chosen.value = id;
      await close(instead);
      return;
    }
    sessions.value = [...sessions.value, made];
    // The first session opens where the address points to.
    if (id === 1) chosen.value = id;
    else choose(id);
  } catch (error) {
    await etcd.close();
    throw error;
  }
}

/** The URL that `fetcd ui` serves a connection at. */
function urlOf({ at }: Login): string {
  return at === 0 ? location.origin : `${location.origin}/at/${at}`;
}

/** The connection that a login is for. */
export function connectionOf({ at, endpoint }: Login): HostConnection {
  const direct: HostConnection = { memory: false, endpoints: [endpoint] };
  return host.value?.kind === "ui" ? (host.value.config.connections[at] ?? direct) : direct;
}

function metricsAt(url: string, fetch: typeof globalThis.fetch): Required<SessionMember>["metrics"] {
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
    // etcd's CORS does not allow the header for it, so a page of another origin would fail the preflight.
    requireLeader: false,
    ...authOf(login),
  });
}

/** `fetcd ui` has checked that passwords may be sent, and is reached locally or by TLS, so plain HTTP is allowed here. */
function proxiedClient(url: string, fetch: typeof globalThis.fetch, login: Login): Etcd {
  return createEtcd({ endpoints: url, fetch, allowInsecure: true, ...authOf(login) });
}

function authOf({ username, password }: Pick<Login, "username" | "password">): object {
  return username === "" ? {} : { auth: { username, password } };
}

/** Before the first answer, an error that was retried until the timeout means that nothing answers. */
function unanswered(error: unknown): never {
  if (!EtcdError.is(error) || error.reason !== "Timeout") throw error;
  throw new EtcdError(error.message, "Unreachable", { outcome: "not-applied", cause: error });
}

/** Closes a session, by default the shown one, and shows another. Asks first if there are unsaved edits. */
export async function disconnect(old: PageSession | undefined = shownSession.value): Promise<void> {
  if (old === undefined) return;
  const question = "You have unsaved changes in this connection, which will be lost. Disconnect?";
  if (isUnsaved(old.drafts) && !(await ask(question, "Disconnect"))) return;
  const left = sessions.value.filter(({ id }) => id !== old.id);
  if (shownSession.value === old) choose(left.at(-1)?.id);
  sessions.value = left;
  places.delete(old.id);
  await close(old);
}

async function close({ etcd, members }: PageSession): Promise<void> {
  await Promise.all([etcd, ...members.map((member) => member.etcd)].map((client) => client.close()));
}
