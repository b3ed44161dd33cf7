import type { Kind } from "../transport/option-kinds.ts";
import { invalid } from "./errors.ts";
import { keyPath } from "./key-path.ts";
import { type CallOptions, keyOptions } from "./options.ts";
import { type KeyParams, paramsOf } from "./params.ts";
import type { Requester } from "./requester.ts";
import { type Acknowledged, type Expected, expectedKinds, type Result, resultOf } from "./result.ts";

type AnyOptions = CallOptions & KeyParams;

/**
 * One call of `/keys`. `given`: the caller's options, which may be those of every call and of `kinds`; `fixed`: what
 * `where`, the method called, says itself. That one tells by `R` what etcd answers.
 */
export interface KeysRequest {
  <R extends Result | Acknowledged>(
    where: string,
    method: "GET" | "PUT" | "POST" | "DELETE",
    key: string,
    given: AnyOptions | undefined,
    kinds: Readonly<Record<string, Kind>>,
    fixed?: KeyParams,
  ): Promise<R>;
  pathOf(key: string): string;
}

export function createKeysRequest(requester: Requester, versionPrefix: string): KeysRequest {
  const pathOf = (key: string): string => `${versionPrefix}/keys${keyPath(key) || "/"}`;
  const request = async <R extends Result | Acknowledged>(
    where: string,
    method: "GET" | "PUT" | "POST" | "DELETE",
    key: string,
    given: AnyOptions | undefined,
    kinds: Readonly<Record<string, Kind>>,
    fixed?: KeyParams,
  ): Promise<R> => {
    const { signal, timeoutMs, ...own } = keyOptions(where, given, kinds);
    const params: KeyParams = { ...own, ...fixed };
    const { value, dir } = params;
    if (value !== undefined && dir === true) throw invalid("value and dir: a directory has no value");
    if ((method === "PUT" || method === "POST") && value === undefined && dir !== true && params.refresh !== true) {
      throw invalid(`${where}: expected a value as text, or dir: true`);
    }
    const call = { method, path: pathOf(key), params: paramsOf(params), options: { signal, timeoutMs } };
    const expected: Expected = {
      kinds: expectedKinds[method],
      brief: params.noValueOnSuccess === true,
      ...((method === "PUT" || method === "POST") && params.refresh !== true && { dir: dir === true }),
    };
    return (await requester.call(call, (answer) => resultOf(answer, expected))) as R;
  };
  return Object.assign(request, { pathOf });
}
