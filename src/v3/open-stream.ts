import type { DescMessage, DescMethodStreaming, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { asEtcdError } from "../transport/errors/connect-error.ts";
import type { Connection } from "../transport/connection.ts";
import type { Trace } from "../transport/context.ts";
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
  const trace: Trace = { unanswered: 0 };
  const open = async (): Promise<AsyncIterator<MessageShape<O>>> => {
    const answers = await connection.stream(method, messages, { signal, trace });
    return answers[Symbol.asyncIterator]();
  };
  const answers = await open();
  try {
    return { first: firstOf(await answers.next()), rest: answers };
  } catch (thrown) {
    const error = asEtcdError(thrown);
    if (error === undefined || !asksForLogin(error.reason)) throw thrown;
    if (connection.token?.refused(trace.token) !== true) throw thrown;
    const again = await open();
    return { first: firstOf(await again.next()), rest: again };
  }
}

function firstOf<T>({ done, value }: IteratorResult<T, unknown>): T | undefined {
  return done === true ? undefined : (value as T);
}
