import type {
  DescMethodStreaming,
  DescMethodUnary,
  MessageShape,
  DescMessage,
  MessageInitShape,
} from "@bufbuild/protobuf";
import { type ContextKey, type ContextValues, createContextValues, type Transport } from "@connectrpc/connect";
import { KV } from "../../src/gen/etcdserverpb/kv_pb.ts";
import { Watch } from "../../src/gen/etcdserverpb/watch_pb.ts";

export interface Settings {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly header?: HeadersInit;
  readonly context?: ContextValues;
}

const key = new TextEncoder().encode("key");

/** One unary call through a transport. */
export async function call<I extends DescMessage, O extends DescMessage>(
  transport: Transport,
  method: DescMethodUnary<I, O>,
  message: MessageInitShape<I>,
  { signal, timeoutMs, header, context }: Settings = {},
): Promise<MessageShape<O>> {
  return (await transport.unary(method, signal, timeoutMs, header, message, context)).message;
}

/** One streaming call through a transport; `messages` is all that is sent. */
export async function open<I extends DescMessage, O extends DescMessage>(
  transport: Transport,
  method: DescMethodStreaming<I, O>,
  messages: readonly MessageInitShape<I>[],
  { signal, timeoutMs, header, context }: Settings = {},
): Promise<AsyncIterable<MessageShape<O>>> {
  async function* input(): AsyncGenerator<MessageInitShape<I>> {
    yield* messages;
  }
  return (await transport.stream(method, signal, timeoutMs, header, input(), context)).message;
}

export const range = (transport: Transport, settings?: Settings) => call(transport, KV.method.range, { key }, settings);
export const put = (transport: Transport, settings?: Settings) =>
  call(transport, KV.method.put, { key, value: key }, settings);
export const watch = (transport: Transport, settings?: Settings) =>
  open(transport, Watch.method.watch, [{ requestUnion: { case: "createRequest", value: { key } } }], settings);

/** Context values with one of them set. */
export const withContext = <T>(name: ContextKey<T>, value: T): Settings => ({
  context: createContextValues().set(name, value),
});

/** What a stream yields, and the error it ends with, if any. */
export async function drain<T>(
  messages: AsyncIterable<T>,
): Promise<{ readonly values: T[]; readonly error?: unknown }> {
  const values: T[] = [];
  try {
    for await (const value of messages) values.push(value);
  } catch (error) {
    return { values, error };
  }
  return { values };
}
