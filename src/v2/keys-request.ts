import type { Kind } from "../transport/option-kinds.ts";
import { invalid } from "./errors.ts";
import { keyPath } from "./key-path.ts";
import { type CallOptions, keyOptions } from "./client-options.ts";
import { type KeyParams, paramsOf } from "./params.ts";
import type { Requester } from "./requester.ts";
import { type Acknowledged, type ExpectedAnswer, expectedKinds, type Result, resultOf } from "./result.ts";

type AnyOptions = CallOptions & KeyParams;

/** What a method of the client sends. */
export interface KeysCall {
  /** The method's name. */
  readonly where: string;
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly key: string;
  /** What the method says itself. */
  readonly fixed?: KeyParams | undefined;
}

/**
 * One call of `/keys`. `given`: the caller's options, which may be those of every call and of `kinds`. The method that
 * calls tells by `R` what etcd answers.
 */
export interface KeysRequest {
  <R extends Result | Acknowledged>(
    call: KeysCall,
    given: AnyOptions | undefined,
    kinds: Readonly<Record<string, Kind>>,
  ): Promise<R>;
  pathOf(key: string): string;
}

export function createKeysRequest(requester: Requester, versionPrefix: string): KeysRequest {
  const pathOf = (key: string): string => `${versionPrefix}/keys${keyPath(key) || "/"}`;
  const request = async <R extends Result | Acknowledged>(
    { where, method, key, fixed }: KeysCall,
    given: AnyOptions | undefined,
    kinds: Readonly<Record<string, Kind>>,
  ): Promise<R> => {
    const { signal, timeoutMs, ...own } = keyOptions(where, given, kinds);
    const params: KeyParams = { ...own, ...fixed };
    const { value, dir } = params;
    if (value !== undefined && dir === true) throw invalid("value and dir exclude each other");
    if ((method === "PUT" || method === "POST") && value === undefined && dir !== true && params.refresh !== true) {
      throw invalid(`${where}: expected a string as value, or dir: true`);
    }
    const call = { method, path: pathOf(key), params: paramsOf(params), options: { signal, timeoutMs } };
    const expected: ExpectedAnswer = {
      kinds: expectedKinds[method],
      brief: params.noValueOnSuccess === true,
      ...((method === "PUT" || method === "POST") && params.refresh !== true && { dir: dir === true }),
    };
    return (await requester.call(call, (answer) => resultOf(answer, expected))) as R;
  };
  return Object.assign(request, { pathOf });
}
