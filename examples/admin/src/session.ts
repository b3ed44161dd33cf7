import { signal } from "@preact/signals";
import { createEtcd, type Etcd, EtcdError, type Identity } from "fetcd";

/** A cluster that the page is connected to, and who it is there. */
export interface Session {
  readonly etcd: Etcd;
  readonly endpoint: string;
  readonly version: string;
  readonly identity: Identity;
  /** May change members, users and roles: always while auth is off, later only with the root role. */
  readonly root: boolean;
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

/** Connects, and proves it by asking for what every view needs. Rejects with what `explainTrouble` explains. */
export async function connect({ endpoint, username, password, allowInsecure }: Login): Promise<void> {
  const etcd = createEtcd({
    endpoints: endpoint,
    allowInsecure,
    // A page of another origin may not send the header for it: asking would cost a refused preflight.
    requireLeader: false,
    ...(username !== "" && { auth: { username, password } }),
  });
  try {
    // Fails soon where nothing answers; later calls may take their time.
    await etcd.maintenance.version(undefined, { timeoutMs: 3_000 }).catch(unanswered);
    if (username === "" && (await etcd.auth.status()).enabled) {
      throw new Error("This etcd wants a user name and a password");
    }
    const [identity, { etcdserver }] = await Promise.all([etcd.auth.whoami(), etcd.maintenance.version()]);
    const root = identity.username === undefined || identity.roles.includes("root");
    await disconnect();
    session.value = { etcd, endpoint, version: etcdserver, identity, root };
  } catch (error) {
    await etcd.close();
    throw error;
  }
}

/** Who has had no answer yet need not tell a refusal, repeated until its time ran out, from a silence. */
function unanswered(error: unknown): never {
  if (!EtcdError.is(error) || error.reason !== "Timeout") throw error;
  throw new EtcdError(error.message, "Unreachable", { outcome: "not-applied", cause: error });
}

export async function disconnect(): Promise<void> {
  const old = session.value;
  session.value = undefined;
  await old?.etcd.close();
}
