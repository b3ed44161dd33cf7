import { type Command, InvalidArgumentError, Option } from "commander";
import { boolVariable } from "./go-bool.ts";
import { parseGoDuration } from "./go-duration.ts";

/** What every command takes, from the command line or from the variables that etcdctl reads. */
export interface GlobalOptions {
  /** As given, since etcdctl prints them unchanged. */
  readonly endpoints: readonly string[];
  readonly discoverySrv?: string;
  readonly discoverySrvName?: string;
  readonly insecureDiscovery?: boolean;
  readonly user?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly insecureTransport?: boolean;
  readonly allowInsecure?: boolean;
  readonly namespace?: string;
  /** In milliseconds, as are the following. */
  readonly commandTimeout: number;
  readonly dialTimeout?: number;
  readonly keepaliveTime?: number;
  readonly keepaliveTimeout?: number;
  readonly json?: boolean;
  readonly writeOut: string;
  readonly hex?: boolean;
  readonly debug?: boolean;
}

/** Adds the options to the program. Refuses a value of `ETCDCTL_API` other than 3. */
export function addGlobalOptions(program: Command): void {
  const text = (flags: string, description: string, variable: string): Option =>
    new Option(flags, description).env(variable);
  const duration = (flags: string, description: string, variable: string): Option =>
    text(flags, description, variable).argParser(argument(parseGoDuration));
  const yes = (flags: string, description: string, variable: string): Option =>
    new Option(flags, `${description} (env: ${variable})`).default(variableOf(program, variable) ?? false, "false");
  /** An option that is on unless `--name=false` turns it off. */
  const no = (name: string, description: string, variable: string): Option[] => [
    new Option(`--${name}`, `${description} (env: ${variable})`).default(variableOf(program, variable) ?? true, "true"),
    new Option(`--no-${name}`).hideHelp(),
  ];

  const options: Option[] = [
    text("--endpoints <urls>", "members, separated by commas, in order of preference", "ETCDCTL_ENDPOINTS")
      .default(["127.0.0.1:2379"], "127.0.0.1:2379")
      .argParser(endpointList),
    text("-d, --discovery-srv <domain>", "find the endpoints in the SRV records of a domain", "ETCDCTL_DISCOVERY_SRV"),
    text(
      "--discovery-srv-name <name>",
      "which cluster of the domain to use, if its SRV records name several",
      "ETCDCTL_DISCOVERY_SRV_NAME",
    ),
    ...no("insecure-discovery", "accept SRV records of endpoints without TLS", "ETCDCTL_INSECURE_DISCOVERY"),
    text(
      "--user <name[:password]>",
      "user name, or name:password; without a password, it is asked for on the terminal",
      "ETCDCTL_USER",
    ),
    text(
      "--password <password>",
      "password (then pass only the name in --user); other users can see it in the process list",
      "ETCDCTL_PASSWORD",
    ),
    new Option("--password-file <file>", "file that holds the password"),
    text("--cacert <file>", "CA certificates to verify servers with", "ETCDCTL_CACERT"),
    text("--cert <file>", "client certificate", "ETCDCTL_CERT"),
    text("--key <file>", "private key of the client certificate", "ETCDCTL_KEY"),
    yes(
      "--insecure-skip-tls-verify",
      "do not verify the certificates of servers: for tests only",
      "ETCDCTL_INSECURE_SKIP_TLS_VERIFY",
    ),
    ...no("insecure-transport", "allow connections without TLS", "ETCDCTL_INSECURE_TRANSPORT"),
    new Option("--allow-insecure", "send a password over plain HTTP to other machines too"),
    new Option("--namespace <prefix>", "see only the keys below a prefix, and print them without the prefix"),
    duration(
      "--command-timeout <duration>",
      "time limit of a command that gets a single answer",
      "ETCDCTL_COMMAND_TIMEOUT",
    ).default(10_000, "10s"),
    duration("--dial-timeout <duration>", "time limit for opening a connection", "ETCDCTL_DIAL_TIMEOUT"),
    duration(
      "--keepalive-time <duration>",
      "how long a watch may be silent before the client checks the connection",
      "ETCDCTL_KEEPALIVE_TIME",
    ),
    duration(
      "--keepalive-timeout <duration>",
      "added to --keepalive-time before the watch goes to another member",
      "ETCDCTL_KEEPALIVE_TIMEOUT",
    ),
    new Option("--json", "print JSON, one object per line"),
    text(
      "-w, --write-out <form>",
      "fields, json, protobuf, simple or table, as etcdctl prints them",
      "ETCDCTL_WRITE_OUT",
    ).default("simple"),
    yes("--hex", "print keys and values as hex", "ETCDCTL_HEX"),
    yes("--debug", "print requests and retries to standard error", "ETCDCTL_DEBUG"),
  ];
  for (const option of options) program.addOption(option);
  const api = process.env["ETCDCTL_API"];
  if (api !== undefined && api !== "3") program.error(`error: ETCDCTL_API is ${api}; fetcd speaks 3 only`);
}

function variableOf(program: Command, name: string): boolean | undefined {
  try {
    return boolVariable(name);
  } catch (error) {
    return program.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Makes an option's parser throw commander's own error, with the same message. */
export function argument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}

/** etcdctl takes endpoints without a scheme. Which scheme they get depends on other options, so it is added later. */
function endpointList(text: string): string[] {
  const urls = text.split(",").map((url) => url.trim());
  if (urls.includes("")) throw new InvalidArgumentError("expected URLs separated by commas");
  return urls;
}
