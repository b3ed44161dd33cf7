import { isError, isPromise } from "../../transport/platform.ts";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import { compareBytes } from "../../v3/keys.ts";
import type { CacheFormat } from "./cache-options.ts";

/** What became of an entry's value: a good one, or why it is not valid. */
export type CacheValue<T> = { readonly value: T; readonly error?: undefined } | { readonly error: EtcdError };

/** A good value, and the entry it was made of. */
export interface Made<T> {
  readonly entry: Entry;
  readonly value: T;
}

/** Makes a cache's values out of entries; `last`: the key's last one. A promise only where the schema answers by one. */
export type ReadValue<T> = (entry: Entry, last: Made<T> | undefined) => CacheValue<T> | Promise<CacheValue<T>>;

/** Values by a schema, of what `format` says. The same bytes stay the same value. */
export function readBySchema<T>(schema: StandardSchemaV1<unknown, T>, format: CacheFormat): ReadValue<T> {
  return (entry, last) => {
    if (last !== undefined && compareBytes(last.entry.value, entry.value) === 0) return { value: last.value };
    try {
      const result = schema["~standard"].validate(inputOf(entry, format));
      if (!isPromise(result)) return valueOf(entry, result);
      return result.then(
        (validated) => valueOf(entry, validated),
        (cause: unknown) => ({ error: invalidValue(entry, messageOf(cause), cause) }),
      );
    } catch (cause) {
      return { error: invalidValue(entry, messageOf(cause), cause) };
    }
  };
}

function inputOf(entry: Entry, format: CacheFormat): unknown {
  if (format === "bytes") return entry.value;
  return format === "text" ? entry.text() : entry.json();
}

function valueOf<T>(entry: Entry, result: StandardSchemaV1.Result<T>): CacheValue<T> {
  if (result.issues === undefined) return { value: result.value };
  return { error: invalidValue(entry, result.issues.map(issueText).join("; "), result.issues) };
}

function issueText({ message, path = [] }: StandardSchemaV1.Issue): string {
  const steps = path.map((step) => String(typeof step === "object" ? step.key : step));
  return steps.length === 0 ? message : `${steps.join(".")}: ${message}`;
}

function messageOf(cause: unknown): string {
  return isError(cause) ? cause.message : String(cause);
}

function invalidValue(entry: Entry, what: string, cause: unknown): EtcdError {
  return new EtcdError(`the value of ${keyText(entry)} is invalid: ${what}`, "InvalidValue", {
    outcome: "not-applied",
    cause,
  });
}

function keyText(entry: Entry): string {
  try {
    return JSON.stringify(entry.key);
  } catch {
    return "a key that is not UTF-8";
  }
}
