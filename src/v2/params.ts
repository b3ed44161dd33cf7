import type { Kind } from "../transport/option-kinds.ts";
import type { CallOptions } from "./client-options.ts";
import { invalid, wrongKind } from "./errors.ts";
import { toIndex } from "./json.ts";
import { checkText } from "./key-path.ts";

/** An index of the store; numbers are taken as well, because etcd writes them. */
export type Index = bigint | number;

/** The parameters that etcd knows, by its names. What is `undefined` is not sent. */
export interface KeyParams {
  readonly value?: string | undefined;
  /** Seconds; `null`: never expires. */
  readonly ttl?: number | null | undefined;
  readonly prevValue?: string | undefined;
  readonly prevIndex?: Index | undefined;
  readonly waitIndex?: Index | undefined;
  readonly prevExist?: boolean | undefined;
  readonly dir?: boolean | undefined;
  readonly recursive?: boolean | undefined;
  readonly sorted?: boolean | undefined;
  readonly quorum?: boolean | undefined;
  readonly wait?: boolean | undefined;
  readonly refresh?: boolean | undefined;
  readonly noValueOnSuccess?: boolean | undefined;
}

/** The options of a call that are parameters; `paramsOf` checks their values. */
export type ParamKinds<T> = { readonly [K in Exclude<keyof T & string, keyof CallOptions>]-?: Kind };

/** Checks each parameter and writes it as etcd reads it. Throws `InvalidArgument`. */
export function paramsOf(given: KeyParams): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) params.set(name, text(name, value));
  }
  return params;
}

function text(name: string, value: unknown): string {
  switch (name) {
    case "value":
    case "prevValue":
      return checkText(value, name);
    case "ttl":
      return ttlText(value);
    case "prevIndex":
    case "waitIndex":
      return String(checkIndex(value, name));
    default:
      if (typeof value !== "boolean") throw wrongKind(name, "true or false", value);
      return String(value);
  }
}

/** An index that something can have: etcd would take 0 for none, and compare nothing. */
export function checkIndex(value: unknown, name: string): bigint {
  const index = typeof value === "string" ? undefined : toIndex(value);
  if (index === undefined || index === 0n) throw wrongKind(name, "a positive bigint", value);
  return index;
}

function ttlText(ttl: unknown): string {
  if (ttl === null) return "";
  if (typeof ttl === "number" && Number.isSafeInteger(ttl) && ttl >= 0 && ttl <= maxTtl) return String(ttl);
  throw wrongKind("ttl", `whole seconds from 0 to ${maxTtl}, or null for no expiry`, ttl);
}

/** Go counts nanoseconds since 1970 in 63 bits: later than in 2262 it would be in the past. */
const maxTtl = 7_000_000_000;

/** The time to live of something that is renewed, in seconds. */
export function checkTtl(ttl: number): number {
  ttlText(ttl);
  if (ttl < 1) throw invalid("ttl: expected 1 second or more");
  return ttl;
}
