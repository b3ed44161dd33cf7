import { isError } from "../transport/platform.ts";
import type { ServerCall } from "./call.ts";
import { type Dialect, errorBody, httpStatus, streamErrorLine } from "./dialect.ts";
import type { Exchanges } from "./exchanges.ts";
import type { ServedRequest } from "./http-request.ts";
import { BadFirstMessage } from "./request-body.ts";
import type { Endpoint } from "./rpc-endpoint.ts";
import { code, RpcError } from "./rpc-error.ts";
import { StreamReply } from "./stream-reply.ts";

/** How a gateway words its answers. */
export interface GatewayWords {
  readonly dialect: Dialect;
  /** What a failed precondition gives: some builds of 3.4 are made with an even older gateway. */
  readonly preconditionStatus: 400 | 412;
}

type HeaderFields = Readonly<Record<string, string>>;

/** Runs RPCs for HTTP requests, and frames what they answer as etcd's JSON gateway does. */
export class RpcGateway {
  readonly #words: GatewayWords;
  readonly #exchanges: Exchanges;

  constructor(words: GatewayWords, exchanges: Exchanges) {
    this.#words = words;
    this.#exchanges = exchanges;
  }

  /** Rejects, with the signal's own reason, only when the request is aborted. */
  answer<C extends ServerCall>(
    endpoint: Endpoint<C>,
    request: ServedRequest,
    call: C,
    headers: HeaderFields,
  ): Response | Promise<Response> {
    return endpoint.kind === "unary"
      ? this.#unary(endpoint, request, call, headers)
      : this.#stream(endpoint, request, call, headers);
  }

  /** A streaming answer that ends with its exchange. */
  reply(request: ServedRequest, call: ServerCall, headers: HeaderFields): StreamReply {
    const reply = new StreamReply(headers, () => {
      done();
      call.cancel();
    });
    const done = this.#exchanges.track(request, call, {
      abort: (reason) => reply.abort(reason),
      expire: (error) => this.#endWith(error, reply),
    });
    return reply;
  }

  /** An answer that is an error, of whatever an RPC threw. */
  error(error: unknown, headers: HeaderFields): Response {
    const rpcError = asRpcError(error);
    const status = this.#status(rpcError);
    const { dialect } = this.#words;
    const challenge = dialect === "gateway2" && status === 401 ? { "www-authenticate": rpcError.message } : {};
    return new Response(errorBody(rpcError, dialect), { status, headers: { ...headers, ...challenge } });
  }

  /** The same for an RPC that answers with a stream. */
  streamError(error: RpcError, headers: HeaderFields): Response {
    const status = this.#status(error);
    return new Response(streamErrorLine(error, this.#words.dialect, status), { status, headers });
  }

  #unary<C extends ServerCall>(
    endpoint: Endpoint<C> & { readonly kind: "unary" },
    request: ServedRequest,
    call: C,
    headers: HeaderFields,
  ): Response | Promise<Response> {
    try {
      const answer = endpoint.answer(request.body, call, this.#words.dialect);
      if (typeof answer === "string") return new Response(answer, { headers });
      return this.#wait(request, call, answer, headers);
    } catch (error) {
      return this.error(error, headers);
    }
  }

  /** An answer that is not there yet. */
  #wait(request: ServedRequest, call: ServerCall, answer: Promise<string>, headers: HeaderFields): Promise<Response> {
    return new Promise((resolve, reject) => {
      const done = this.#exchanges.track(request, call, {
        abort(reason) {
          done();
          reject(reason);
          call.cancel();
        },
        expire: (error) => resolve(this.error(error, headers)),
      });
      answer
        .then(
          (body) => resolve(new Response(body, { headers })),
          (error: unknown) => resolve(this.error(error, headers)),
        )
        .finally(done)
        .catch(reject);
    });
  }

  #stream<C extends ServerCall>(
    endpoint: Endpoint<C> & { readonly kind: "stream" },
    request: ServedRequest,
    call: C,
    headers: HeaderFields,
  ): Promise<Response> {
    const { dialect } = this.#words;
    const reply = this.reply(request, call, headers);
    const send = (message: string): void => reply.send(`{"result":${message}}\n`);
    try {
      endpoint.open(request.body, call, dialect, {
        send,
        sendJson: send,
        end: () => reply.end(),
        fail: (error) => this.#endWith(error, reply),
        cut: (reason) => reply.abort(reason),
        drained: () => reply.drained(),
        get queued() {
          return reply.queued;
        },
      });
    } catch (error) {
      // A watch that cannot be read gets no answer at all from the new gateway, and renewals of leases an empty one.
      if (!(error instanceof BadFirstMessage)) this.#endWith(error, reply);
      else if (dialect === "gateway1" || !error.ofMany) reply.end(errorBody(error, dialect), this.#status(error));
      else if (endpoint.method.name !== "Watch") reply.end();
    }
    return reply.response;
  }

  #endWith(error: unknown, reply: StreamReply): void {
    const rpcError = asRpcError(error);
    const status = this.#status(rpcError);
    reply.end(streamErrorLine(rpcError, this.#words.dialect, status), status);
  }

  #status({ code: rpcCode }: RpcError): number {
    return httpStatus(rpcCode, this.#words.dialect, this.#words.preconditionStatus);
  }
}

function asRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  return new RpcError(code.internal, isError(error) ? error.message : "unknown error");
}
