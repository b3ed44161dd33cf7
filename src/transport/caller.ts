import type {
  DescMessage,
  DescMethodStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { ContextValues, Transport } from "./connect-types.ts";
import { emptyContext, endpointKey, leaderKey, progressKey } from "./context.ts";
import type { Address } from "./http/read-address.ts";

// A call on its way from a connection to its transport, and what passes it on: a layer for the token, one for the
// cluster's identity. The retry loop is around them.

/** What every call tells the layers below. */
export interface CallInfo {
  readonly signal: AbortSignal;
  /** The one that the call is for, such as a member's status, by its URL or as it was chosen. @default the one in use */
  readonly endpoint?: string | Address | undefined;
  readonly token?: string | undefined;
  /**
   * Whether etcd should refuse the call, or end the stream, while its member sees no leader. `auto`: only if the endpoint
   * lets this page send the header for it.
   */
  readonly leader?: "always" | "auto" | undefined;
  /** To be called when the head of the answer has arrived, and with each piece of its body. */
  readonly onProgress?: (() => void) | undefined;
}

export interface UnaryCall<I extends DescMessage, O extends DescMessage> extends CallInfo {
  readonly method: DescMethodUnary<I, O>;
  readonly message: MessageInitShape<I>;
}

export interface StreamCall<I extends DescMessage, O extends DescMessage> extends CallInfo {
  readonly method: DescMethodStreaming<I, O>;
  readonly messages: readonly MessageInitShape<I>[];
}

export interface StreamAnswer<T> {
  readonly messages: AsyncIterable<T>;
  /** The token that the request carried: the first message may still be its refusal. */
  readonly token: string | undefined;
}

/** Carries out calls, each by one request, or by as many as its token needs. */
export interface Caller {
  unary<I extends DescMessage, O extends DescMessage>(call: UnaryCall<I, O>): Promise<MessageShape<O>>;
  stream<I extends DescMessage, O extends DescMessage>(call: StreamCall<I, O>): Promise<StreamAnswer<MessageShape<O>>>;
}

/** Makes a caller that does something more than `next`, to which it passes its calls. */
export type Layer = (next: Caller) => Caller;

/** What a caller needs of a transport: of an answer the message alone. */
export interface CallTransport extends Pick<Transport, "stream"> {
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal,
    timeoutMs: undefined,
    header: Record<string, string> | undefined,
    input: MessageInitShape<I>,
    contextValues: ContextValues | undefined,
  ): Promise<{ readonly message: MessageShape<O> }>;
}

/**
 * Calls a transport through layers; the first is the outermost. `addsLeaderHeader`: the transport adds the require-leader
 * header by itself, as the gateway does.
 */
export function createCaller(
  transport: CallTransport,
  { addsLeaderHeader, layers }: { readonly addsLeaderHeader: boolean; readonly layers: readonly Layer[] },
): Caller {
  const headers = ({ token, leader }: CallInfo): Record<string, string> | undefined => {
    const asksLeader = leader !== undefined && !addsLeaderHeader;
    if (token === undefined && !asksLeader) return undefined;
    return { ...(asksLeader && { hasleader: "true" }), ...(token !== undefined && { authorization: token }) };
  };
  const last: Caller = {
    unary(call) {
      const { method, signal, message } = call;
      return transport.unary(method, signal, undefined, headers(call), message, contextOf(call)).then(messageOf);
    },
    async stream(call) {
      const { method, signal, messages, token } = call;
      const sent = transport.stream(method, signal, undefined, headers(call), each(messages), contextOf(call));
      return { messages: (await sent).message, token };
    },
  };
  return layers.reduceRight((next, layer) => layer(next), last);
}

function messageOf<T>({ message }: { readonly message: T }): T {
  return message;
}

/** What Connect's interceptors and transports are told; nothing where there is nothing to tell. */
function contextOf({ endpoint, leader, onProgress }: CallInfo): ContextValues | undefined {
  if (endpoint === undefined && leader === undefined && onProgress === undefined) return undefined;
  return emptyContext().set(endpointKey, endpoint).set(leaderKey, leader).set(progressKey, onProgress);
}

async function* each<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}
