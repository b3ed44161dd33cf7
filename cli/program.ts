import { Command } from "commander";
import { addAuthCommands } from "./auth-commands.ts";
import { addCheckCommands } from "./check-commands.ts";
import { addCompletionCommands } from "./completion-commands.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { addEndpointCommands } from "./endpoint-commands.ts";
import { addFlagsCommands } from "./flags-commands.ts";
import { addGlobalOptions } from "./global-options.ts";
import { finishGroups } from "./group.ts";
import { addHoldCommands } from "./hold-commands.ts";
import { addKeyCommands } from "./key-commands.ts";
import { addLeaseCommands } from "./lease-commands.ts";
import { addMaintenanceCommands } from "./maintenance-commands.ts";
import { addMemberCommands } from "./member-commands.ts";
import { addMirrorCommand } from "./mirror-command.ts";
import { addRoleCommands } from "./role-commands.ts";
import { addServeCommand } from "./serve-command.ts";
import { addSnapshotCommand } from "./snapshot-command.ts";
import { addTransferCommands } from "./transfer-commands.ts";
import { addTxnCommand } from "./txn-command.ts";
import { addUiCommand } from "./ui-command.ts";
import { addUserCommands } from "./user-commands.ts";
import { addVersionCommand } from "./version-command.ts";
import { addWatchCommand } from "./watch-command.ts";

/** The command line of `fetcd`. Errors are thrown, where commander would end the process. */
export function createProgram(version: string): Command {
  const program = new Command("fetcd")
    .description("etcd from the command line, over its JSON gateway, with etcdctl's commands, options and variables")
    .version(version)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  addGlobalOptions(program);
  // `fetcd bogus --help` must fail too, rather than print the help of the program.
  program.on("beforeAllHelp", ({ command }: { command: Command }) => {
    const [name] = command.args;
    const known = command.commands.some((each) => each.name() === name || each.aliases().includes(name ?? ""));
    if (command.commands.length > 0 && name !== undefined && !name.startsWith("-") && !known && name !== "help") {
      command.error(`error: unknown command '${name}'`);
    }
  });
  for (const add of [
    addKeyCommands,
    addTxnCommand,
    addWatchCommand,
    addHoldCommands,
    addLeaseCommands,
    addMemberCommands,
    addEndpointCommands,
    addMaintenanceCommands,
    addAuthCommands,
    addUserCommands,
    addRoleCommands,
    addSnapshotCommand,
    addMirrorCommand,
    addCheckCommands,
    addTransferCommands,
    addDoctorCommand,
    addServeCommand,
    addUiCommand,
    addFlagsCommands,
    addCompletionCommands,
  ]) {
    add(program);
  }
  addVersionCommand(program, version);
  finishGroups(program);
  return program;
}
