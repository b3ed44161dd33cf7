/** Exit codes of etcdctl, by what went wrong. */
export const exitCodes = {
  failed: 1,
  badConnection: 2,
  invalidInput: 3,
  badFeature: 4,
  interrupted: 5,
  badArguments: 128,
  /** By a signal: the shell's code for SIGINT. */
  stopped: 130,
} as const;

/** What ends the program with an exit code other than 1. */
export class ExitError extends Error {
  override readonly name: string = "ExitError";
  readonly exitCode: number;
  constructor(message: string, kind: keyof typeof exitCodes, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCodes[kind];
  }
}

/** The command line holds what does not go together, or lacks something. */
export function badArguments(message: string): ExitError {
  return new ExitError(message, "badArguments");
}

/** A form, a load or the like that does not exist here. */
export function badFeature(message: string): ExitError {
  return new ExitError(message, "badFeature");
}

/** What was read from standard input cannot be understood. */
export function invalidInput(message: string): ExitError {
  return new ExitError(message, "invalidInput");
}
