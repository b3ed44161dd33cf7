import type { Etcd, Permission, PermissionType, Role, Selector } from "fetcd";
import type { JSX } from "preact";
import { labelOf } from "../keys/key-id.ts";
import { askToConfirm } from "../ui/ask.tsx";
import { perform } from "../ui/notice.tsx";
import { Table } from "../ui/table.tsx";
import { textField } from "../ui/text-field.ts";

interface Props {
  readonly etcd: Etcd;
  readonly roles: readonly Role[];
  reload(): Promise<void>;
}

export function RolesTable({ etcd, roles, reload }: Props): JSX.Element {
  const then = (action: () => Promise<unknown>, done: string): void =>
    void perform(async () => {
      await action();
      await reload();
    }, done);

  async function remove(name: string): Promise<void> {
    await askToConfirm(`Delete the role ${name}?`, "Delete");
    await etcd.auth.roles.delete(name);
  }

  function grant(event: Event & { currentTarget: HTMLFormElement }, role: string): void {
    event.preventDefault();
    const form = event.currentTarget;
    const key = textField(form, "key");
    const type = permissionTypes.find((each) => each === textField(form, "type"));
    const selector: Selector = key === "" ? { all: true } : textField(form, "prefix") === "on" ? { prefix: key } : key;
    if (type !== undefined) then(() => etcd.auth.roles.grantPermission(role, type, selector), "Granted");
  }

  return (
    <>
      <Table caption="Roles" columns={["Name", "May", "Allow more", "Action"]}>
        {roles.map(({ name, permissions }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              {name === "root" && "everything"}
              {permissions.map((permission) => (
                <span key={wordsOf(permission)} class="chip">
                  {wordsOf(permission)}
                  <button
                    type="button"
                    aria-label={`Take ${wordsOf(permission)} from ${name}`}
                    onClick={() => then(() => etcd.auth.roles.revokePermission(name, permission.selector), "Taken")}
                  >
                    ×
                  </button>
                </span>
              ))}
            </td>
            <td>
              <form class="row" onSubmit={(event) => grant(event, name)}>
                <select name="type" aria-label="What">
                  {permissionTypes.map((type) => (
                    <option key={type}>{type}</option>
                  ))}
                </select>
                <input name="key" aria-label="Key or prefix" placeholder="all keys" />
                <label class="check">
                  <input name="prefix" type="checkbox" defaultChecked /> prefix
                </label>
                <button type="submit">Allow</button>
              </form>
            </td>
            <td>
              <button type="button" class="danger" onClick={() => then(() => remove(name), `Deleted ${name}`)}>
                Delete
              </button>
            </td>
          </tr>
        ))}
      </Table>
      <form
        class="row below"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const name = textField(form, "name");
          then(() => etcd.auth.roles.add(name).then(() => form.reset()), "Added");
        }}
      >
        <label>
          Name <input name="name" required />
        </label>
        <button type="submit">Add a role</button>
      </form>
    </>
  );
}

const permissionTypes: readonly PermissionType[] = ["read", "write", "readwrite"];

function wordsOf({ permission, selector }: Permission): string {
  return `${permission} ${keysInWords(selector)}`;
}

/** The keys of a permission, in words. */
export function keysInWords(selector: Selector): string {
  const text = (key: string | Uint8Array): string => (typeof key === "string" ? key : labelOf(key));
  if (typeof selector === "string" || selector instanceof Uint8Array) return text(selector);
  if (selector.prefix !== undefined) return `${text(selector.prefix)}*`;
  if (selector.from === undefined) return "all keys";
  return `${text(selector.from)} up to ${selector.to === undefined ? "the end" : text(selector.to)}`;
}
