import type { Command } from "commander";
import type { Permission, PermissionType, Selector } from "fetcd";
import { act, type Context } from "./run-action.ts";
import { badArguments } from "./exit-error.ts";
import { group } from "./group.ts";
import { rangeBetween, type RangeFlags } from "./key-argument.ts";
import { bytesField } from "./output.ts";

/** `role add`, `delete`, `get`, `list`, `grant-permission` and `revoke-permission`. */
export function addRoleCommands(program: Command): void {
  const role = group(program, "role", "manage roles");

  role
    .command("add <role>")
    .description("add a role")
    .action((name: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AuthRoleAddResponse");
        await etcd.auth.roles.add(name, { signal });
        if (!(await printed())) await out.say(`Role ${name} created`, { role: name });
      }),
    );

  role
    .command("delete <role>")
    .description("delete a role")
    .action((name: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AuthRoleDeleteResponse");
        await etcd.auth.roles.delete(name, { signal });
        if (!(await printed())) await out.say(`Role ${name} deleted`, { role: name });
      }),
    );

  role
    .command("get <role>")
    .description("print what a role permits")
    .action((name: string, _: object, command: Command) => act(command, (context) => printRole(context, name)));

  role
    .command("list")
    .description("print the names of all roles")
    .action((_: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AuthRoleListResponse");
        const names = await etcd.auth.roles.list({ signal });
        if (await printed()) return;
        for (const name of names) await out.say(name, { role: name });
      }),
    );

  const ranged = (name: string, description: string): Command =>
    role
      .command(name)
      .description(description)
      .option("--prefix", "all keys that start with the key")
      .option("--from-key", "all keys from the key on");

  ranged("grant-permission <role> <type> <key> [range-end]", "grant read, write or readwrite on keys to a role").action(
    (name: string, type: string, key: string, end: string | undefined, flags: RangeFlags, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const [kind, selector] = [permissionType(type), permissionRange(key, end, flags)];
        const printed = out.whole("AuthRoleGrantPermissionResponse");
        await etcd.auth.roles.grantPermission(name, kind, selector, { signal });
        if (!(await printed())) await out.say(`Role ${name} updated`, { role: name });
      }),
  );

  ranged("revoke-permission <role> <key> [range-end]", "revoke the permission on exactly these keys").action(
    (name: string, key: string, end: string | undefined, flags: RangeFlags, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const selector = permissionRange(key, end, flags);
        const printed = out.whole("AuthRoleRevokePermissionResponse");
        await etcd.auth.roles.revokePermission(name, selector, { signal });
        if (await printed()) return;
        await out.say(`Permission of ${rangeText(selector, key)} is revoked from role ${name}`, { role: name });
      }),
  );
}

const types: readonly PermissionType[] = ["read", "write", "readwrite"];

function permissionType(text: string): PermissionType {
  const type = types.find((each) => each === text.toLowerCase());
  if (type === undefined) throw badArguments(`invalid permission type ${JSON.stringify(text)}: ${types.join(", ")}`);
  return type;
}

function permissionRange(key: string, end: string | undefined, { prefix, fromKey }: RangeFlags): Selector {
  if (prefix === true && fromKey === true) throw badArguments("--prefix and --from-key exclude each other");
  if (end !== undefined && (prefix === true || fromKey === true)) {
    throw badArguments(`a range end and ${prefix === true ? "--prefix" : "--from-key"} exclude each other`);
  }
  if (key === "" && (prefix === true || fromKey === true)) return { all: true };
  // A key in etcd is never empty, so etcdctl takes the smallest one.
  const first = key === "" ? "\0" : key;
  if (prefix === true) return { prefix: first };
  if (fromKey === true) return { from: first };
  return end === undefined || end === "" ? first : rangeBetween(first, end);
}

function rangeText(selector: Selector, key: string): string {
  if (typeof selector === "string") return `key ${key}`;
  if (typeof selector !== "object" || !("prefix" in selector)) {
    const to = typeof selector === "object" && "to" in selector ? selector.to : undefined;
    return to === undefined ? `range [${key}, <open ended>` : `range [${key}, ${String(to)})`;
  }
  const end = afterPrefix(Buffer.from(key));
  return end === undefined ? `range [${key}, <open ended>` : `range [${key}, ${end.toString()})`;
}

/** The first key after all that start with these bytes; `undefined` if no key comes after them. */
function afterPrefix(prefix: Uint8Array): Buffer | undefined {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  if (last < 0) return undefined;
  const end = Buffer.from(prefix.subarray(0, last + 1));
  end[last] = (end[last] ?? 0) + 1;
  return end;
}

/** Prints a role in the requested form. */
export async function printRole({ etcd, out, signal }: Context, name: string): Promise<void> {
  const printed = out.whole("AuthRoleGetResponse");
  const { permissions } = await etcd.auth.roles.get(name, { signal });
  if (await printed()) return;
  const lines = (type: "read" | "write"): string[] =>
    permissions.flatMap((each) =>
      each.permission === type || each.permission === "readwrite" ? [`\t${permissionText(each)}`] : [],
    );
  await out.say([`Role ${name}`, "KV Read:", ...lines("read"), "KV Write:", ...lines("write")].join("\n"), {
    role: name,
    permissions: permissions.map(({ permission, key, rangeEnd }) => ({
      permission,
      ...bytesField("key", key),
      ...(rangeEnd.length > 0 && bytesField("rangeEnd", rangeEnd)),
    })),
  });
}

function permissionText({ key, rangeEnd }: Permission): string {
  const [from, to] = [Buffer.from(key), Buffer.from(rangeEnd)];
  if (to.length === 0) return from.toString();
  if (to.equals(Buffer.of(0))) return `[${from.toString()}, <open ended>`;
  const isPrefix = from.length > 0 && afterPrefix(from)?.equals(to) === true;
  return `[${from.toString()}, ${to.toString()})${isPrefix ? ` (prefix ${from.toString()})` : ""}`;
}
