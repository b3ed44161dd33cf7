import { CommanderError } from "commander";
import { ExitError, exitCodes } from "./exit-error.ts";
import { fromGoArguments } from "./go-arguments.ts";
import { withFlagName } from "./library-names.ts";
import { createProgram } from "./program.ts";
import { complain } from "./terminal.ts";

/** Runs the arguments of a command line, and resolves with the exit code. */
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
    // commander has already printed the message.
    if (error instanceof CommanderError) return codeOf(error);
    complain(`Error: ${await textOf(error)}`);
    if (error instanceof ExitError) return error.exitCode;
    // etcdctl logs in while it connects, so a failed login has the code of a failed connection.
    return (await import("fetcd")).EtcdError.is(error) && error.reason === "AuthFailed"
      ? exitCodes.badConnection
      : exitCodes.failed;
  }
}

/** As in etcdctl, wrong arguments have a special exit code, while unknown options and commands have the general one. */
function codeOf({ code, exitCode }: CommanderError): number {
  if (exitCode === 0) return 0;
  const ofArguments = ["commander.missingArgument", "commander.excessArguments"];
  return ofArguments.includes(code) ? exitCodes.badArguments : exitCodes.failed;
}

/** What went wrong, and for a write whether it was applied. */
async function textOf(error: unknown): Promise<string> {
  if (error instanceof ExitError) return error.message;
  // Imported only here, so that commands that need no client start faster.
  const { EtcdError } = await import("fetcd");
  if (!EtcdError.is(error)) return error instanceof Error ? error.message : String(error);
  const uncertain = error.outcome === "unknown" ? " (whether it was applied is not known)" : "";
  const message = error.reason === "InvalidArgument" ? withFlagName(error.message) : error.message;
  return `${message} [${error.reason}]${uncertain}`;
}
