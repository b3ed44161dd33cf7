import { boundBy, type Deadline } from "../transport/abort.ts";
import { createEndpoints, type Endpoints } from "../transport/retry/endpoints.ts";
import type { Address } from "../transport/http/read-address.ts";
import { Closed, EtcdV2Error, Timeout } from "./errors.ts";
import { createAttempts } from "./attempts.ts";
import { type Answer, exchange, type ExchangeConfig, type ExchangeRequest } from "./exchange.ts";
import { type CallOptions, checkTimeout } from "./client-options.ts";
import { retried } from "./retry.ts";
import { maxTries, mayRetry, waitBefore } from "./retry-policy.ts";

export type { Answer } from "./exchange.ts";

export interface CallRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Below the endpoint, each segment encoded. */
  readonly path: string;
  /** In the query of a GET, HEAD or DELETE; in the body, as a form, of the others. */
  readonly params?: URLSearchParams | undefined;
  /** A body as JSON, with `params` in the query. */
  readonly json?: unknown;
  readonly options?: CallOptions | undefined;
  /** The only endpoint to ask. @default the one in use, and others when it fails */
  readonly endpoint?: Address | undefined;
  /** A long poll: sent once; silence up to `timeoutMs` is not a failure of the member. */
  readonly poll?: boolean | undefined;
}

/** Sends all calls: bounds them in time, goes on to other members, repeats what may be repeated. */
export interface Requester {
  /** `read` makes the result; if it throws an `EtcdV2Error`, that is a failure of the member like others. */
  call<T>(call: CallRequest, read: (answer: Answer) => T): Promise<T>;
  /**
   * Ends when `signal` aborts, after `timeoutMs` with what `expired` makes, or with `Closed` when the client is closed.
   */
  begin(signal: AbortSignal | undefined, timeoutMs?: number, expired?: () => EtcdV2Error): Deadline;
  readonly endpoints: Endpoints;
  /** Replaces the members that can be asked. */
  setEndpoints(all: readonly Address[]): void;
  readonly timeoutMs: number;
  close(): void;
}

export interface RequesterConfig extends ExchangeConfig {
  readonly endpoints: readonly Address[];
  readonly timeoutMs: number;
  readonly failover: boolean;
}

/** How long a read waits for a silent member, in milliseconds, where there are others to ask. */
const silentMs = 2000;
/** etcd sends the head of a waiting answer at once. */
const pollHeadMs = 5000;

export function createRequester(config: RequesterConfig): Requester {
  const endpoints = createEndpoints(config.endpoints);
  const closing = new AbortController();
  const open = new Set<Deadline>();

  function begin(
    signal: AbortSignal | undefined,
    timeoutMs = Infinity,
    expired = (): EtcdV2Error => new Timeout(`no answer within ${timeoutMs} ms`, { outcome: "unknown" }),
  ): Deadline {
    if (closing.signal.aborted) throw closing.signal.reason;
    const deadline: Deadline = boundBy(timeoutMs, signal, expired, { onEnd: () => open.delete(deadline) });
    open.add(deadline);
    return deadline;
  }

  async function call<T>(request: CallRequest, read: (answer: Answer) => T): Promise<T> {
    const { method, path, options = {}, endpoint, poll = false } = request;
    const timeoutMs = checkTimeout(options.timeoutMs ?? config.timeoutMs);
    const write = method !== "GET" && method !== "HEAD";
    const members = endpoint === undefined && config.failover ? endpoints.all.length : 1;
    const deadline = begin(options.signal, timeoutMs);
    const { signal } = deadline;
    const attempts = createAttempts({
      exchange: (attempt) =>
        exchange(config, { ...bodyOf(request), ...attempt, secrets: secretsIn(request), method, write }),
      read,
      endpoints,
      endpoint,
      failover: config.failover,
      write,
      // A member that accepts a write may be at work on it, and the only member has nobody to stand in for it.
      headMs: poll ? pollHeadMs : write || members === 1 ? Infinity : silentMs,
      signal,
    });
    try {
      return await retried(attempts.next, {
        url: endpoints.inUse.url + path,
        method,
        signal,
        limit: poll || !config.failover ? 0 : maxTries(members) - 1,
        mayRetry: (error, tries) => mayRetry(error, write, tries, members),
        waitBefore: (tries) => waitBefore(tries, members, attempts.failure),
      });
    } catch (error) {
      const reason = signal.aborted ? signal.reason : error;
      // The caller's reason comes back as it is, even where it is an error of ours.
      if (!EtcdV2Error.is(reason) || (options.signal?.aborted === true && reason === options.signal.reason))
        throw reason;
      // A time-out is made before anybody knows whether it meets a request, and a read has nothing to apply.
      const between = reason === signal.reason && !attempts.inFlight;
      if (between && reason instanceof Timeout && attempts.failure !== undefined) {
        reason.message += `: ${attempts.failure.message}`;
      }
      const outcome = !write || between ? "not-applied" : reason.outcome;
      throw Object.assign(reason, { outcome, attempts: attempts.made.slice(-32) });
    } finally {
      deadline.end();
    }
  }

  return {
    call,
    begin,
    endpoints,
    setEndpoints: endpoints.replace,
    timeoutMs: config.timeoutMs,
    close() {
      if (closing.signal.aborted) return;
      closing.abort(new Closed("the client is closed", { outcome: "not-applied" }));
      for (const deadline of open) deadline.abort(new Closed("the client is closed", { outcome: "unknown" }));
    },
  };
}

/** The passwords in a body, at whatever depth. */
function secretsIn({ json, params }: CallRequest): string[] {
  const secrets: string[] = [];
  const look = (name: string, value: unknown): unknown => {
    if (/password|secret|token/i.test(name) && typeof value === "string") secrets.push(value);
    return value;
  };
  if (json !== undefined) JSON.stringify(json, look);
  params?.forEach((value, name) => look(name, value));
  return secrets;
}

/** Go reads a form of PUT and POST alone; a JSON body of a key it would ignore. */
function bodyOf({ method, path, params, json }: CallRequest): Pick<ExchangeRequest, "path" | "headers" | "body"> {
  const text = params?.toString() ?? "";
  if (json === undefined && (method === "PUT" || method === "POST")) {
    return { path, headers: { "content-type": "application/x-www-form-urlencoded" }, body: text };
  }
  return {
    path: text === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${text}`,
    headers: json === undefined ? {} : { "content-type": "application/json" },
    body: json === undefined ? undefined : JSON.stringify(json),
  };
}
