import { type Command, InvalidArgumentError, Option } from "commander";
import { goDuration } from "./go-duration.ts";

/** What every command takes, from the command line or from the variables that etcdctl reads. */
export interface GlobalOptions {
  readonly endpoints: readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly allowInsecure?: boolean;
  readonly namespace?: string;
  /** In milliseconds. */
  readonly commandTimeout: number;
  readonly json?: boolean;
  readonly writeOut: "simple" | "json";
  readonly hex?: boolean;
}

/** Adds the options to the program, and refuses variables of etcdctl that ask for what this is not. */
export function addGlobalOptions(program: Command): void {
  const endpoints = new Option("--endpoints <urls>", "members, separated by commas, in order of preference")
    .env("ETCDCTL_ENDPOINTS")
    .default(["http://127.0.0.1:2379"], "http://127.0.0.1:2379")
    .argParser(endpointList);
  program
    .addOption(endpoints)
    .addOption(
      new Option("--user <name[:password]>", "whom to log in as; a terminal is asked for the password").env(
        "ETCDCTL_USER",
      ),
    )
    .addOption(
      new Option("--password <password>", "then --user is the name alone; others see it in the list of processes").env(
        "ETCDCTL_PASSWORD",
      ),
    )
    .option("--password-file <file>", "a file that holds the password")
    .addOption(new Option("--cacert <file>", "trust servers with certificates of this authority").env("ETCDCTL_CACERT"))
    .addOption(new Option("--cert <file>", "certificate to show to servers").env("ETCDCTL_CERT"))
    .addOption(new Option("--key <file>", "its private key").env("ETCDCTL_KEY"))
    .option("--allow-insecure", "send a password over plain HTTP to other machines too")
    .option("--namespace <prefix>", "see only the keys below a prefix, and those by the rest of their names")
    .addOption(
      new Option("--command-timeout <duration>", "for a whole command that is answered once")
        .env("ETCDCTL_COMMAND_TIMEOUT")
        .default(10_000, "10s")
        .argParser(argument(goDuration)),
    )
    .option("--json", "print JSON, an object a line")
    .addOption(
      new Option("-w, --write-out <form>", "as --json, in etcdctl's words")
        .env("ETCDCTL_WRITE_OUT")
        .choices(["simple", "json"])
        .default("simple"),
    )
    .addOption(new Option("--hex", "print keys and values as hex").env("ETCDCTL_HEX"));
  const api = process.env["ETCDCTL_API"];
  if (api !== undefined && api !== "3") program.error(`error: ETCDCTL_API is ${api}; this program speaks 3 only`);
}

/** Lets an option's parser say what is wrong as commander wants to hear it. */
export function argument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}

/** etcdctl takes endpoints without a scheme: which one they have is known only once all options are. */
function endpointList(text: string): string[] {
  const urls = text.split(",").map((url) => url.trim());
  if (urls.includes("")) throw new InvalidArgumentError("expected URLs separated by commas");
  return urls;
}
