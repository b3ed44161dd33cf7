import type { Command } from "commander";

/** A command that only has subcommands. Without one it prints its help, as etcdctl does. */
export function group(program: Command, name: string, description: string): Command {
  const command = program.command(name).description(description);
  command.action(() => {
    const [unknown] = command.args;
    if (unknown === undefined) command.outputHelp();
    else command.error(`error: unknown command '${unknown}'`);
  });
  return command;
}

/** Lets each group report its own unknown commands. Called last, since commands added later would inherit the setting. */
export function finishGroups(program: Command): void {
  for (const command of program.commands) if (command.commands.length > 0) command.allowExcessArguments();
}
