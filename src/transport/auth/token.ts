import { isControlFlow } from "../http/control-flow.ts";
import { asEtcdError } from "../errors/connect-error.ts";
import { boundBy } from "../deadline.ts";
import { amend, EtcdError, invalidArgument } from "../errors/etcd-error.ts";
import { type Log, silent } from "../log.ts";
import type { Reason } from "../errors/reasons.ts";
import { createSharedWork, type NoteFailure } from "../shared-work.ts";

/** Refusals that a new token may end. The refused request was not executed. */
const refreshing: ReadonlySet<Reason> = new Set<Reason>(["InvalidAuthToken", "UserEmpty", "AuthOldRevision"]);

/** Whether a refusal, of a call or of a watch, asks for a new token. */
export function asksForLogin(reason: Reason): boolean {
  return refreshing.has(reason);
}

const firstCoolDownMs = 1000;
const longestCoolDownMs = 30_000;
/** Etcd says nothing at all to a token that is ahead of its member's state (etcd#11377). It is waited for until then. */
const longestSilenceMs = 5000;
/** How long a call waits for the token that replaces a suspect one, in milliseconds; then it is sent with that one. */
const patienceMs = 2000;

export interface TokenSource {
  /**
   * The token to send, `undefined` for none. Concurrent callers share one login, which the `signal` of one of them does
   * not abort.
   */
  get(signal: AbortSignal): Promise<string | undefined>;
  /** A server refused `token`: the next `get` gives another one. `false` if there is no way to, or not yet. */
  refused(token: string | undefined): boolean;
  /** A call with `token` was answered. */
  accepted(token: string | undefined): void;
  /**
   * A call with `token`, sent at `sentAt` (as of `performance.now`), was not answered. `closed`: the server closed the
   * connection, as some do for a token that has run out. The token is suspect then: it is replaced by the next `get`,
   * and used on where the login fails.
   */
  unanswered(token: string | undefined, sentAt: number, closed: boolean): void;
  clear(): void;
}

/** A token that the application has; it is not ours to renew. */
export function fixedToken(token: string): TokenSource {
  checkToken(token);
  return {
    get: () => Promise.resolve(token),
    refused: () => false,
    accepted: () => undefined,
    unanswered: () => undefined,
    clear: () => undefined,
  };
}

export interface TokenOptions {
  /** Fetches a token; `undefined` means that none is needed. */
  readonly fetchToken: (note: NoteFailure) => Promise<string | undefined>;
  /** Whether a call may wait for the promise of a login that another one began. @default true */
  readonly shareRequests?: boolean | undefined;
  /** How long a login may take, in milliseconds; then callers begin another one. @default Infinity */
  readonly limitMs?: number | undefined;
  readonly username?: string | undefined;
  readonly log?: Log;
}

interface Known {
  readonly token: string | undefined;
  trust: "good" | "suspect" | "refused";
}

/**
 * A token that is fetched when first needed and again when refused or suspect, by one login at a time. It lives in this
 * closure alone. After a refused password, and after tokens that no server takes, no other login is tried for a second,
 * then two, up to thirty: a client in a loop must not hammer the server's password hashing or lock an account.
 */
export function fetchedToken(options: TokenOptions): TokenSource {
  const { fetchToken, username, shareRequests = true, limitMs, log = silent } = options;
  let known: Known | undefined;
  let coolDownMs = 0;
  let refusal: { readonly error: EtcdError; readonly until: number } | undefined;
  /** Logins in a row whose tokens no call was answered with. */
  let unproven = 0;
  let lastLogin = -Infinity;
  let lastAnswer = -Infinity;
  /** When the first call was sent of those without an answer, since the last answer. */
  let silentSince: number | undefined;
  /** Counts the times that all was forgotten. */
  let epoch = 0;
  const logins = createSharedWork(login, { shareRequests, limitMs });

  async function login(note: NoteFailure): Promise<Known> {
    const startEpoch = epoch;
    try {
      const token = await fetchToken(note);
      if (token !== undefined) checkToken(token);
      const fresh: Known = { token, trust: "good" };
      if (startEpoch === epoch) known = fresh;
      coolDownMs = 0;
      unproven++;
      lastLogin = performance.now();
      silentSince = undefined;
      log({ type: "login", username, reason: undefined });
      return fresh;
    } catch (thrown) {
      // The call that wanted the token was not sent.
      if (isControlFlow(thrown)) throw thrown;
      const error = amend(asLoginError(thrown), { outcome: "not-applied" });
      log({ type: "login", username, reason: error.reason });
      if (error.reason === "AuthFailed" || error.reason === "NoPasswordUser") {
        coolDownMs = Math.min(longestCoolDownMs, coolDownMs === 0 ? firstCoolDownMs : coolDownMs * 2);
        refusal = { error, until: performance.now() + coolDownMs };
      }
      throw error;
    }
  }

  /** Whether a login may be tried in place of a token that is suspect or was refused. */
  function mayReplace(): boolean {
    if (unproven <= 1) return true;
    return (
      performance.now() >= lastLogin + Math.min(longestCoolDownMs, firstCoolDownMs * 2 ** Math.min(unproven - 2, 30))
    );
  }

  return {
    async get(signal) {
      const last = known;
      if (last !== undefined && (last.trust === "good" || !mayReplace())) return last.token;
      const suspect = last?.trust === "suspect" ? last : undefined;
      const wait = boundBy(suspect === undefined ? Infinity : patienceMs, signal);
      try {
        if (refusal !== undefined && performance.now() < refusal.until) throw refusal.error;
        return (await logins.join(wait.signal)).token;
      } catch (error) {
        if (suspect === undefined || signal.aborted) throw error;
        return (known ?? suspect).token;
      } finally {
        wait.end();
      }
    },
    refused(token) {
      if (known === undefined || known.token !== token) return true;
      known.trust = "refused";
      return mayReplace();
    },
    accepted(token) {
      // Only the newest token tells: others were refused, or not answered, for being old.
      if (known === undefined || known.token !== token) return;
      lastAnswer = performance.now();
      silentSince = undefined;
      unproven = 0;
      if (known.trust === "suspect") known.trust = "good";
    },
    unanswered(token, sentAt, closed) {
      if (token === undefined || known?.trust !== "good" || known.token !== token || lastAnswer > sentAt) return;
      silentSince = Math.min(silentSince ?? sentAt, sentAt);
      if (closed || performance.now() - silentSince >= longestSilenceMs) known.trust = "suspect";
    },
    clear() {
      epoch++;
      known = undefined;
      logins.forget();
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
