import type {
  DescMessage,
  DescMethodStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { TokenSource } from "./auth/token.ts";
import type { StreamAnswer } from "./caller.ts";
import type { CallSettings } from "./call-settings.ts";
import type { ClusterGuard } from "./cluster-guard.ts";
import type { Deadline } from "./deadline.ts";
import type { EtcdError } from "./errors/etcd-error.ts";
import type { Log } from "./log.ts";
import type { EndpointHealth } from "./retry/endpoints.ts";

export type { CallOptions, CallSettings } from "./call-settings.ts";

/** A transport with a deadline, retries, a token and a memory of the cluster: what all services call. */
export interface Connection {
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    message: MessageInitShape<I>,
    settings?: CallSettings,
  ): Promise<MessageShape<O>>;
  /**
   * The answers to `messages`, which are sent at once. Not retried: its reader resumes it. The stream stays open until
   * the loop is left or `signal` aborts; the time-out does not apply.
   */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    messages: readonly MessageInitShape<I>[],
    settings?: Pick<CallSettings, "signal" | "endpoint">,
  ): Promise<StreamAnswer<MessageShape<O>>>;
  /** Runs work with the deadline and the retry loop of a call, for RPCs that answer with a stream. */
  readonly bounded: <T>(name: string, settings: CallSettings, work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  /**
   * A time that ends when `signal` aborts, when it is over (never, unless a time is given), or with `Closed` when the
   * connection is closed. Throws `Closed` after that.
   */
  begin(signal: AbortSignal | undefined, timeoutMs?: number): Deadline;
  /** A plain `GET` on an endpoint. @throws `Unsupported` where the transport is not the gateway */
  get(path: string, settings?: CallSettings & { readonly statuses?: readonly number[] }): Promise<string>;
  /** For a call that names no other, in milliseconds. */
  readonly timeoutMs: number;
  /** The transport sends only the first message of a stream (gRPC-Web). */
  readonly oneMessage: boolean;
  /** Whether a call or watch may wait for a request that another one began. */
  readonly shareRequests: boolean;
  readonly endpoints: readonly string[];
  readonly endpointInUse: string;
  /**
   * Replaces the endpoints. Throws `InvalidArgument` for what cannot be called, and `Unsupported` where the transport is
   * not the gateway.
   */
  setEndpoints(urls: string | readonly string[]): void;
  /** `undefined` where the transport does not choose among endpoints. */
  readonly health: EndpointHealth | undefined;
  readonly guard: ClusterGuard;
  /** The same connection, whose calls accept the answers of any cluster. */
  follow(): Connection;
  /** The same, for work of several calls: all of them are answered by one history of one cluster, or rejected. */
  pin(): Connection;
  readonly token: TokenSource | undefined;
  readonly log: Log;
  /** Takes the client's secrets out of an error that quotes a server. */
  readonly clean: (error: EtcdError) => EtcdError;
  readonly closed: boolean;
  /** Fails every open call and stream with `Closed`, and all later ones. */
  close(): void;
}
