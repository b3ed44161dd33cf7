import type { PermissionType, Role, User } from "fetcd";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Table } from "../ui/table.tsx";
import { accessOf } from "./key-access.ts";
import { keysInWords } from "./roles-table.tsx";

interface Props {
  readonly users: readonly User[];
  readonly roles: readonly Role[];
}

/** Shows the rights of all users for each range of their roles, and for a given key. */
export function AccessMatrix({ users, roles }: Props): JSX.Element | null {
  const [key, setKey] = useState("");
  if (users.length === 0) return null;
  const bytes = new TextEncoder().encode(key);
  const granted = roles.flatMap(({ name, permissions }) =>
    permissions.map(({ permission, selector }) => ({ role: name, permission, range: keysInWords(selector) })),
  );
  const ranges = [...new Set(granted.map(({ range }) => range))].sort();
  return (
    <>
      <Table caption="Who may do what where" columns={["User", ...ranges, "Any key"]}>
        {users.map((user) => (
          <tr key={user.name}>
            <th scope="row">{user.name}</th>
            {ranges.map((range) => {
              const own = granted.filter((each) => each.range === range && user.roles.includes(each.role));
              return <td key={range}>{wordOf(own.map(({ permission }) => permission))}</td>;
            })}
            <td>{user.roles.includes("root") && wordOf(["readwrite"])}</td>
          </tr>
        ))}
      </Table>
      <label>
        Test the access to a key
        <input class="mono" spellcheck={false} value={key} onInput={(event) => setKey(event.currentTarget.value)} />
      </label>
      {key !== "" && (
        <Table label="Access to the key" columns={["User", "May", "By the roles"]}>
          {users.map((user) => {
            const { read, write, by } = accessOf(user, roles, bytes);
            const may =
              read && write ? "may read and write" : read ? "may read" : write ? "may write" : "may do nothing";
            return (
              <tr key={user.name}>
                <th scope="row">{user.name}</th>
                <td>
                  <span class={`badge ${read || write ? "good" : "bad"}`}>{may}</span>
                </td>
                <td>{by.join(", ")}</td>
              </tr>
            );
          })}
        </Table>
      )}
    </>
  );
}

/** What several permissions for the same range allow together, in words. */
function wordOf(permissions: readonly PermissionType[]): JSX.Element | undefined {
  const read = permissions.some((each) => each !== "write");
  const write = permissions.some((each) => each !== "read");
  if (!read && !write) return undefined;
  return (
    <span class={`badge ${write ? "accent" : ""}`}>{read && write ? "read, write" : read ? "read" : "write"}</span>
  );
}
