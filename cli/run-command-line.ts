import { CommanderError } from "commander";
import { ExitError, exitCodes } from "./exit-error.ts";
import { fromGoArguments } from "./go-arguments.ts";
import { createProgram } from "./program.ts";
import { complain } from "./terminal.ts";

/** Runs a command line, without the name of the program, and resolves with its exit code. */
export async function run(version: string, given: readonly string[]): Promise<number> {
  try {
    const program = createProgram(version);
    if (given.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync(fromGoArguments(program, given), { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // It has said on standard error what is wrong.
    if (error instanceof CommanderError) return codeOf(error);
    complain(`Error: ${await textOf(error)}`);
    if (error instanceof ExitError) return error.exitCode;
    // etcdctl logs in when it connects.
    return (await import("fetcd")).EtcdError.is(error) && error.reason === "AuthFailed"
      ? exitCodes.badConnection
      : exitCodes.failed;
  }
}

/** As etcdctl: arguments have a code of their own, options and commands that do not exist have not. */
function codeOf({ code, exitCode }: CommanderError): number {
  if (exitCode === 0) return 0;
  const ofArguments = ["commander.missingArgument", "commander.excessArguments"];
  return ofArguments.includes(code) ? exitCodes.badArguments : exitCodes.failed;
}

/** What went wrong, and of a write whether it happened. */
async function textOf(error: unknown): Promise<string> {
  if (error instanceof ExitError) return error.message;
  // Loaded here, if it was not before: what needs no client starts without.
  const { EtcdError } = await import("fetcd");
  if (!EtcdError.is(error)) return error instanceof Error ? error.message : String(error);
  const uncertain = error.outcome === "unknown" ? " (whether it was applied is not known)" : "";
  return `${error.message} [${error.reason}]${uncertain}`;
}
