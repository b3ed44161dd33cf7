/** Exit codes of etcdctl, by what went wrong. */
export const exitCodes = {
  failed: 1,
  badConnection: 2,
  invalidInput: 3,
  badFeature: 4,
  interrupted: 5,
  badArguments: 128,
  /** Interrupted: the code that shells use for SIGINT. */
  stopped: 130,
} as const;

/** An error that ends the program with an exit code other than 1. */
export class ExitError extends Error {
  override readonly name: string = "ExitError";
  readonly exitCode: number;
  constructor(message: string, kind: keyof typeof exitCodes, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCodes[kind];
  }
}

/** Arguments are missing, or exclude each other. */
export function badArguments(message: string): ExitError {
  return new ExitError(message, "badArguments");
}

/** An output form, a load or the like that does not exist. */
export function badFeature(message: string): ExitError {
  return new ExitError(message, "badFeature");
}

/** Standard input cannot be parsed. */
export function invalidInput(message: string): ExitError {
  return new ExitError(message, "invalidInput");
}
