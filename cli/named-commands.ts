import type { Command, Option } from "commander";

export interface Named {
  /** The program, and the commands that the arguments name, each a command of the one before. */
  readonly commands: readonly Command[];
  /** The arguments, with the whole names of these commands before everything else. */
  readonly given: readonly string[];
}

/** Commands that etcdctl does not have. They are named in full: what is short for one of etcdctl's stays that one. */
const notOfEtcdctl: ReadonlySet<string> = new Set(["ls", "export", "import", "doctor", "serve", "ui", "flags"]);

/**
 * Finds the commands that arguments name as etcdctl does: by the beginning of a name that fits no other, too, and behind
 * options, those of the command as well (`endpoint --cluster health`).
 */
export function namedCommands(program: Command, given: readonly string[]): Named {
  const commands = [program];
  const others: string[] = [];
  let command = program;
  const left = [...given];
  for (let next = left[0]; next !== undefined && command.commands.length > 0; next = left[0]) {
    if (next.startsWith("-")) {
      others.push(...left.splice(0, takesNext(program, command, next) ? 2 : 1));
      continue;
    }
    const found = commandOf(command, next);
    if (found === undefined) break;
    commands.push(found);
    command = found;
    left.shift();
  }
  const names = commands.slice(1).map((each) => each.name());
  return { commands, given: [...names, ...others, ...left] };
}

function commandOf({ commands }: Command, name: string): Command | undefined {
  const exact = commands.find((each) => each.name() === name || each.aliases().includes(name));
  if (exact !== undefined || name === "") return exact;
  const [only, ...others] = commands.filter((each) => each.name().startsWith(name) && !notOfEtcdctl.has(each.name()));
  return others.length === 0 ? only : undefined;
}

/** Whether the value of an option, of the program or of what a command holds, is the argument after it. */
function takesNext(program: Command, command: Command, argument: string): boolean {
  const fits = ({ long, short, required }: Option): boolean => required && (argument === long || argument === short);
  return program.options.some(fits) || command.commands.some(({ options }) => options.some(fits));
}
