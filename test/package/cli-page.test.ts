import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../cli/program.ts";
import { readText } from "./project.ts";

const page = readText("docs/cli.md");
const program = createProgram("1.2.3");

/** A command that does something, with the names that lead to it. */
interface Verb {
  readonly name: string;
  readonly command: Command;
}

function verbsOf(command: Command, path: readonly string[] = []): Verb[] {
  const shown = command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help");
  if (shown.length === 0) return [{ name: path.join(" "), command }];
  return shown.flatMap((each) => verbsOf(each, [...path, each.name()]));
}

const verbs = verbsOf(program);

/** What stands in front of a cell or of code in it: `--rev` is in `--rev <revision>`, but not in `--revision`. */
function tells(text: string, code: string): boolean {
  const escaped = code.replaceAll("|", "\\|").replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`\`(?:-\\w, )?${escaped}(?:\`| [<[])`).test(text);
}

/** The usage of a command as its help shows it, without the options. */
function usage({ name, command }: Verb): string {
  return [name, command.usage().replace("[options] ", "").replace("[options]", "")].join(" ").trim();
}

describe("docs/cli.md", () => {
  it("has each command that --help shows once, with its arguments", () => {
    expect(verbs.length).toBeGreaterThan(15);
    for (const verb of verbs) {
      const rows = page.split("\n").filter((line) => line.startsWith(`| \`${usage(verb)}\` |`));
      expect(rows, usage(verb)).toHaveLength(1);
    }
  });

  it("has no command that is not there", () => {
    const named = [...page.matchAll(/^\| command \|.*\n.*\n((?:\|.*\n)+)/gm)].flatMap(([, rows = ""]) =>
      [...rows.matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name),
    );
    expect(named.toSorted()).toEqual(verbs.map(usage).toSorted());
  });

  it("has each option of a command, in its row or with its name beside", () => {
    const lines = page.split("\n");
    for (const verb of verbs) {
      const own = lines.filter(
        (line) => line.startsWith(`| \`${usage(verb)}\``) || (line.startsWith("| `-") && tells(line, verb.name)),
      );
      for (const { flags, hidden } of verb.command.options) {
        if (hidden) continue;
        expect(
          own.some((line) => tells(line, flags.replace(/^-\w, /, ""))),
          `${verb.name} ${flags}`,
        ).toBe(true);
      }
    }
  });

  it("has each option that goes with every command, with its variable", () => {
    for (const { flags, envVar, description, hidden } of program.options) {
      if (hidden) continue;
      // Flags read theirs as Go does, which commander does not.
      const variable = envVar ?? /\(env: (\w+)\)/.exec(description)?.[1];
      const row = page.split("\n").find((line) => line.startsWith(`| \`${flags}\` |`));
      expect(row, flags).toBeDefined();
      expect(/\| `(ETCDCTL_\w+)` \|/.exec(row ?? "")?.[1], flags).toBe(variable);
    }
  });
});
