import type { Command } from "commander";
import { goBool } from "./go-bool.ts";
import { namedCommands } from "./named-commands.ts";

/**
 * Rewrites arguments that only Go's flag parsers understand into those that commander does: `compact` for `compaction`,
 * `--prefix=true`, `--interactive=false`, `-w=json`. Arguments after `--` stay as they are.
 */
export function fromGoArguments(program: Command, given: readonly string[]): string[] {
  const dashes = given.indexOf("--");
  const { commands, given: ours } = namedCommands(program, dashes < 0 ? given : given.slice(0, dashes));
  const flags = booleanFlags(commands);
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

/** The options of these commands that take no value. */
function booleanFlags(commands: readonly Command[]): Set<string> {
  const flags = commands.flatMap(({ options }) => options).filter(({ required, optional }) => !required && !optional);
  return new Set(flags.flatMap(({ long }) => long ?? []));
}
