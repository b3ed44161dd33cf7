import { invalid } from "./errors.ts";
import { keyPath } from "./key-path.ts";
import type { CallOptions } from "./options.ts";
import { type KeyParams, paramsOf } from "./params.ts";
import type { Requester } from "./requester.ts";
import { type Acknowledged, type Result, resultOf } from "./result.ts";

/** One call of `/keys`. The caller says by `R` what etcd answers to it. */
export interface KeysRequest {
  <R extends Result | Acknowledged = Result>(
    method: "GET" | "PUT" | "POST" | "DELETE",
    key: string,
    params: KeyParams,
    options?: CallOptions,
  ): Promise<R>;
  pathOf(key: string): string;
}

export function createKeysRequest(requester: Requester, versionPrefix: string): KeysRequest {
  const pathOf = (key: string): string => `${versionPrefix}/keys${keyPath(key) || "/"}`;
  const request = async <R extends Result | Acknowledged>(
    method: "GET" | "PUT" | "POST" | "DELETE",
    key: string,
    given: KeyParams,
    options?: CallOptions,
  ): Promise<R> => {
    if (given.value !== undefined && given.dir === true) throw invalid("value and dir: a directory has no value");
    return (await requester.call({ method, path: pathOf(key), params: paramsOf(given), options }, resultOf)) as R;
  };
  return Object.assign(request, { pathOf });
}
