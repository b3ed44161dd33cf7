import { invalidArgument, shown } from "./errors/etcd-error.ts";

// Options whose kind types say, checked for programs without them: of a wrong kind they would do something else in silence.

export function checkFunction<T>(value: T, option: string): T {
  if (typeof value === "function") return value;
  throw invalidArgument(`${option}: expected a function, got ${shown(value)}`);
}

/** `"false"` is no boolean, and means the opposite of what it says. */
export function checkBoolean(value: unknown, option: string): boolean {
  if (typeof value === "boolean") return value;
  throw invalidArgument(`${option}: expected true or false, got ${shown(value)}`);
}

/** More than 0, or as much as `Infinity`. */
export function checkPositive(value: unknown, option: string): number {
  if (typeof value === "number" && value > 0) return value;
  throw invalidArgument(`${option}: expected a positive number, got ${shown(value)}`);
}
