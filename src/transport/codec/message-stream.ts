import { isError } from "../platform.ts";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { decodeMessage } from "./codec.ts";
import { EtcdError } from "../errors/etcd-error.ts";
import { errorIn } from "../errors/gateway-error.ts";
import { createJsonLines, LineTooLong } from "../http/json-lines.ts";
import { jsonObject, type JsonObject, UnexpectedJson } from "./json-scalars.ts";
import { parseJson, TooManyObjects } from "./parse-json.ts";
import { networkError } from "../errors/network-error.ts";

export interface MessageStreamOptions {
  readonly origin: string;
  readonly signal: AbortSignal | undefined;
  readonly maxLineBytes: number;
}

/**
 * The messages of a streaming answer, one JSON value a line: `{"result": …}`, or `{"error": …}` as the last one,
 * possibly without its newline. Leaving the loop frees the connection.
 *
 * A complete message that lacks only its newline is refused like any other cut: nothing says that it is whole.
 */
export async function* readMessages<D extends DescMessage>(
  body: ReadableStream<Uint8Array> | null,
  desc: D,
  options: MessageStreamOptions,
): AsyncGenerator<MessageShape<D>> {
  if (body === null) return;
  const lines = createJsonLines(options.maxLineBytes);
  const reader = body.getReader();
  const { signal } = options;
  let first = true;
  // Deno forgets the signal of a fetch when it collects garbage: the body itself would never hear of the abort.
  const letGo = (): void => void reader.cancel().catch(() => undefined);
  signal?.addEventListener("abort", letGo);
  try {
    if (signal?.aborted) throw signal.reason;
    for (;;) {
      const { done, value } = await reader.read();
      if (signal?.aborted) throw signal.reason;
      if (done) break;
      for (const json of lines.feed(value)) {
        const result = resultIn(json);
        first = false;
        yield decodeMessage(desc, result);
      }
    }
    endOf(lines.end(), options.origin);
  } catch (error) {
    throw streamError(error, options, first);
  } finally {
    signal?.removeEventListener("abort", letGo);
    letGo();
  }
}

function resultIn(json: unknown): unknown {
  const line: JsonObject = jsonObject(json);
  if (line["result"] !== undefined) return line["result"];
  throw errorIn(line) ?? new UnexpectedJson("a result or an error", json);
}

/** Old gateways end an error line with the end of the stream. Any other object there is a message cut short. */
function endOf(tail: string, origin: string): void {
  const text = tail.trimStart();
  if (text === "") return;
  if (!text.startsWith("{")) throw new SyntaxError("not a line of JSON objects");
  let line: unknown;
  try {
    line = parseJson(text);
  } catch {
    // Not JSON: cut short.
  }
  if (line !== undefined) resultIn(line);
  throw new EtcdError(`${origin}: the stream ended inside a message`, "Unreachable", { outcome: "unknown" });
}

/** `first`: nothing of etcd has been read yet. */
function streamError(error: unknown, { signal, origin }: MessageStreamOptions, first: boolean): unknown {
  if (signal?.aborted) return signal.reason;
  if (EtcdError.is(error)) return error;
  if (error instanceof LineTooLong || error instanceof TooManyObjects) {
    return new EtcdError(`${origin}: ${error.message}`, "ResponseTooLarge", { outcome: "unknown" });
  }
  if ((isError(error) && error.name === "SyntaxError") || error instanceof UnexpectedJson) {
    // The text of a syntax error may quote the answer, a token perhaps.
    const said = first
      ? `${origin} answered 200 with something other than etcd's JSON (from a proxy or another server?)`
      : `${origin}: a line of the stream is not etcd's JSON`;
    return new EtcdError(said, first ? "NotEtcd" : "MalformedResponse", { outcome: "unknown" });
  }
  return networkError(error, origin);
}
