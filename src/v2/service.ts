import { MalformedResponse } from "./errors.ts";
import { isObject, type Json, jsonObject } from "./json.ts";
import { type CallOptions, checkNames } from "./options.ts";
import type { Answer, Call, Requester } from "./requester.ts";

/**
 * Calls of etcd's services beside the keys, which answer with JSON. The caller says by `T` what etcd answers; `json`: the
 * body; `endpoint`: the only one to ask.
 */
export type Service = <T extends object = Json>(
  where: string,
  method: Call["method"],
  path: string,
  options: CallOptions | undefined,
  rest?: Pick<Call, "json" | "endpoint">,
) => Promise<T>;

export function createService(requester: Requester): Service {
  return async <T extends object>(
    where: string,
    method: Call["method"],
    path: string,
    options: CallOptions | undefined,
    rest?: Pick<Call, "json" | "endpoint">,
  ) => (await requester.call({ method, path, ...rest, options: checkNames(where, options) }, jsonOf)) as T;
}

/** The object in an answer; an empty one where etcd says no more than that it is done. */
export function jsonOf({ text, endpoint }: Answer): Json {
  const json = text.trim() === "" ? {} : jsonObject(text);
  if (json === undefined) throw notAsEtcd(endpoint);
  return json;
}

export function notAsEtcd(endpoint: string): MalformedResponse {
  return new MalformedResponse(`${endpoint} did not answer as etcd does`, { outcome: "unknown" });
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
