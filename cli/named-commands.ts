import type { Command, Option } from "commander";

export interface Named {
  /** The program, and the commands that the arguments name, each a command of the one before. */
  readonly commands: readonly Command[];
  /** The arguments, with the full names of these commands first. */
  readonly given: readonly string[];
}

/** Commands that etcdctl does not have. They have no short forms, so that those of etcdctl's commands keep working. */
const notOfEtcdctl: ReadonlySet<string> = new Set(["ls", "export", "import", "doctor", "serve", "ui", "flags"]);

/**
 * Finds the commands that arguments name, as etcdctl does: a unique beginning of a name suffices, and options may come
 * first, even those of the command itself (`endpoint --cluster health`).
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

/** Whether an option, of the program or below this command, takes the next argument as its value. */
function takesNext(program: Command, command: Command, argument: string): boolean {
  const fits = ({ long, short, required }: Option): boolean => required && (argument === long || argument === short);
  return program.options.some(fits) || command.commands.some(({ options }) => options.some(fits));
}
