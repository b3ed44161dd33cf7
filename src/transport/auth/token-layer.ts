import type { Layer } from "../caller.ts";
import { asEtcdError } from "../errors/connect-error.ts";
import { type EtcdError, throwUnsent } from "../errors/etcd-error.ts";
import { asksForLogin, type TokenSource } from "./token.ts";

/** The endpoints that a call may be sent to, as far as its token is concerned. */
export interface TokenEndpoints {
  /** Looked at after each refusal: endpoints may be replaced while a call runs. */
  readonly count: number;
  /** The endpoint that `error` came from refuses what others take: calls move on to the next one. */
  left(error: EtcdError): void;
}

/** What is needed to send the token along. */
export interface TokenUse {
  readonly source: TokenSource;
  readonly endpoints: TokenEndpoints;
  /** Told of each token before it is sent. */
  readonly sending: (token: string) => void;
}

/** One request with a token. */
interface Authorized {
  readonly token: string | undefined;
  /** The endpoint that the call began with has refused what others may take. */
  readonly moved: boolean;
}

/**
 * Puts the token on every call, and repeats a call that was refused for want of a valid one, writes too: a refusal is
 * not an execution. The first time with a new token; where that is refused as well, the endpoint is to blame, and each
 * of the others is tried once.
 */
export function tokenLayer({ source, endpoints, sending }: TokenUse): Layer {
  async function authorized<T>(
    { signal, oneEndpoint }: { readonly signal: AbortSignal; readonly oneEndpoint: boolean },
    request: (sent: Authorized) => Promise<T>,
  ): Promise<T> {
    let renewed = false;
    for (let tried = 0; ; ) {
      const token = await source.get(signal).catch(throwUnsent);
      if (token !== undefined) sending(token);
      const sentAt = performance.now();
      try {
        return await request({ token, moved: tried > 0 });
      } catch (thrown) {
        const error = asEtcdError(thrown);
        if (error === undefined) throw thrown;
        const closed = wasClosed(error);
        if (closed || (error.reason === "Timeout" && signal.aborted)) source.unanswered(token, sentAt, closed);
        if (!asksForLogin(error.reason)) throw thrown;
        if (!renewed && source.refused(token)) {
          renewed = true;
          continue;
        }
        const left = oneEndpoint ? 1 : endpoints.count;
        if (left > 1) endpoints.left(error);
        if (++tried < left) continue;
        source.refused(token);
        throw thrown;
      }
    }
  }

  return (next) => ({
    unary(call) {
      if (call.method.name === "Authenticate") return next.unary(call);
      return authorized({ signal: call.signal, oneEndpoint: call.endpoint !== undefined }, async ({ token }) => {
        const message = await next.unary({ ...call, token });
        source.accepted(token);
        return message;
      });
    },
    // It names the endpoint that it would begin with, not one that it is about. Its first message may still be a refusal.
    stream: (call) =>
      authorized({ signal: call.signal, oneEndpoint: false }, ({ token, moved }) =>
        next.stream({ ...call, token, endpoint: moved ? undefined : call.endpoint }),
      ),
  });
}

/** The request may have arrived, and no answer came. */
function wasClosed({ reason, outcome }: EtcdError): boolean {
  return reason === "Unreachable" && outcome === "unknown";
}
