import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { decodeMessage } from "./codec.ts";
import { EtcdError } from "./errors.ts";
import { errorIn } from "./gateway-error.ts";
import { UnexpectedJson } from "./json-scalars.ts";

/**
 * The message in a 2xx answer. Every answer of etcd is an object with a header: an empty, cut or foreign 200 (a login
 * page, a single-page app's fallback) must not pass for success with everything zero.
 */
export function parseAnswer<D extends DescMessage>(desc: D, text: string, path: string): MessageShape<D> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json !== "object" || json === null || !("header" in json)) {
      throw errorIn(json) ?? new UnexpectedJson("an answer with a header", json);
    }
    return decodeMessage(desc, json);
  } catch (error) {
    if (EtcdError.is(error)) throw error;
    throw new EtcdError(`${path} answered 200 with ${describe(text)}`, "MalformedResponse", {
      outcome: "unknown",
      // A syntax error may quote the answer, a token perhaps.
      cause: error instanceof UnexpectedJson ? error : undefined,
    });
  }
}

function describe(text: string): string {
  const start = text.trimStart().slice(0, 200);
  if (start === "") return "an empty body";
  return start.startsWith("<") ? `a page: ${start}` : `${text.length} characters that are not its JSON`;
}
