import type { CallOptions } from "../transport/connection.ts";
import { invalidArgument, shown } from "../transport/errors/etcd-error.ts";
import { checkOptions } from "../transport/options.ts";

// Checks for what types cannot say. Each names the option, what was expected and what came instead.

const maxInt64 = 2n ** 63n - 1n;

/** A revision to read at or from: at least 1. */
export function checkRevision(value: unknown, option: string): bigint {
  if (typeof value === "bigint" && value > 0n && value <= maxInt64) return value;
  throw invalidArgument(`${option}: expected a positive bigint, got ${shown(value)}`);
}

/** A bound on revisions, or a compare operand: 0 or more. */
export function checkCount(value: unknown, option: string): bigint {
  if (typeof value === "bigint" && value >= 0n && value <= maxInt64) return value;
  throw invalidArgument(`${option}: expected a bigint that is not negative, got ${shown(value)}`);
}

/** A lease id: any 64-bit integer but 0, which means none. */
export function checkLeaseId(value: unknown, option: string): bigint {
  if (typeof value === "bigint" && value !== 0n && value <= maxInt64 && value >= -maxInt64 - 1n) return value;
  throw invalidArgument(`${option}: expected a lease id as a bigint other than 0, got ${shown(value)}`);
}

/** A member or cluster id: unsigned. */
export function checkId(value: unknown, option: string): bigint {
  if (typeof value === "bigint" && value > 0n && value < 2n ** 64n) return value;
  throw invalidArgument(`${option}: expected an id as a positive bigint, got ${shown(value)}`);
}

/** A number of things: a whole number of at least 1. */
export function checkPositiveInteger(value: unknown, option: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw invalidArgument(`${option}: expected a positive whole number, got ${shown(value)}`);
}

export function checkString(value: unknown, option: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalidArgument(
    `${option}: expected a string that is not empty, got ${value === "" ? "an empty one" : shown(value)}`,
  );
}

export function checkOneOf<T extends string>(value: unknown, allowed: readonly T[], option: string): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw invalidArgument(
    `${option}: expected one of ${allowed.join(", ")}; got ${typeof value === "string" ? JSON.stringify(value) : shown(value)}`,
  );
}

/** What every call takes. */
export const callNames: readonly (keyof CallOptions)[] = ["signal", "timeoutMs"];

/** The options of a call as `checkOptions` gives them: `signal`, `timeoutMs` and those in `names`. */
export function ownOptions<T extends CallOptions>(
  where: string,
  options: T | undefined,
  names: readonly (keyof T & string)[] = [],
): T {
  return checkOptions(where, options, [...names, ...callNames]);
}
