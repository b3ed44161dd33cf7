import { computed, signal } from "@preact/signals";
import { createEtcd, type Etcd, EtcdError, type Identity } from "fetcd";
import { createDrafts, type Drafts, isUnsaved } from "./drafts.ts";
import { host, type HostConnection } from "./host.ts";
import { createRevisionTimes, type RevisionTimes } from "./revision-times.ts";
import { ask } from "./ui/ask.tsx";

/** A cluster that the page is connected to, and who it is there. */
export interface PageSession {
  /** Tells it from the others that are open. */
  readonly id: number;
  readonly etcd: Etcd;
  /** As the command line calls it. */
  readonly name: string | undefined;
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
  readonly members: readonly SessionMember[];
  readonly drafts: Drafts;
  readonly times: RevisionTimes;
  /** Logs in as somebody else, in the same place and with what is not saved. */
  again(as: Pick<Login, "username" | "password">): Promise<void>;
}

export interface SessionMember {
  readonly name: string;
  readonly etcd: Etcd;
  /** Its metrics, as text; missing where the page cannot ask for them. */
  metrics?(signal: AbortSignal): Promise<string | undefined>;
}

export interface Login {
  /** Which of the connections of `fetcd ui`. */
  readonly at: number;
  /** Where etcd is, if the page comes from a server of files. */
  readonly endpoint: string;
  readonly username: string;
  readonly password: string;
  /** A password over plain HTTP to another machine. */
  readonly allowInsecure: boolean;
}

/** All that are open, in the order of their tabs. Kept in memory alone: a reload asks again. */
export const sessions = signal<readonly PageSession[]>([]);
const chosen = signal(0);
/** The one that the page shows, if it is connected. */
export const shownSession = computed(() => sessions.value.find(({ id }) => id === chosen.value));
/** Where each was left: the part of the address after `#`. */
const places = new Map<number, string>();
let lastId = 0;

/** Nobody has connected since the page was loaded. */
export function isFresh(): boolean {
  return lastId === 0;
}

/** Shows another session, where it was left; `undefined`: asks for one more. */
export function choose(id: number | undefined): void {
  places.set(chosen.value, location.hash);
  chosen.value = id ?? 0;
  if (id !== undefined) location.hash = places.get(id) ?? "#/keys";
}

/** What `connect` throws where a login is missing: its own kind, since that is no fault. */
export class LoginWanted extends Error {}

/**
 * Connects in a tab of its own or in that of another session, and proves it by asking for what every view needs. Rejects
 * with what `explainTrouble` explains.
 */
export async function connect(login: Login, instead?: PageSession): Promise<void> {
  const { username } = login;
  const served = host.value?.kind === "ui" ? host.value : undefined;
  const etcd = served === undefined ? directClient(login) : proxiedClient(urlOf(login), served.fetch, login);
  try {
    // Fails soon where nothing answers; later calls may take their time.
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
    // The first is shown where the address leads to.
    if (id === 1) chosen.value = id;
    else choose(id);
  } catch (error) {
    await etcd.close();
    throw error;
  }
}

/** Each connection of `fetcd ui` has a path of its own. */
function urlOf({ at }: Login): string {
  return at === 0 ? location.origin : `${location.origin}/at/${at}`;
}

/** What is known of where a login leads. */
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

/** Before the first answer, a refusal repeated until its time ran out counts as silence. */
function unanswered(error: unknown): never {
  if (!EtcdError.is(error) || error.reason !== "Timeout") throw error;
  throw new EtcdError(error.message, "Unreachable", { outcome: "not-applied", cause: error });
}

/** Closes a session, by default the one that is shown; another one is shown then. Asks first where something is not saved. */
export async function disconnect(old: PageSession | undefined = shownSession.value): Promise<void> {
  if (old === undefined) return;
  const question = "What you have typed there is not saved, and goes with the connection. Disconnect?";
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
