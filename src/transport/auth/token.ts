import type { Interceptor } from "@connectrpc/connect";
import { asEtcdError } from "../errors/connect-error.ts";
import { traceKey } from "../context.ts";
import { raceAbort } from "../deadline.ts";
import { amend, EtcdError, invalidArgument } from "../errors/etcd-error.ts";
import { type Log, silent } from "../log.ts";
import type { Reason } from "../errors/reasons.ts";

/** Verdicts that a new token may turn around. The request itself was not executed. */
const refreshing: ReadonlySet<Reason> = new Set<Reason>(["InvalidAuthToken", "UserEmpty", "AuthOldRevision"]);

/** Whether a refusal, of a call or of a watch, asks for a new token. */
export function asksForLogin(reason: Reason): boolean {
  return refreshing.has(reason);
}

const firstCoolDownMs = 1000;
const longestCoolDownMs = 30_000;

export interface TokenSource {
  /**
   * The token to send, `undefined` for none. Concurrent callers share one login, which the `signal` of one of them does
   * not abort.
   */
  get(signal: AbortSignal): Promise<string | undefined>;
  /** A server refused `token`: the next `get` fetches a new one. `false` if there is no way to. */
  refused(token: string | undefined): boolean;
  clear(): void;
}

/** A token that the application has; it is not ours to renew. */
export function fixedToken(token: string): TokenSource {
  checkToken(token);
  return { get: () => Promise.resolve(token), refused: () => false, clear: () => undefined };
}

export interface TokenOptions {
  /** Fetches a token; `undefined` means that none is needed. */
  readonly fetchToken: () => Promise<string | undefined>;
  readonly username?: string;
  readonly log?: Log;
  readonly now?: () => number;
}

/**
 * A token that is fetched when first needed and again when refused, by one login at a time. It lives in this closure
 * alone. After a refused password no other is tried for a second, then two, up to thirty: a client in a loop must not
 * hammer the server's password hashing or lock an account.
 */
export function fetchedToken({ fetchToken, username, log = silent, now = Date.now }: TokenOptions): TokenSource {
  let current: Promise<string | undefined> | undefined;
  let known: { readonly token: string | undefined } | undefined;
  let coolDownMs = 0;
  let refusal: { readonly error: EtcdError; readonly until: number } | undefined;

  async function login(): Promise<string | undefined> {
    try {
      const token = await fetchToken();
      if (token !== undefined) checkToken(token);
      known = { token };
      coolDownMs = 0;
      log({ type: "login", username, reason: undefined });
      return token;
    } catch (thrown) {
      // The call that wanted the token was not sent.
      const error = amend(asLoginError(thrown), { outcome: "not-applied" });
      log({ type: "login", username, reason: error.reason });
      if (error.reason === "AuthFailed" || error.reason === "NoPasswordUser") {
        coolDownMs = Math.min(longestCoolDownMs, coolDownMs === 0 ? firstCoolDownMs : coolDownMs * 2);
        refusal = { error, until: now() + coolDownMs };
      }
      throw error;
    }
  }

  return {
    get(signal) {
      if (current === undefined) {
        if (refusal !== undefined && now() < refusal.until) return Promise.reject(refusal.error);
        const fresh = login();
        current = fresh;
        // Also for when everyone who waited has left by then.
        fresh.catch(() => {
          if (current === fresh) current = undefined;
        });
      }
      return raceAbort(current, signal);
    },
    refused(token) {
      // Only the call that carried the newest token may discard it: others were refused for an older one.
      if (known !== undefined && known.token === token) {
        known = undefined;
        current = undefined;
      }
      return true;
    },
    clear() {
      known = undefined;
      current = undefined;
    },
  };
}

function asLoginError(thrown: unknown): EtcdError {
  return (
    asEtcdError(thrown) ??
    new EtcdError("auth: the token provider failed", "InvalidAuthToken", { outcome: "not-applied", cause: thrown })
  );
}

/** A token goes into a header: line breaks in it would be other headers. The text never shows it. */
function checkToken(token: unknown): asserts token is string {
  if (typeof token !== "string" || !/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(token)) {
    throw invalidArgument("auth: the token is not a string of visible ASCII characters");
  }
}

/** Without a token the call was not sent, whatever ended the wait. */
function unsent<T>(token: Promise<T>): Promise<T> {
  return token.catch((error: unknown) => {
    throw EtcdError.is(error) ? amend(error, { outcome: "not-applied" }) : error;
  });
}

/**
 * Puts the token on every call, and repeats a call once that was refused for want of a valid one, writes too: a refusal
 * is not an execution. A call without an answer also discards the token, for a simple token that is ahead of its
 * member's state makes etcd hang instead of answer (etcd#11377).
 */
export function tokenInterceptor(source: TokenSource): Interceptor {
  return (next) => async (request) => {
    if (request.method.name === "Authenticate") return next(request);
    const token = await unsent(source.get(request.signal));
    if (token !== undefined) request.header.set("authorization", token);
    const trace = request.contextValues.get(traceKey);
    if (trace !== undefined) trace.token = token;
    try {
      return await next(request);
    } catch (thrown) {
      const error = asEtcdError(thrown);
      if (error?.reason === "Timeout") source.refused(token);
      if (error === undefined || !asksForLogin(error.reason) || !source.refused(token)) throw thrown;
      const renewed = await unsent(source.get(request.signal));
      request.header.delete("authorization");
      if (renewed !== undefined) request.header.set("authorization", renewed);
      return next(request);
    }
  };
}
