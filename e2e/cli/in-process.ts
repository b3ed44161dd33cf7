import { Readable } from "node:stream";
import { run } from "../../cli/run-command-line.ts";

/** What a command line did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Bytes as text, one character each, so that nothing is lost. */
const text = (pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString("latin1");

/**
 * Runs a command line of ours within this process, one at a time: starting a process for each would take longer than all
 * of them do.
 */
export async function runInProcess(args: readonly string[], input: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const before = {
    env: process.env,
    argv: process.argv,
    stdin: Object.getOwnPropertyDescriptor(process, "stdin"),
    out: process.stdout.write,
    err: process.stderr.write,
  };
  const [out, err]: [Uint8Array[], Uint8Array[]] = [[], []];
  const into =
    (pieces: Uint8Array[]) =>
    (piece: string | Uint8Array, ...rest: unknown[]): boolean => {
      pieces.push(Buffer.from(piece));
      const callback = rest.find((each) => typeof each === "function");
      if (callback) callback();
      return true;
    };
  process.env = env;
  process.argv = [process.execPath, "fetcd", ...args];
  process.stdout.write = into(out);
  process.stderr.write = into(err);
  Object.defineProperty(process, "stdin", {
    configurable: true,
    value: Readable.from(input === "" ? [] : [Buffer.from(input)]),
  });
  process.exitCode = undefined;
  try {
    const code = await run("0.0.0", args);
    return { code, stdout: text(out), stderr: text(err) };
  } finally {
    process.exitCode = undefined;
    process.env = before.env;
    process.argv = before.argv;
    process.stdout.write = before.out;
    process.stderr.write = before.err;
    if (before.stdin) Object.defineProperty(process, "stdin", before.stdin);
  }
}
