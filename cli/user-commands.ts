import type { Command } from "commander";
import { Option } from "commander";
import { askNewPassword } from "./ask-password.ts";
import { act, type Context } from "./run-action.ts";
import { badArguments } from "./exit-error.ts";
import { group } from "./group.ts";
import { printRole } from "./role-commands.ts";

/** `user add`, `delete`, `get`, `list`, `passwd`, `grant-role` and `revoke-role`. */
export function addUserCommands(program: Command): void {
  const user = group(program, "user", "manage users");
  const interactive = (command: Command): Command =>
    command
      .option("--interactive", "ask for the password twice; =false: read it from one line of standard input", true)
      .addOption(new Option("--no-interactive").hideHelp());

  interactive(user.command("add <name[:password]>").description("add a user"))
    .option("--new-user-password <password>", "password; other users can see it in the process list")
    .addOption(flag("--no-password", "create a user without a password, who logs in by client certificate only"))
    .action((text: string, flags: AddFlags, command: Command) => act(command, (context) => add(context, text, flags)));

  user
    .command("delete <name>")
    .description("delete a user")
    .action((name: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AuthUserDeleteResponse");
        await etcd.auth.users.delete(name, { signal });
        if (!(await printed())) await out.say(`User ${name} deleted`, { user: name });
      }),
    );

  user
    .command("get <name>")
    .description("print the roles of a user")
    .option("--detail", "also print the permissions of the roles")
    .action((name: string, { detail }: { detail?: boolean }, command: Command) =>
      act(command, (context) => get(context, name, detail === true)),
    );

  user
    .command("list")
    .description("print the names of all users")
    .action((_: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AuthUserListResponse");
        const names = await etcd.auth.users.list({ signal });
        if (await printed()) return;
        for (const name of names) await out.say(name, { user: name });
      }),
    );

  interactive(user.command("passwd <name>").description("change the password of a user")).action(
    (name: string, flags: { interactive: boolean }, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AuthUserChangePasswordResponse");
        await etcd.auth.users.changePassword(name, await askNewPassword(name, flags.interactive), { signal });
        if (!(await printed())) await out.say("Password updated", { user: name });
      }),
  );

  user
    .command("grant-role <name> <role>")
    .description("grant a role to a user")
    .action((name: string, role: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AuthUserGrantRoleResponse");
        await etcd.auth.users.grantRole(name, role, { signal });
        if (!(await printed())) await out.say(`Role ${role} is granted to user ${name}`, { user: name, role });
      }),
    );

  user
    .command("revoke-role <name> <role>")
    .description("revoke a role from a user")
    .action((name: string, role: string, _: object, command: Command) =>
      act(command, async ({ etcd, out, signal }) => {
        const printed = out.whole("AuthUserRevokeRoleResponse");
        await etcd.auth.users.revokeRole(name, role, { signal });
        if (!(await printed())) await out.say(`Role ${role} is revoked from user ${name}`, { user: name, role });
      }),
    );
}

/** A plain flag, though its name begins with `no`: commander must not take it for the negation of `--password`. */
function flag(name: string, description: string): Option {
  const option = new Option(name, description);
  option.negate = false;
  return option;
}

interface AddFlags {
  readonly interactive: boolean;
  readonly noPassword?: boolean;
  readonly newUserPassword?: string;
}

async function add({ etcd, out, signal }: Context, text: string, flags: AddFlags): Promise<void> {
  const printed = out.whole("AuthUserAddResponse");
  const colon = text.indexOf(":");
  const name = colon < 0 || flags.newUserPassword !== undefined ? text : text.slice(0, colon);
  if (name === "") throw badArguments("the user name is empty");
  const secret =
    flags.noPassword === true
      ? ({ noPassword: true } as const)
      : (flags.newUserPassword ?? (colon < 0 ? await askNewPassword(name, flags.interactive) : text.slice(colon + 1)));
  if (secret === "") throw new Error("the password is empty; --no-password creates a user without one");
  await etcd.auth.users.add(name, secret, { signal });
  if (!(await printed())) await out.say(`User ${name} created`, { user: name });
}

async function get(context: Context, name: string, detail: boolean): Promise<void> {
  const { etcd, out, signal } = context;
  const printed = detail ? undefined : out.whole("AuthUserGetResponse");
  const { roles } = await etcd.auth.users.get(name, { signal });
  if (printed === undefined) {
    if (!out.json) await out.say(`User: ${name}`, undefined);
    for (const role of roles) {
      if (!out.json) await out.lines([""]);
      await printRole(context, role);
    }
  } else if (!(await printed())) {
    await out.say(`User: ${name}\nRoles:${roles.map((role) => ` ${role}`).join("")}`, { user: name, roles });
  }
}
