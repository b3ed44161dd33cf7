import type { Command } from "commander";

/** A command that only holds others: by itself it prints its help, as etcdctl's do. */
export function group(program: Command, name: string, description: string): Command {
  const command = program.command(name).description(description);
  command.action(() => {
    const [unknown] = command.args;
    if (unknown === undefined) command.outputHelp();
    else command.error(`error: unknown command '${unknown}'`);
  });
  return command;
}

/** Has each group say itself what it does not know. Commands that are made later would inherit that. */
export function finishGroups(program: Command): void {
  for (const command of program.commands) if (command.commands.length > 0) command.allowExcessArguments();
}
