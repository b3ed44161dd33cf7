import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import type { UnaryResponse } from "./connect-types.ts";

/** An answer of the gateway. Its headers are made when somebody looks at them: an interceptor may, the client does not. */
export class GatewayResponse<I extends DescMessage, O extends DescMessage> implements UnaryResponse<I, O> {
  readonly stream = false;
  readonly method: DescMethodUnary<I, O>;
  readonly message: MessageShape<O>;
  readonly #response: Response;
  #trailer: Headers | undefined;

  constructor(method: DescMethodUnary<I, O>, message: MessageShape<O>, response: Response) {
    this.method = method;
    this.message = message;
    this.#response = response;
  }

  get service(): DescMethodUnary<I, O>["parent"] {
    return this.method.parent;
  }

  get header(): Headers {
    return this.#response.headers;
  }

  get trailer(): Headers {
    this.#trailer ??= new Headers();
    return this.#trailer;
  }
}

/** The same as an object that can be spread, as interceptors and those who use a transport may do. */
export function plainResponse<I extends DescMessage, O extends DescMessage>(
  response: UnaryResponse<I, O>,
): UnaryResponse<I, O> {
  const { stream, service, method, message, header, trailer } = response;
  return { stream, service, method, message, header, trailer };
}
