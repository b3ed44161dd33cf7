import type { Command } from "commander";
import { goBool } from "./go-bool.ts";

/**
 * Arguments as commander reads them, from those that Go's flag parsers take too: `--prefix=true`, `--interactive=false`,
 * `-w=json`. What comes after `--` stays as it is.
 */
export function fromGoArguments(program: Command, given: readonly string[]): string[] {
  const dashes = given.indexOf("--");
  const ours = dashes < 0 ? given : given.slice(0, dashes);
  const flags = booleanFlags(program, ours);
  return [...ours.flatMap((argument) => rewritten(argument, flags)), ...(dashes < 0 ? [] : given.slice(dashes))];
}

function rewritten(argument: string, flags: ReadonlySet<string>): string[] {
  const short = /^-([a-zA-Z])=(.*)$/s.exec(argument);
  if (short) return [`-${short[1]}`, short[2] ?? ""];
  const long = /^(--[a-z][a-z-]*)=(.*)$/s.exec(argument);
  if (!long) return [argument];
  const [, name = "", text = ""] = long;
  const value = flags.has(name) ? goBool(text) : undefined;
  if (value === undefined) return [argument];
  if (value) return [name];
  const negated = `--no-${name.slice(2)}`;
  return flags.has(negated) ? [negated] : [];
}

/** The options without a value of the program and of the command that the arguments name. */
function booleanFlags(program: Command, given: readonly string[]): Set<string> {
  const named = [program];
  for (const argument of given) {
    const command = named
      .at(-1)
      ?.commands.find((each) => each.name() === argument || each.aliases().includes(argument));
    if (command !== undefined) named.push(command);
  }
  const flags = named.flatMap(({ options }) => options).filter(({ required, optional }) => !required && !optional);
  return new Set(flags.flatMap(({ long }) => long ?? []));
}
