import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { decodeMessage } from "./codec.ts";
import { EtcdError, tooLarge } from "../errors/etcd-error.ts";
import { errorIn } from "../errors/gateway-error.ts";
import { jsonObject, UnexpectedJson } from "./json-scalars.ts";
import { parseJson, TooManyObjects } from "./parse-json.ts";

/** etcd leaves the header out of these: of the first up to 3.4, of the others always. */
const headerless: ReadonlySet<string> = new Set([
  "etcdserverpb.AlarmResponse",
  "etcdserverpb.DefragmentResponse",
  "etcdserverpb.MoveLeaderResponse",
]);

/**
 * The message in a 2xx answer. Nearly every answer of etcd is an object with a header: an empty, cut or foreign 200 (a
 * login page, a single-page app's fallback) must not pass for success with everything zero.
 */
export function parseAnswer<D extends DescMessage>(
  desc: D,
  text: string,
  path: string,
  maxBytes: number = Infinity,
): MessageShape<D> {
  try {
    const json = parseJson(text, maxBytes);
    const answer = jsonObject(json);
    if (answer["header"] === undefined || answer["header"] === null) {
      const error = errorIn(answer, path);
      if (error !== undefined) throw error;
      if (!headerless.has(desc.typeName)) throw new UnexpectedJson("an answer with a header", json);
    }
    return decodeMessage(desc, json);
  } catch (error) {
    if (EtcdError.is(error)) throw error;
    if (error instanceof TooManyObjects) throw tooLarge(error.message);
    throw new EtcdError(`${path} answered with ${describe(text)}`, "MalformedResponse", {
      outcome: "unknown",
      // A syntax error may quote the answer, a token perhaps.
      cause: error instanceof UnexpectedJson ? error : undefined,
    });
  }
}

/** Without a word of it: a proxy's page may echo what was sent. */
function describe(text: string): string {
  const start = text.trimStart();
  if (start === "") return "an empty body";
  const what = start.startsWith("<") ? "a page of HTML (from a proxy?)" : `${text.length} characters`;
  return `${what} instead of JSON`;
}
