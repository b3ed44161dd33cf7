import { Command } from "commander";
import { addDoctorCommand } from "./doctor-command.ts";
import { addFlagsCommands } from "./flags-commands.ts";
import { addGlobalOptions } from "./global-options.ts";
import { addHoldCommands } from "./hold-commands.ts";
import { addKeyCommands } from "./key-commands.ts";
import { addLeaseCommands } from "./lease-commands.ts";
import { addMemberCommands } from "./member-commands.ts";
import { addServeCommand } from "./serve-command.ts";
import { addSnapshotCommand } from "./snapshot-command.ts";
import { addStatusCommand } from "./status-command.ts";
import { addTransferCommands } from "./transfer-commands.ts";
import { addUiCommand } from "./ui-command.ts";
import { addWatchCommand } from "./watch-command.ts";

/** The command line of `fetcd`. */
export function createProgram(version: string): Command {
  const program = new Command("fetcd")
    .description("etcd from the command line, over its JSON gateway. Takes the variables of etcdctl.")
    .version(version)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  addGlobalOptions(program);
  // `fetcd bogus --help` asks for the help of what does not exist.
  program.on("beforeAllHelp", ({ command }: { command: Command }) => {
    const [name] = command.args;
    const known = command.commands.some((each) => each.name() === name || each.aliases().includes(name ?? ""));
    if (command.commands.length > 0 && name !== undefined && !name.startsWith("-") && !known && name !== "help") {
      command.error(`error: unknown command '${name}'`);
    }
  });
  for (const add of [
    addKeyCommands,
    addWatchCommand,
    addHoldCommands,
    addMemberCommands,
    addStatusCommand,
    addLeaseCommands,
    addSnapshotCommand,
    addTransferCommands,
    addDoctorCommand,
    addServeCommand,
    addUiCommand,
    addFlagsCommands,
  ]) {
    add(program);
  }
  return program;
}
