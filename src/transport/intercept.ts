import type {
  DescMessage,
  DescMethodStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type {
  ContextValues,
  InterceptedCall,
  Interceptor,
  StreamResponse,
  Transport,
  UnaryResponse,
} from "./connect-types.ts";
import { createMessage } from "./codec/create-message.ts";
import { emptyContext } from "./context.ts";
import { type Deadline, limitOf, untilAbort, startDeadline } from "./deadline.ts";
import { unexpected } from "./errors/etcd-error.ts";
import { checkedHeaders } from "./http/gateway-headers.ts";
import { func } from "./option-kinds.ts";
import { check } from "./options.ts";

type AnyRequest = Parameters<InterceptedCall>[0];

/**
 * Runs each call of `transport` through Connect interceptors; the first is the outermost. None of them outlasts the
 * call's signal, nor does a transport that takes no notice of it.
 */
export function intercept(transport: Transport, interceptors: readonly Interceptor[]): Transport {
  if (!Array.isArray(interceptors)) throw unexpected("interceptors", "an array", interceptors);
  for (const each of interceptors) check(func, each, "interceptors");
  const last: InterceptedCall = (request) => {
    const { signal, header, contextValues } = request;
    return request.stream
      ? transport.stream(request.method, signal, undefined, header, request.message, contextValues)
      : transport.unary(request.method, signal, undefined, header, request.message, contextValues);
  };
  const call = interceptors.reduceRight((next, interceptor) => interceptor(next), last);
  return { unary, stream };

  async function unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersInit | undefined,
    input: MessageInitShape<I>,
    contextValues: ContextValues = emptyContext(),
  ): Promise<UnaryResponse<I, O>> {
    const headers = new Headers(checkedHeaders(header));
    const deadline = startDeadline(limitOf(timeoutMs), signal);
    const message = createMessage(method.input, input);
    const request = requestOf(method, { signal: deadline.signal, header: headers, contextValues, message });
    try {
      return (await untilAbort(call(request), deadline.signal)) as UnaryResponse<I, O>;
    } finally {
      deadline.end();
    }
  }

  async function stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersInit | undefined,
    input: AsyncIterable<MessageInitShape<I>>,
    contextValues: ContextValues = emptyContext(),
  ): Promise<StreamResponse<I, O>> {
    const headers = new Headers(checkedHeaders(header));
    const deadline = startDeadline(limitOf(timeoutMs), signal);
    const message = normalized(method.input, input);
    const request = requestOf(method, { signal: deadline.signal, header: headers, contextValues, message });
    try {
      const response = (await untilAbort(call(request), deadline.signal)) as StreamResponse<I, O>;
      return { ...response, message: withEnd(response.message, deadline) };
    } catch (error) {
      deadline.end();
      throw error;
    }
  }
}

/** Passes a stream on, and ends its deadline with it. */
async function* withEnd<T>(messages: AsyncIterable<T>, deadline: Deadline): AsyncGenerator<T> {
  try {
    yield* messages;
  } finally {
    deadline.end();
  }
}

/**
 * A call as interceptors see it. In place of a URL they see the RPC's name: which endpoint it goes to is decided further
 * down.
 */
function requestOf(
  method: DescMethodUnary | DescMethodStreaming,
  rest: Pick<AnyRequest, "signal" | "header" | "contextValues"> & { readonly message: object },
): AnyRequest {
  const request = {
    stream: method.methodKind !== "unary",
    service: method.parent,
    method,
    requestMethod: "POST",
    url: `/${method.parent.typeName}/${method.name}`,
    ...rest,
  };
  // Connect's types want the message complete; what needs it complete normalizes it.
  return request as AnyRequest;
}

async function* normalized<D extends DescMessage>(
  desc: D,
  messages: AsyncIterable<MessageInitShape<D>>,
): AsyncGenerator<MessageShape<D>> {
  for await (const message of messages) yield createMessage(desc, message);
}
