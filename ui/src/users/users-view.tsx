import { type Etcd, type Role, type User } from "fetcd";
import type { JSX } from "preact";
import { whyNotRoot } from "../page-rights.ts";
import type { PageSession } from "../page-session.ts";
import { askToConfirm } from "../ui/ask.tsx";
import { perform } from "../ui/notice.tsx";
import { Reading } from "../ui/reading.tsx";
import { textField } from "../ui/text-field.ts";
import { useLoaded } from "../ui/use-loaded.ts";
import { AccessMatrix } from "./access-matrix.tsx";
import { RolesTable } from "./roles-table.tsx";
import { UsersTable } from "./users-table.tsx";

/** Shows users and roles, and turns authentication on and off. */
export function UsersView({ session }: { session: PageSession }): JSX.Element {
  const { etcd, root, identity, again } = session;
  const mayRead = identity.username === undefined || identity.roles.includes("root");
  const [seen, reload] = useLoaded((signal) => look(etcd, mayRead, identity.username, signal), [etcd]);
  if (seen === undefined) return <Reading title="Users and roles" />;
  const { enabled, users, roles } = seen;

  /** Sets the password of root first, so that an old password with a typo locks nobody out. */
  async function turnOn(password: string): Promise<void> {
    await askToConfirm("From then on, every call needs a user name and a password. Continue?", "Turn on");
    await etcd.auth.users.changePassword("root", password);
    await etcd.auth.enable();
    await again({ username: "root", password });
  }

  async function turnOff(): Promise<void> {
    await askToConfirm("From then on, everybody who reaches etcd may do everything. Continue?", "Turn off");
    await etcd.auth.disable();
    await again({ username: "", password: "" });
  }

  const rootUser = users.find(({ name }) => name === "root");
  const rootReady = rootUser?.roles.includes("root") === true;
  const why = whyNotRoot(session);
  return (
    <section class="panel">
      <header>
        <h1>Users and roles</h1>
        <span class={`badge ${enabled ? "good" : "warn"}`}>Authentication is {enabled ? "on" : "off"}</span>
        {enabled && (
          <button type="button" disabled={!root} title={why} onClick={() => void perform(turnOff)}>
            Turn off
          </button>
        )}
      </header>
      {!enabled && (
        <div class="callout">
          <strong>Turn authentication on without locking yourself out</strong>
          <ol style={{ margin: 0 }}>
            <li>
              {rootUser === undefined ? "Add the user root, with a password that you keep." : "✓ The user root exists."}
            </li>
            <li>{rootReady ? "✓ It has the role root." : "Give it the role root, which may do everything."}</li>
            <li>Add a role and a user for each program, with what it needs and no more.</li>
            <li>Turn it on. Programs without a login are refused from then on, and this page goes on as root.</li>
          </ol>
          <form
            class="row"
            onSubmit={(event) => {
              event.preventDefault();
              const password = textField(event.currentTarget, "password");
              void perform(() => turnOn(password));
            }}
          >
            <label>
              Password of root, which it gets now
              <input
                name="password"
                type="password"
                required
                autocomplete="new-password"
                disabled={!root || !rootReady}
              />
            </label>
            <button type="submit" class="primary" disabled={!root || !rootReady} title={why}>
              Turn on
            </button>
          </form>
        </div>
      )}
      {why !== undefined && (
        <p class="callout">{mayRead ? why : "You see only your own user. Users with the role root see all."}</p>
      )}
      <fieldset disabled={!root} title={why}>
        <UsersTable session={session} users={users} roles={roles} reload={reload} />
        <RolesTable etcd={etcd} roles={roles} reload={reload} />
      </fieldset>
      <AccessMatrix users={users} roles={roles} />
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
