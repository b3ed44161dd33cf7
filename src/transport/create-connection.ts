import { type TokenEndpoints, type TokenSource, tokenInterceptor } from "./auth/token.ts";
import { asNotApplied, callFailure, streamFailure } from "./call-failures.ts";
import { callRequest, repeatable } from "./call-request.ts";
import type { CallSettings } from "./call-settings.ts";
import { acceptingGuard, type ClusterGuard, type OnClusterChange, refusingGuard } from "./cluster-guard.ts";
import { type ClusterMemory, createClusterMemory } from "./cluster-memory.ts";
import type { Transport } from "./connect-types.ts";
import { endpointKey } from "./context.ts";
import type { Connection } from "./connection.ts";
import type { Deadline } from "./deadline.ts";
import { EtcdError } from "./errors/etcd-error.ts";
import type { GatewayTransport } from "./gateway-transport.ts";
import { type AnyRequest, type SendCall, chain } from "./intercept.ts";
import type { Log } from "./log.ts";
import { monotonicReads } from "./monotonic-reads.ts";
import { closedError, createOpenCalls } from "./open-calls.ts";
import { createRetry, retryInterceptor, type Try } from "./retry/retry.ts";
import type { Idempotency, RetryOptions } from "./retry/retry-policy.ts";
import { createKnownSecrets } from "./secrets/known-secrets.ts";

export interface ConnectionConfig {
  readonly transport: Transport;
  /** The same transport where it is the gateway. */
  readonly gateway: GatewayTransport | undefined;
  /** `undefined`: no token is sent. */
  readonly token: TokenSource | undefined;
  readonly oneMessage?: boolean | undefined;
  /** @default true */
  readonly shareRequests?: boolean | undefined;
  /** Whether serializable reads may not be older than what has been seen. @default false */
  readonly monotonicReads?: boolean | undefined;
  /** Told of each call as it begins. */
  readonly onCall?: (() => void) | undefined;
  readonly timeoutMs: number;
  readonly retry: RetryOptions | false;
  readonly requireLeader: boolean | "auto";
  readonly expectedClusterId: bigint | undefined;
  /** Default `refuse`. */
  readonly onClusterChange?: OnClusterChange | undefined;
  /** That of another connection to the same cluster. @default one of its own */
  readonly memory?: ClusterMemory | undefined;
  readonly log: Log;
  /** What must not be in any error, besides the secrets of the calls themselves. */
  readonly secrets?: readonly string[] | undefined;
}

export function createConnection(config: ConnectionConfig): Connection {
  const { transport, gateway, token, requireLeader, log, shareRequests = true, onCall } = config;
  const defaults = { timeoutMs: config.timeoutMs, requireLeader, addsLeaderHeader: gateway !== undefined };
  const memory = config.memory ?? createClusterMemory(config.expectedClusterId, log);
  const calls = createOpenCalls({ shareRequests, onCall });
  const secrets = createKnownSecrets(config.secrets ?? []);
  const endpoints = tokenEndpoints(gateway);
  const retry = createRetry({
    options: config.retry,
    log,
    get endpointCount() {
      return endpoints.count;
    },
  });
  const monotonic = monotonicReads(memory, (endpoint) => gateway?.endpoints.failed(endpoint));

  function timeOf({ timeoutMs = config.timeoutMs }: CallSettings): number {
    return timeoutMs;
  }

  /** Runs work that does not pass the interceptors, with the same time and the same loop. */
  async function retried<T>(
    name: string,
    settings: CallSettings,
    idempotency: Idempotency,
    work: (each: Try) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = timeOf(settings);
    const deadline = calls.begin(settings.signal, timeoutMs);
    try {
      return await retry(
        { name, oneEndpoint: settings.endpoint !== undefined, timeoutMs, idempotency },
        deadline.signal,
        work,
      );
    } finally {
      deadline.end();
    }
  }

  async function* read<T>(messages: AsyncIterable<T>, sent: AnyRequest, deadline: Deadline): AsyncGenerator<T> {
    try {
      for await (const message of messages) {
        // Messages that arrived before the end may still be in a buffer.
        if (deadline.signal.aborted) throw deadline.signal.reason;
        yield message;
      }
    } catch (error) {
      throw streamFailure(error, sent, deadline.signal, secrets);
    } finally {
      // The transport's own loop may be waiting for bytes: only aborting frees the connection.
      deadline.abort(closedError("not-applied"));
      deadline.end();
    }
  }

  /** The connection as seen by callers whose answers `guard` checks. */
  function view(guard: ClusterGuard): Connection {
    const call = chain(transport, [
      retryInterceptor(retry, (sent) => sent.contextValues.get(endpointKey) !== undefined),
      ...(token === undefined ? [] : [tokenInterceptor(token, endpoints)]),
      ...(config.monotonicReads === true ? [monotonic] : []),
      guard.interceptor,
    ]);

    /** Sends a call, unless its signal is aborted already. */
    async function answerTo(sent: AnyRequest): Promise<Awaited<ReturnType<SendCall>>> {
      if (sent.signal.aborted) throw asNotApplied(sent.signal.reason);
      const response = await call(sent);
      if (token !== undefined) secrets.remember(sent.header);
      return response;
    }

    return {
      async unary(method, message, settings = {}) {
        const deadline = calls.begin(settings.signal, timeOf(settings));
        const sent = callRequest(defaults, method, message, { ...settings, signal: deadline.signal });
        try {
          return (await answerTo(sent)).message as never;
        } catch (error) {
          throw callFailure(error, sent, deadline.signal, secrets);
        } finally {
          deadline.end();
        }
      },
      async stream(method, messages, settings = {}) {
        const deadline = calls.begin(settings.signal);
        const sent = callRequest(defaults, method, repeatable(messages), { ...settings, signal: deadline.signal });
        try {
          return read((await answerTo(sent)).message as AsyncIterable<never>, sent, deadline);
        } catch (error) {
          deadline.end();
          throw streamFailure(error, sent, deadline.signal, secrets);
        }
      },
      bounded: (name, settings, work) =>
        retried(name, settings, settings.idempotency ?? "once", ({ signal }) => work(signal)),
      async get(path, settings = {}) {
        if (gateway === undefined) throw unsupported(`GET ${path} needs the gateway transport`);
        try {
          return await retried(path, settings, "safe", ({ signal, progress }) =>
            gateway.get(path, { ...settings, signal, onProgress: progress }),
          );
        } catch (error) {
          throw EtcdError.is(error) ? secrets.clean(error) : error;
        }
      },
      begin: calls.begin,
      timeoutMs: config.timeoutMs,
      oneMessage: config.oneMessage === true,
      shareRequests,
      get endpoints() {
        return gateway?.endpoints.all.map(({ url }) => url) ?? [];
      },
      setEndpoints(urls) {
        if (gateway === undefined) throw unsupported("setEndpoints: not with a transport of your own");
        gateway.setEndpoints(urls);
      },
      get endpointInUse() {
        return gateway === undefined || gateway.endpoints.all.length === 0 ? "" : gateway.endpoints.inUse.url;
      },
      health: gateway?.endpoints,
      guard,
      token,
      log,
      clean: secrets.clean,
      get closed() {
        return calls.closed;
      },
      close() {
        token?.clear();
        calls.close();
      },
      follow: () => view(acceptingGuard(memory)),
      pin: () => view(guard.pin()),
    };
  }

  return view(config.onClusterChange === "accept" ? acceptingGuard(memory) : refusingGuard(memory));
}

/** The endpoints as the token sees them. */
function tokenEndpoints(gateway: GatewayTransport | undefined): TokenEndpoints {
  return {
    // At least one: a function that names the endpoints may not have been called yet.
    get count() {
      return Math.max(1, gateway?.endpoints.all.length ?? 1);
    },
    left({ attempts }) {
      const origin = attempts.at(-1)?.endpoint;
      const refusing = gateway?.endpoints.all.find((endpoint) => endpoint.origin === origin);
      if (refusing !== undefined) gateway?.endpoints.failed(refusing);
    },
  };
}

function unsupported(message: string): EtcdError {
  return new EtcdError(message, "Unsupported", { outcome: "not-applied" });
}
