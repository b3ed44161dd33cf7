import { describe } from "./describe.ts";
import { isSignal, isRecord } from "./platform.ts";

// What the value of an option has to be, for programs without types: a value of a wrong kind would mean something else.

/** What a value of an option has to be. */
export interface Kind<T = unknown> {
  /** As an error text says it. */
  readonly expected: string;
  accepts(value: unknown): value is T;
  /** What an error text shows of a value that is not accepted. @default its type, since it may be large or a secret */
  readonly show?: (value: unknown) => string;
}

/** One declaration of the options of a function: a name that its type has and this has not does not compile. */
export type Kinds<T extends object> = { readonly [K in keyof T & string]-?: Kind };

/** One that is checked where it is used, with a text of its own. */
export const anything: Kind = { expected: "a value", accepts: (value): value is unknown => value !== undefined };
/** `"false"` is not a boolean, and means the opposite of what it says. */
export const boolean: Kind<boolean> = { expected: "true or false", accepts: (value) => typeof value === "boolean" };
export const func: Kind = { expected: "a function", accepts: isFunction };
export const object: Kind<object> = { expected: "an object", accepts: isRecord };
export const list: Kind<readonly unknown[]> = { expected: "an array", accepts: (value) => Array.isArray(value) };
export const string: Kind<string> = {
  expected: "a string that is not empty",
  accepts: (value): value is string => typeof value === "string" && value !== "",
};
/** More than 0, or as much as `Infinity`. */
export const positive: Kind<number> = { expected: "a positive number", accepts: isPositive };
/** A time to wait, of any length, a part of a millisecond or for ever: what a caller has left of its own time. */
export const milliseconds: Kind<number> = { expected: "a positive number of milliseconds", accepts: isPositive };
/** A number of things: a whole number of at least 1. */
export const positiveInteger: Kind<number> = {
  expected: "a positive whole number",
  accepts: (value): value is number => Number.isSafeInteger(value) && isPositive(value),
};
export const signal: Kind<AbortSignal> = { expected: "an AbortSignal", accepts: isSignal };

function isFunction(value: unknown): value is (...given: never[]) => unknown {
  return typeof value === "function";
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && value > 0;
}

export function oneOf<T>(allowed: readonly T[]): Kind<T> {
  return {
    expected: `one of ${allowed.join(", ")}`,
    accepts: (value): value is T => allowed.some((each) => each === value),
    show: shownText,
  };
}

/** For what is never a secret: the beginning of a text. */
export function shownText(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : describe(value);
}

/** What is wrong with a value; `undefined` if nothing is. */
export function faultOf(kind: Kind, value: unknown, option: string): string | undefined {
  if (kind.accepts(value)) return undefined;
  return `${option}: expected ${kind.expected}, got ${(kind.show ?? describe)(value)}`;
}
