import { isList } from "./rule.ts";
import { isObject } from "../../transport/platform.ts";

/** JSON Logic's truth: also an empty text, list or object is false, and `"0"` is true. */
export function isTruthy(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Boolean(value);
  return (isList(value) ? value : Object.keys(value)).length > 0;
}

/** `==`: two texts as they are, all else as numbers; `null` equals itself alone, lists and objects nothing. */
export function looselyEqual(a: unknown, b: unknown): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a === "string" && typeof b === "string") return a === b;
  return numberOf(a) === numberOf(b);
}

/** `===`: of the same kind as well. */
export function strictlyEqual(a: unknown, b: unknown): boolean {
  return a === b && (typeof a !== "object" || a === null);
}

/** A value where a number is compared; NaN, which is neither less nor more, for what is not a number. */
export function numberOf(value: unknown): number {
  return isObject(value) ? NaN : Number(value);
}

/** A value that may be reckoned with: a number, or the text of one. */
export function summandOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : NaN;
}

/** A result of reckoning: `null` where there is none, such as of a division by zero. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** A value as a part of a text. */
export function partOfText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (isList(value)) return value.map((each) => partOfText(jsonOf(each))).join(",");
  return value === null ? "" : "[object Object]";
}

/**
 * An attribute as JSON has it: only own members of plain objects, and elements of lists, are there; a date is its text.
 * `null`: nothing that a rule can use.
 */
export function memberOf(value: unknown, name: string): unknown {
  if (!isObject(value) || !Object.hasOwn(value, name)) return null;
  return isList(value) && !/^(?:0|[1-9]\d*)$/.test(name) ? null : jsonOf(value[name]);
}

export function jsonOf(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return Number(value);
    case "object":
      return value !== null && "toISOString" in value && typeof value.toISOString === "function"
        ? String(value.toISOString())
        : value;
    default:
      return null;
  }
}
