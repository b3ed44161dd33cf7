import type { Command } from "commander";
import { createOutput } from "./output.ts";
import { group } from "./group.ts";
import type { GlobalOptions } from "./global-options.ts";

/** What may follow a command: its subcommands, and its options with those of the program. */
interface Completed {
  /** The words after `fetcd`, joined by spaces; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly { readonly name: string; readonly description: string }[];
}

const shells = { bash, zsh, fish, powershell } as const;

/** `completion bash`, `fish`, `powershell` and `zsh`: scripts that complete commands and options without running fetcd. */
export function addCompletionCommands(program: Command): void {
  const completion = group(program, "completion", "print a script that completes commands and options in a shell");
  for (const [shell, script] of Object.entries(shells)) {
    completion
      .command(shell)
      .description(`for ${shell}`)
      .action(async (_: object, command: Command) => {
        const options: GlobalOptions = command.optsWithGlobals();
        const text = script(completed(program, program));
        await createOutput({ ...options, writeOut: "simple" }).say(text, { shell, script: text });
      });
  }
}

function completed(command: Command, program: Command, path: readonly string[] = []): Completed[] {
  const shown = command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help");
  const all = command === program ? [command] : [command, program];
  return [
    {
      path: path.join(" "),
      commands: shown.map((each) => ({ name: each.name(), description: each.description() })),
      options: all.flatMap((each) =>
        each
          .createHelp()
          .visibleOptions(each)
          .map((option) => ({ name: option.long ?? option.short ?? "", description: option.description })),
      ),
    },
    ...shown.flatMap((each) => completed(each, program, [...path, each.name()])),
  ];
}

const words = (all: Completed["commands"]): string => [...new Set(all.map(({ name }) => name))].join(" ");

function bash(all: readonly Completed[]): string {
  const cases = all.map(
    ({ path, commands, options }) =>
      `    "${path.replaceAll(" ", "/")}") commands="${words(commands)}"; options="${words(options)}" ;;`,
  );
  return `# bash completion of fetcd: source <(fetcd completion bash)
_fetcd() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at="" word commands options
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    case "$word" in -*) ;; *) case " ${all.map(({ path }) => path.replaceAll(" ", "/")).join(" ")} " in
      *" \${at:+$at/}$word "*) at="\${at:+$at/}$word" ;; esac ;;
    esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$commands" -- "$current")) ;;
  esac
}
complete -o default -F _fetcd fetcd`;
}

function zsh(all: readonly Completed[]): string {
  return `#compdef fetcd
# zsh completion of fetcd: source <(fetcd completion zsh)
(( $+functions[compdef] )) || { autoload -U compinit && compinit; }
autoload -U +X bashcompinit && bashcompinit
${bash(all).split("\n").slice(1).join("\n")}`;
}

function fish(all: readonly Completed[]): string {
  const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const condition = (path: string): string =>
    path === ""
      ? "__fish_use_subcommand"
      : path
          .split(" ")
          .map((word) => `__fish_seen_subcommand_from ${word}`)
          .join("; and ");
  const lines = all.flatMap(({ path, commands, options }) => [
    ...commands.map(
      ({ name, description }) =>
        `complete -c fetcd -f -n ${quote(condition(path))} -a ${name} -d ${quote(description)}`,
    ),
    ...options
      .filter(({ name }) => name.startsWith("--"))
      .map(
        ({ name, description }) =>
          `complete -c fetcd -n ${quote(condition(path))} -l ${name.slice(2)} -d ${quote(description)}`,
      ),
  ]);
  return ["# fish completion of fetcd: fetcd completion fish | source", ...lines].join("\n");
}

function powershell(all: readonly Completed[]): string {
  const entries = all.map(
    ({ path, commands, options }) => `    '${path}' = '${words(commands)} ${words(options)}'.Trim()`,
  );
  return `# PowerShell completion of fetcd: fetcd completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName fetcd -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $known = @{
${entries.join("\n")}
  }
  $path = ''
  foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
    $next = "$path $element".Trim()
    if ($known.ContainsKey($next)) { $path = $next }
  }
  $known[$path] -split ' ' | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}`;
}
