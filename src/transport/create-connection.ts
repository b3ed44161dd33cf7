import type { DescMethodStreaming } from "@bufbuild/protobuf";
import type { TokenSource } from "./auth/token.ts";
import { type TokenEndpoints, tokenLayer } from "./auth/token-layer.ts";
import { type CallInfo, createCaller } from "./caller.ts";
import { asNotApplied, callFailure, streamFailure } from "./call-failures.ts";
import type { CallSettings } from "./call-settings.ts";
import { acceptingGuard, type ClusterGuard, type OnClusterChange, refusingGuard } from "./cluster-guard.ts";
import { type ClusterMemory, createClusterMemory } from "./cluster-memory.ts";
import type { Transport } from "./connect-types.ts";
import type { Connection } from "./connection.ts";
import type { Deadline } from "./deadline.ts";
import { type EtcdError, notApplied } from "./errors/etcd-error.ts";
import type { ClientGateway } from "./gateway-transport.ts";
import type { Log } from "./log.ts";
import { monotonicReads } from "./monotonic-reads.ts";
import { closedError, createOpenCalls } from "./open-calls.ts";
import { createRetry, type Try } from "./retry/retry.ts";
import { type Idempotency, idempotencyOf, type RetryOptions } from "./retry/retry-policy.ts";
import { createKnownSecrets } from "./secrets/known-secrets.ts";

export interface ConnectionConfig {
  readonly transport: Transport;
  /** The same transport where it is the gateway. */
  readonly gateway: ClientGateway | undefined;
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
  /** @default "auto" */
  readonly requireLeader?: boolean | "auto" | undefined;
  readonly expectedClusterId?: bigint | undefined;
  /** Default `refuse`. */
  readonly onClusterChange?: OnClusterChange | undefined;
  /** That of another connection to the same cluster. @default one of its own */
  readonly memory?: ClusterMemory | undefined;
  readonly log: Log;
  /** What must not be in any error, besides the secrets of the calls themselves. */
  readonly secrets?: readonly string[] | undefined;
}

/** What a call is, before it has a time and an endpoint. */
interface Asked {
  readonly name: string;
  /** Where its settings do not tell. */
  readonly idempotency: Idempotency;
  /** Where it may hold secrets. */
  readonly message?: object;
}

export function createConnection(config: ConnectionConfig): Connection {
  const { transport, gateway, token, requireLeader = "auto", log, shareRequests = true, onCall } = config;
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
  const leader = leaderRequirements(requireLeader);

  /** Runs requests with the time and the retry loop of one call, unless its signal is aborted already. */
  async function repeated<T>(
    { name, message, idempotency: own }: Asked,
    settings: CallSettings,
    request: (each: Try) => Promise<T>,
  ): Promise<T> {
    const { endpoint, patient, onFailure, idempotency = own, timeoutMs = config.timeoutMs } = settings;
    const deadline = calls.begin(settings.signal, timeoutMs);
    const { signal } = deadline;
    try {
      if (signal.aborted) throw asNotApplied(signal.reason);
      const what = { name, idempotency, oneEndpoint: endpoint !== undefined, patient, timeoutMs, onFailure };
      return await retry(what, signal, request);
    } catch (error) {
      throw callFailure(error, { message, signal, secrets });
    } finally {
      deadline.end();
    }
  }

  async function* read<T>(
    messages: AsyncIterable<T>,
    method: DescMethodStreaming,
    deadline: Deadline,
  ): AsyncGenerator<T> {
    const { signal } = deadline;
    try {
      for await (const message of messages) {
        // Messages that arrived before the end may still be in a buffer.
        if (signal.aborted) throw signal.reason;
        yield message;
      }
    } catch (error) {
      throw streamFailure(error, method, { signal, secrets });
    } finally {
      // The transport's own loop may be waiting for bytes: only aborting frees the connection.
      deadline.abort(closedError("not-applied"));
      deadline.end();
    }
  }

  /** The connection as seen by callers whose answers `guard` checks. */
  function view(guard: ClusterGuard): Connection {
    const caller = createCaller(gateway?.direct ?? transport, {
      addsLeaderHeader: gateway !== undefined,
      layers: [
        ...(token === undefined ? [] : [tokenLayer({ source: token, endpoints, sending: secrets.remember })]),
        ...(config.monotonicReads === true ? [monotonicReads(memory, gateway)] : []),
        guard.layer(gateway),
      ],
    });

    return {
      unary(method, message, settings = {}) {
        const { endpoint } = settings;
        const asked = { name: method.name, message, idempotency: idempotencyOf(method, message) };
        return repeated(asked, settings, ({ signal, progress }) =>
          caller.unary({ method, message, signal, endpoint, leader: leader.unary, onProgress: progress }),
        );
      },
      async stream(method, messages, settings = {}) {
        const deadline = calls.begin(settings.signal);
        const { signal } = deadline;
        try {
          if (signal.aborted) throw asNotApplied(signal.reason);
          const { endpoint } = settings;
          const sent = await caller.stream({ method, messages, signal, endpoint, leader: leader.stream });
          return { ...sent, messages: read(sent.messages, method, deadline) };
        } catch (error) {
          deadline.end();
          throw streamFailure(error, method, { signal, secrets });
        }
      },
      bounded: (name, settings, work) =>
        repeated({ name, idempotency: "once" }, settings, ({ signal }) => work(signal)),
      async get(path, settings = {}) {
        if (gateway === undefined) throw unsupported(`GET ${path} needs the gateway transport`);
        return repeated({ name: path, idempotency: "safe" }, settings, ({ signal, progress }) =>
          gateway.get(path, { ...settings, signal, onProgress: progress }),
        );
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

/** Whether etcd is to refuse a call, or end a stream, while its member sees no leader. */
function leaderRequirements(requireLeader: boolean | "auto"): Record<"unary" | "stream", CallInfo["leader"]> {
  if (requireLeader === true) return { unary: "always", stream: "always" };
  return { unary: undefined, stream: requireLeader === "auto" ? "auto" : undefined };
}

/** The endpoints as the token sees them. */
function tokenEndpoints(gateway: ClientGateway | undefined): TokenEndpoints {
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
  return notApplied(message, "Unsupported");
}
