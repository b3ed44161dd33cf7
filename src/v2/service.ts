import { TooManyObjects } from "../transport/codec/parse-json.ts";
import type { Outcome } from "../transport/errors/outcome.ts";
import { MalformedResponse, ResponseTooLarge, malformed } from "./errors.ts";
import { type JsonFields, parseFields } from "./json.ts";
import { type CallOptions, ownOptions } from "./client-options.ts";
import type { Answer, CallRequest, Requester } from "./requester.ts";
import { isRecord } from "../transport/platform.ts";

/**
 * Calls etcd's services other than keys, which answer with JSON. `read` makes the result of the object that came, or throws
 * `MalformedResponse`; without it, `T` is what the caller trusts etcd to answer. `json` is the body, `endpoint` the only
 * one to ask.
 */
export type Service = <T extends object = JsonFields>(
  where: string,
  call: ServiceCall<T>,
  options: CallOptions | undefined,
) => Promise<T>;

type ServiceCall<T> = Pick<CallRequest, "method" | "path" | "json" | "endpoint"> & {
  readonly read?: (json: JsonFields) => T;
};

export function createService(requester: Requester): Service {
  return async <T extends object>(
    where: string,
    { read, ...call }: ServiceCall<T>,
    options: CallOptions | undefined,
  ) => {
    const sent = { ...call, options: ownOptions(where, options) };
    return requester.call(sent, (answer) =>
      read === undefined ? (answerFields(answer) as T) : read(answerFields(answer)),
    );
  };
}

/** The object in an answer; an empty one where etcd says no more than that it is done. */
export function answerFields({ text: body, endpoint, maxBytes }: Answer, outcome: Outcome = "unknown"): JsonFields {
  let json: JsonFields | undefined;
  try {
    json = body.trim() === "" ? {} : parseFields(body, maxBytes);
  } catch (error) {
    throw error instanceof TooManyObjects ? new ResponseTooLarge(error.message, { outcome }) : error;
  }
  if (json === undefined) throw notAsEtcd(endpoint, outcome);
  return json;
}

export function notAsEtcd(endpoint: string, outcome: Outcome = "unknown"): MalformedResponse {
  return new MalformedResponse(`the answer of ${endpoint} is not etcd's`, { outcome });
}

/**
 * A list in an answer, where etcd leaves out an empty one or writes `null`. Throws `MalformedResponse` for all else.
 */
function listOf<T>(value: unknown, what: string, is: (each: unknown) => each is T): T[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(is)) return value;
  throw malformed(`an array of ${what}`);
}

export function texts(value: unknown): string[] {
  return listOf(value, "strings", (each) => typeof each === "string");
}

export function objects(value: unknown): JsonFields[] {
  return listOf(value, "objects", isRecord);
}

/** A text that etcd leaves out where it is empty. */
export function text(value: unknown): string {
  if (value === undefined) return "";
  return needed(value);
}

/** A text that no answer lacks. */
export function needed(value: unknown): string {
  if (typeof value === "string") return value;
  throw malformed("a string");
}
