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
import { routeOf } from "../transport/codec/rpc-path.ts";
import type { ServerCall } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import type { RpcError } from "./rpc-error.ts";
import { readMessage, readRequestMessages, readOnlyMessage } from "./request-body.ts";

/** Where the messages of a streaming answer go. */
export interface Sink<M> {
  send(message: M): void;
  /** A message that is JSON already. */
  sendJson(json: string): void;
  end(): void;
  /** Ends the answer with an error. */
  fail(error: RpcError): void;
  /** Breaks the answer: what was not read of it is lost. */
  cut(reason: Error): void;
  /** Characters that wait to be read. */
  readonly queued: number;
  /** Resolves when there is room for more, or nobody reads any more. */
  drained(): Promise<void>;
}

/** One RPC, with its message types closed over. `C`: what its server knows of a call. */
export type Endpoint<C extends ServerCall = ServerCall> =
  | {
      readonly kind: "unary";
      readonly method: DescMethod;
      /** The answer's JSON. Throws or rejects with `RpcError`. */
      answer(body: string, call: C, dialect: Dialect): string | Promise<string>;
    }
  | {
      readonly kind: "stream";
      readonly method: DescMethod;
      /** Starts the stream. Throws `RpcError` to end it with. */
      open(body: string, call: C, dialect: Dialect, sink: Sink<string>): void;
    };

/** Older paths of the same RPCs. */
const aliases: Readonly<Record<string, string>> = {
  "/v3/lease/revoke": "/v3/kv/lease/revoke",
  "/v3/lease/timetolive": "/v3/kv/lease/timetolive",
  "/v3/lease/leases": "/v3/kv/lease/leases",
};

/** Where the gateway serves an RPC; nowhere, if it has no path there. */
export function pathsOf({ method }: Pick<Endpoint, "method">): string[] {
  const path = routeOf(method);
  if (path === undefined) return [];
  const alias = aliases[path];
  return alias === undefined ? [path] : [path, alias];
}

/** An RPC with one request and one answer. */
export function unary<I extends DescMessage, O extends DescMessage, C extends ServerCall = ServerCall>(
  method: DescMethodUnary<I, O>,
  handle: (request: MessageShape<I>, call: C) => MessageInitShape<O> | Promise<MessageInitShape<O>>,
): Endpoint<C> {
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
export function stream<I extends DescMessage, O extends DescMessage, C extends ServerCall = ServerCall>(
  method: DescMethodBiDiStreaming<I, O> | DescMethodServerStreaming<I, O>,
  handle: (requests: readonly MessageShape<I>[], sink: Sink<MessageInitShape<O>>, call: C) => void,
): Endpoint<C> {
  return {
    kind: "stream",
    method,
    open(body, call, dialect, sink) {
      const many = method.methodKind === "bidi_streaming";
      const requests = many
        ? readRequestMessages(method.input, body, dialect)
        : [readOnlyMessage(method.input, body, dialect)];
      const send = (message: MessageInitShape<O>): void => sink.send(encodeMessage(method.output, message));
      handle(requests, withSend(sink, send), call);
    },
  };
}

/** The same sink for messages in place of their JSON. */
function withSend<M>(sink: Sink<string>, send: (message: M) => void): Sink<M> {
  return {
    send,
    sendJson: (json) => sink.sendJson(json),
    end: () => sink.end(),
    fail: (error) => sink.fail(error),
    cut: (reason) => sink.cut(reason),
    drained: () => sink.drained(),
    get queued() {
      return sink.queued;
    },
  };
}
