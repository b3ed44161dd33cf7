import { isPromise } from "../transport/platform.ts";
import type {
  DescMessage,
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { encodeMessage } from "../transport/codec/codec.ts";
import type { Call } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import { readMessage, readMessages, readOnlyMessage } from "./request-body.ts";

/** Where the messages of a streaming answer go. */
export interface Sink<M> {
  send(message: M): void;
  end(): void;
}

/** One RPC, with its message types closed over. */
export type Endpoint =
  | {
      readonly kind: "unary";
      readonly method: DescMethod;
      /** The answer's JSON. Throws or rejects with `RpcError`. */
      answer(body: string, call: Call, dialect: Dialect): string | Promise<string>;
    }
  | {
      readonly kind: "stream";
      readonly method: DescMethod;
      /** Starts the stream. Throws `RpcError` to end it with. */
      open(body: string, call: Call, dialect: Dialect, sink: Sink<string>): void;
    };

/** An RPC with one request and one answer. */
export function unary<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  handle: (request: MessageShape<I>, call: Call) => MessageInitShape<O> | Promise<MessageInitShape<O>>,
): Endpoint {
  return {
    kind: "unary",
    method,
    answer(body, call, dialect) {
      const answer = handle(readMessage(method.input, body, dialect), call);
      if (isPromise(answer)) return answer.then((message) => encodeMessage(method.output, message));
      return encodeMessage(method.output, answer);
    },
  };
}

/** An RPC with a streaming answer. `handle` gets the requests that the body holds. */
export function stream<I extends DescMessage, O extends DescMessage>(
  method: DescMethodBiDiStreaming<I, O> | DescMethodServerStreaming<I, O>,
  handle: (requests: readonly MessageShape<I>[], sink: Sink<MessageInitShape<O>>, call: Call) => void,
): Endpoint {
  return {
    kind: "stream",
    method,
    open(body, call, dialect, sink) {
      const many = method.methodKind === "bidi_streaming";
      const requests = many
        ? readMessages(method.input, body, dialect)
        : [readOnlyMessage(method.input, body, dialect)];
      const send = (message: MessageInitShape<O>): void => sink.send(encodeMessage(method.output, message));
      handle(requests, { send, end: () => sink.end() }, call);
    },
  };
}
