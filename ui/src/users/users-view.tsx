import { type Etcd, type Role, type User } from "fetcd";
import type { JSX } from "preact";
import type { Session } from "../session.ts";
import { ask } from "../ui/ask.tsx";
import { attempt } from "../ui/notice.tsx";
import { Reading } from "../ui/reading.tsx";
import { useLoaded } from "../ui/use-loaded.ts";
import { RolesTable } from "./roles-table.tsx";
import { UsersTable } from "./users-table.tsx";

/** Users, roles, and whether they count. */
export function UsersView({ session: { etcd, root, identity } }: { session: Session }): JSX.Element {
  const [seen, reload] = useLoaded((signal) => look(etcd, root, identity.username, signal), [etcd]);
  if (seen === undefined) return <Reading title="Users and roles" />;
  const { enabled, users, roles } = seen;

  async function turn(on: boolean): Promise<void> {
    const question = on
      ? "Every call needs a user name and a password from then on. Go on?"
      : "Everybody who reaches etcd may do everything from then on. Go on?";
    if (!(await ask(question, on ? "Turn on" : "Turn off"))) return;
    await (on ? etcd.auth.enable() : etcd.auth.disable());
    location.reload();
  }

  return (
    <section class="panel">
      <h1>Users and roles</h1>
      <p>
        Authentication is {enabled ? "on" : "off"}.{" "}
        <button type="button" disabled={!root} onClick={() => void attempt(() => turn(!enabled))}>
          Turn {enabled ? "off" : "on"}
        </button>
      </p>
      {!root && <p>You see yourself only: the rest is for users with the role root.</p>}
      <UsersTable etcd={etcd} root={root} users={users} roles={roles} reload={reload} />
      <RolesTable etcd={etcd} root={root} roles={roles} reload={reload} />
    </section>
  );
}

async function look(
  etcd: Etcd,
  root: boolean,
  self: string | undefined,
  signal: AbortSignal,
): Promise<{ enabled: boolean; users: User[]; roles: Role[] }> {
  const { enabled } = await etcd.auth.status({ signal });
  const names = root ? await etcd.auth.users.list({ signal }) : self === undefined ? [] : [self];
  const users: User[] = [];
  for (const name of names) users.push(await etcd.auth.users.get(name, { signal }));
  const roleNames = root ? await etcd.auth.roles.list({ signal }) : (users[0]?.roles ?? []);
  const roles: Role[] = [];
  for (const name of roleNames) roles.push(await etcd.auth.roles.get(name, { signal }));
  return { enabled, users, roles };
}
