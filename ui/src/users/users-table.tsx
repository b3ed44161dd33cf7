import type { Role, User } from "fetcd";
import type { JSX } from "preact";
import type { PageSession } from "../page-session.ts";
import { askToConfirm } from "../ui/ask.tsx";
import { perform } from "../ui/notice.tsx";
import { Table } from "../ui/table.tsx";
import { textField } from "../ui/text-field.ts";

interface Props {
  readonly session: PageSession;
  readonly users: readonly User[];
  readonly roles: readonly Role[];
  reload(): Promise<void>;
}

export function UsersTable({ session, users, roles, reload }: Props): JSX.Element {
  const { etcd, identity, again } = session;
  // The role root can be granted even if it is not listed yet.
  const names = new Set(["root", ...roles.map(({ name }) => name)]);
  const then = (action: () => Promise<unknown>, done: string): void =>
    void perform(async () => {
      await action();
      await reload();
    }, done);

  function add(event: Event & { currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    const form = event.currentTarget;
    then(async () => {
      await etcd.auth.users.add(textField(form, "name"), textField(form, "password"));
      form.reset();
    }, "Added");
  }

  async function remove(name: string): Promise<void> {
    await askToConfirm(`Delete the user ${name}?`, "Delete");
    await etcd.auth.users.delete(name);
  }

  async function changePassword(name: string, form: HTMLFormElement): Promise<void> {
    const password = textField(form, "new-password");
    await etcd.auth.users.changePassword(name, password);
    form.reset();
    // A new password invalidates the user's tokens, so the page logs in again if it is its own user.
    if (name === identity.username) await again({ username: name, password });
  }

  return (
    <>
      <Table caption="Users" columns={["Name", "Roles", "Give a role", "New password", "Action"]}>
        {users.map((user) => (
          <tr key={user.name}>
            <th scope="row">{user.name}</th>
            <td>
              {user.roles.map((role) => (
                <span key={role} class="chip">
                  {role}
                  <button
                    type="button"
                    aria-label={`Take the role ${role} from ${user.name}`}
                    onClick={() => then(() => etcd.auth.users.revokeRole(user.name, role), "Taken")}
                  >
                    ×
                  </button>
                </span>
              ))}
            </td>
            <td>
              <select
                aria-label={`Give ${user.name} a role`}
                value=""
                onChange={({ currentTarget: { value } }) => {
                  if (value !== "") then(() => etcd.auth.users.grantRole(user.name, value), "Given");
                }}
              >
                <option value="">choose…</option>
                {[...names]
                  .filter((name) => !user.roles.includes(name))
                  .map((name) => (
                    <option key={name}>{name}</option>
                  ))}
              </select>
            </td>
            <td>
              <form
                class="row"
                onSubmit={(event) => {
                  event.preventDefault();
                  const form = event.currentTarget;
                  then(() => changePassword(user.name, form), `Changed the password of ${user.name}`);
                }}
              >
                <input
                  name="new-password"
                  type="password"
                  required
                  aria-label={`New password of ${user.name}`}
                  autocomplete="new-password"
                />
                <button type="submit">Change</button>
              </form>
            </td>
            <td>
              <button
                type="button"
                class="danger"
                onClick={() => then(() => remove(user.name), `Deleted ${user.name}`)}
              >
                Delete
              </button>
            </td>
          </tr>
        ))}
      </Table>
      <form class="row below" onSubmit={add}>
        <label>
          Name <input name="name" required autocomplete="off" />
        </label>
        <label>
          Password <input name="password" type="password" required autocomplete="new-password" />
        </label>
        <button type="submit">Add a user</button>
      </form>
    </>
  );
}
