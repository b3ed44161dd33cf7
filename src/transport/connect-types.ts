import type {
  DescMessage,
  DescMethodStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";

// Connect's own declarations need those of the DOM. These are the same types, for our public interface: each can be
// passed where the other is expected, which test/types/connect-types.ts proves.

/** A Connect transport: what sends the messages of calls to a server. */
export interface Transport {
  /** Calls an RPC that takes one message and answers with one. */
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeaderFields | undefined,
    input: MessageInitShape<I>,
    contextValues?: ContextValues,
  ): Promise<UnaryResponse<I, O>>;
  /** Calls an RPC that takes or answers with any number of messages. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeaderFields | undefined,
    input: AsyncIterable<MessageInitShape<I>>,
    contextValues?: ContextValues,
  ): Promise<StreamResponse<I, O>>;
}

/** What `new Headers()` takes, by the platform's own types. */
export type HeaderFields = NonNullable<ConstructorParameters<typeof Headers>[0]>;

/**
 * A Connect interceptor: wraps calls, to see or change what is asked and answered.
 *
 * @example
 * const logger: Interceptor = (next) => async (request) => {
 *   console.log(request.method.name);
 *   return next(request);
 * };
 */
export type Interceptor = (next: InterceptedCall) => InterceptedCall;

/** Makes one call, with the interceptors that come after. */
export type InterceptedCall = (request: UnaryRequest | StreamRequest) => Promise<UnaryResponse | StreamResponse>;

/** What every call has. */
export interface RequestCommon {
  /** The service of the RPC. */
  readonly service: DescService;
  /** The HTTP method. */
  readonly requestMethod: string;
  /** Where the request goes. */
  readonly url: string;
  /** Ends the call. */
  readonly signal: AbortSignal;
  /** Header fields to send. */
  readonly header: Headers;
  /** What interceptors and transports tell each other. */
  readonly contextValues: ContextValues;
}

/** A call with one message. */
export interface UnaryRequest<
  I extends DescMessage = DescMessage,
  O extends DescMessage = DescMessage,
> extends RequestCommon {
  /** Tells it from a {@link StreamRequest}. */
  readonly stream: false;
  /** The message to send. */
  readonly message: MessageShape<I>;
  /** The RPC. */
  readonly method: DescMethodUnary<I, O>;
}

/** A call with any number of messages. */
export interface StreamRequest<
  I extends DescMessage = DescMessage,
  O extends DescMessage = DescMessage,
> extends RequestCommon {
  /** Tells it from a {@link UnaryRequest}. */
  readonly stream: true;
  /** The messages to send. */
  readonly message: AsyncIterable<MessageShape<I>>;
  /** The RPC. */
  readonly method: DescMethodStreaming<I, O>;
}

/** What every answer has. */
export interface ResponseCommon {
  /** The service of the RPC. */
  readonly service: DescService;
  /** Header fields of the answer. */
  readonly header: Headers;
  /** Its trailers: none before the end. */
  readonly trailer: Headers;
}

/** An answer of one message. */
export interface UnaryResponse<
  I extends DescMessage = DescMessage,
  O extends DescMessage = DescMessage,
> extends ResponseCommon {
  /** Tells it from a {@link StreamResponse}. */
  readonly stream: false;
  /** The message received. */
  readonly message: MessageShape<O>;
  /** The RPC. */
  readonly method: DescMethodUnary<I, O>;
}

/** An answer of any number of messages. */
export interface StreamResponse<
  I extends DescMessage = DescMessage,
  O extends DescMessage = DescMessage,
> extends ResponseCommon {
  /** Tells it from a {@link UnaryResponse}. */
  readonly stream: true;
  /** The messages, as they come. */
  readonly message: AsyncIterable<MessageShape<O>>;
  /** The RPC. */
  readonly method: DescMethodStreaming<I, O>;
}

/** Values that go along with a call, by key. */
export interface ContextValues {
  /** The value of a key, or the key's default. */
  get<T>(key: ContextKey<T>): T;
  /** Sets the value of a key. */
  set<T>(key: ContextKey<T>, value: T): this;
  /** Takes the value of a key away. */
  delete(key: ContextKey<unknown>): this;
}

/** The name of a context value, with its type. */
export interface ContextKey<T> {
  /** Tells it from all others. */
  id: symbol;
  /** The value where none is set. */
  defaultValue: T;
}
