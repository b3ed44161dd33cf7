import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Json } from "./flag-format.ts";
import { isObject } from "../transport/platform.ts";

/** Checks a flag's value and makes what the program sees of it. Throws if the value does not fit. */
export type CheckValue = (name: string, value: Json) => unknown;

/** One for the object of all flags, or one for each. */
export type Schemas = StandardSchemaV1 | Readonly<Record<string, StandardSchemaV1>>;

/** A check by one schema for each flag, or by one for the object of all; without any, by the kind of the default. */
export function checkBySchema(schema: Schemas | undefined, defaults: Readonly<Record<string, unknown>>): CheckValue {
  if (schema === undefined) return (name, value) => sameKind(defaults, name, value);
  if (isSchema(schema)) {
    return (name, value) => {
      if (!Object.hasOwn(defaults, name)) return value;
      const output = validated(schema, { ...defaults, [name]: value });
      return isObject(output) ? Reflect.get(output, name) : undefined;
    };
  }
  return (name, value) => {
    const own = Object.hasOwn(schema, name) ? schema[name] : undefined;
    return own === undefined ? sameKind(defaults, name, value) : validated(own, value);
  };
}

export function isSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const props: unknown = Reflect.get(value, "~standard");
  return isObject(props) && typeof Reflect.get(props, "validate") === "function";
}

function validated(schema: StandardSchemaV1, value: unknown): unknown {
  const result = schema["~standard"].validate(value);
  if ("then" in result) throw new TypeError("flags are read synchronously: the schema must not return a promise");
  if (result.issues !== undefined) throw new TypeError(result.issues.map(({ message }) => message).join("; "));
  return result.value;
}

function sameKind(defaults: Readonly<Record<string, unknown>>, name: string, value: Json): Json {
  // A flag that the program does not know is of interest to those who look it up by name alone.
  if (!Object.hasOwn(defaults, name)) return value;
  const [expected, actual] = [kindOf(defaults[name]), kindOf(value)];
  if (expected !== actual) throw new TypeError(`expected ${expected}, got ${actual}`);
  return value;
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
}
