import { raceAbort } from "../abort.ts";
import { withOutcome } from "../errors/etcd-error.ts";

/** Bytes that the server's JSON decoder reads first. Its buffer then grows to twice as much and so many more each time. */
const step = 512;

/**
 * The body of a request that holds several messages, a line for each. A server of HTTP/1.1 written in Go reads no more of
 * a request once it has begun to answer, and etcd answers the first message while others are still to come: of 256
 * watches that were asked for at once, some were never created. Its decoder grows its buffer until a message fits, and
 * then hands the message on. So white space lengthens the first message until all of the others fit into the buffer
 * with it.
 */
export function messageBody(messages: readonly string[]): string {
  const [first = "", ...others] = messages;
  const rest = `\n${others.map((message) => `${message}\n`).join("")}`;
  if (others.length === 0 || first.length + rest.length <= step) return first + rest;
  let tooSmall = step;
  while (tooSmall < first.length || 2 * tooSmall + step < tooSmall + 1 + rest.length) tooSmall = 2 * tooSmall + step;
  return `${first.slice(0, -1)}${" ".repeat(tooSmall + 1 - first.length)}}${rest}`;
}

/**
 * All messages of a request, which travel in one body. One that is not there when `signal` aborts is waited for no
 * longer, and their iterable is told to end.
 */
export async function collectMessages<T>(
  input: AsyncIterable<T>,
  encode: (message: T) => string,
  signal: AbortSignal,
): Promise<string[]> {
  const messages: string[] = [];
  const iterator = input[Symbol.asyncIterator]();
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await raceAbort(iterator.next(), signal);
      if (done === true) break;
      messages.push(encode(value));
    }
    whole = true;
    return messages;
  } catch (error) {
    throw withOutcome(error, "not-applied");
  } finally {
    // Not waited for: a generator that hangs ends no sooner than what it waits for.
    if (!whole) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
