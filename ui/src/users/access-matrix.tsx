import type { Role, User } from "fetcd";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { accessOf } from "./access.ts";
import { wordsOf } from "./roles-table.tsx";
import { Table } from "../ui/table.tsx";

interface Props {
  readonly users: readonly User[];
  readonly roles: readonly Role[];
}

/** Who may do what where, and with one key. */
export function AccessMatrix({ users, roles }: Props): JSX.Element | null {
  const [key, setKey] = useState("");
  if (users.length === 0) return null;
  const bytes = new TextEncoder().encode(key);
  return (
    <Table
      caption="Who may do what"
      columns={[
        "User",
        "By its roles",
        <label key="test">
          Test the access to a key
          <input class="mono" spellcheck={false} value={key} onInput={(event) => setKey(event.currentTarget.value)} />
        </label>,
      ]}
    >
      {users.map((user) => {
        const { read, write, by } = accessOf(user, roles, bytes);
        const own = roles.filter(({ name }) => user.roles.includes(name));
        const may = read && write ? "may read and write" : read ? "may read" : write ? "may write" : "may do nothing";
        return (
          <tr key={user.name}>
            <th scope="row">{user.name}</th>
            <td>
              {user.roles.includes("root") && <span class="badge accent">everything</span>}
              {own.flatMap(({ name, permissions }) =>
                permissions.map((permission) => (
                  <span key={`${name} ${wordsOf(permission)}`} class="badge">
                    {wordsOf(permission)}
                  </span>
                )),
              )}
            </td>
            <td>
              {key !== "" && (
                <>
                  <span class={`badge ${read || write ? "good" : "bad"}`}>{may}</span>{" "}
                  {by.length > 0 && <small>by {by.join(", ")}</small>}
                </>
              )}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}
