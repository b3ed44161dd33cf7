import type { DescMessage, DescMethodStreaming, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { asEtcdError } from "../transport/errors/connect-error.ts";
import type { Connection } from "../transport/connection.ts";
import { asksForLogin } from "../transport/auth/token.ts";

export interface OpenStream<T> {
  /** `undefined`: the stream ended without an answer. */
  readonly first: T | undefined;
  /** `return` frees the request. */
  readonly rest: AsyncIterator<T>;
}

/**
 * Sends messages and waits for the first answer of its stream. Some transports tell only there, when the stream
 * counts as open, that the token is refused: then a new one is asked for, once.
 */
export async function openStream<I extends DescMessage, O extends DescMessage>(
  connection: Connection,
  method: DescMethodStreaming<I, O>,
  messages: readonly MessageInitShape<I>[],
  signal: AbortSignal,
): Promise<OpenStream<MessageShape<O>>> {
  for (let renewed = false; ; renewed = true) {
    const { messages: answers, token } = await connection.stream(method, messages, { signal });
    const rest = answers[Symbol.asyncIterator]();
    try {
      return { first: firstOf(await rest.next()), rest };
    } catch (thrown) {
      const error = asEtcdError(thrown);
      const refused = error !== undefined && asksForLogin(error.reason);
      if (renewed || !refused || connection.token?.refused(token) !== true) throw thrown;
    }
  }
}

function firstOf<T>(result: IteratorResult<T, unknown>): T | undefined {
  return result.done === true ? undefined : result.value;
}
