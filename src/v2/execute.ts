import { anything, type Kinds, object, oneOf } from "../transport/option-kinds.ts";
import { invalid } from "./errors.ts";
import { dots } from "./key-path.ts";
import { answerFields } from "./service.ts";
import { type CallOptions, ownOptions } from "./client-options.ts";
import type { Requester } from "./requester.ts";

/** Options of `execute`. */
export interface ExecuteOptions extends CallOptions {
  /** The HTTP method. Only `GET` and `HEAD` are sent again when they fail. @default "GET" */
  readonly method?: "GET" | "HEAD" | "PUT" | "POST" | "DELETE" | undefined;
  /** In the query of a GET, HEAD or DELETE, else in the body as a form. What is `undefined` is left out. */
  readonly params?: Readonly<Record<string, string | number | bigint | boolean | undefined>> | undefined;
  /** A body as JSON; `params` are in the query then. */
  readonly json?: unknown;
}

/** An answer as it came. */
export interface RawAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The headers of the answer. */
  readonly headers: Headers;
  /** The body, as text. */
  readonly text: string;
  /** The origin that answered. */
  readonly endpoint: string;
  /** Throws `MalformedResponse` if it is not a JSON object. */
  json(): Readonly<Record<string, unknown>>;
}

/** A raw call of anything below an endpoint, such as `/v2/keys/a` or `/metrics`, with the client's failover and errors. */
export type Execute = (path: string, options?: ExecuteOptions) => Promise<RawAnswer>;

const executeKinds: Kinds<Omit<ExecuteOptions, keyof CallOptions>> = {
  method: oneOf(["GET", "HEAD", "PUT", "POST", "DELETE"]),
  params: object,
  json: anything,
};

export function createExecute(requester: Requester): Execute {
  return async (path, given) => {
    const { method = "GET", params, json, ...options } = ownOptions("execute", given, executeKinds);
    checkPath(path);
    const texts = Object.entries(params ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const call = { method, path, json, options, params: params === undefined ? undefined : new URLSearchParams(texts) };
    return requester.call(call, (answer) => {
      const { response, text, endpoint } = answer;
      const { status, headers } = response;
      // Read when the call is over, and so without what the requester knows of it.
      const outcome = method === "GET" || method === "HEAD" ? "not-applied" : "unknown";
      return { status, headers, text, endpoint, json: () => answerFields(answer, outcome) };
    });
  };
}

/** What a URL parser would make another path, or another host, of. */
function checkPath(path: string): void {
  if (typeof path !== "string" || !path.startsWith("/")) throw invalid('path: expected a path that begins with "/"');
  const segments = path.split(/[/?#\\]/);
  const changed = path.startsWith("//") || /[\\#\s]/.test(path) || segments.some((each) => dots.test(each));
  if (changed) throw invalid('path: expected a path without "//" at its start, dot segments, "\\", "#" and spaces');
}
