import { invalidArgument, shown } from "../transport/errors.ts";

/** How long a recipe may wait, in milliseconds: for ever unless it is said. */
export function checkTimeoutMs(value: unknown): number {
  if (value === undefined) return Infinity;
  if (typeof value === "number" && value >= 0) return value;
  throw invalidArgument(`timeoutMs: expected milliseconds that are not negative, got ${shown(value)}`);
}
