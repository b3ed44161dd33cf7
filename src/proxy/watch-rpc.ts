import { type Endpoint, type Sink, stream } from "../gateway-server/rpc-endpoint.ts";
import { RpcError } from "../gateway-server/rpc-error.ts";
import { Watch } from "../gateway-server/served-services.ts";
import { WatchCreateRequest_FilterType as Filter } from "../gen/enums.ts";
import type { WatchCreateRequest, WatchRequest, WatchResponseSchema } from "../gen/etcdserverpb/watch_pb.ts";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ClusterMemory } from "../transport/cluster-memory.ts";
import { EtcdError } from "../transport/errors/etcd-error.ts";
import { compareBytes } from "../v3/keys.ts";
import type { WatchReader } from "../v3/watch/shared-watch.ts";
import type { ServerOptions } from "../v3/watch/watch-options.ts";
import type { RevisionEvents } from "../v3/watch/watch-state.ts";
import { type OpenCounter, LimitReached, type LimitSettings } from "./limits.ts";
import { createEventTexts, type EventTexts } from "./event-texts.ts";
import type { ProxyCall } from "./proxy-call.ts";
import { asRpcError, type Upstream } from "./upstream.ts";

type WatchResponse = MessageInitShape<typeof WatchResponseSchema>;
type ResponseHeader = NonNullable<WatchResponse["header"]>;

/** Watches of all callers on one range with the same options are one watch of etcd: the client's hub sees to that. */
export function watchRpc({ connection, hub }: Upstream, limits: LimitSettings, open: OpenCounter): Endpoint<ProxyCall> {
  const texts = createEventTexts();
  return stream(Watch.method.watch, (requests, sink, call: ProxyCall) => {
    // Each can be asked for and canceled; the rest is questions for progress.
    if (requests.length > 2 * limits.watches + 16) throw new LimitReached();
    const cluster = connection.guard.memory;
    const watches = new WatchStream(call, sink, { cluster, hub, open, queueBytes: limits.queueBytes, texts });
    call.onCancel(() => watches.close());
    call.onCancel(call.onExpire(() => watches.expire()));
    watches.take(requests);
  });
}

/** How long a reader may take for what waited for it when it was left behind, in milliseconds. */
const slowMs = 30_000;

interface OpenWatch {
  /** The first revision that the caller has not been told of. */
  next: bigint;
  /** Whether the caller has been told that it is created. */
  started: boolean;
  leave(): void;
}

/** What the watches of all requests share. */
interface SharedByWatches {
  readonly cluster: ClusterMemory;
  readonly hub: Upstream["hub"];
  readonly open: OpenCounter;
  /** What may wait for a slow reader. */
  readonly queueBytes: number;
  readonly texts: EventTexts;
}

/** The watches of one request: their ids, starts and filters are the caller's own. */
class WatchStream {
  readonly #cluster: ClusterMemory;
  readonly #hub: Upstream["hub"];
  readonly #call: ProxyCall;
  readonly #sink: Sink<WatchResponse>;
  readonly #open: OpenCounter;
  readonly #queueBytes: number;
  readonly #texts: EventTexts;
  readonly #watches = new Map<bigint, OpenWatch>();
  #nextId = 0n;
  /** What the store is known to have come to. A watch may begin later than that. */
  #revision = 0n;

  constructor(call: ProxyCall, sink: Sink<WatchResponse>, shared: SharedByWatches) {
    this.#call = call;
    this.#sink = sink;
    this.#cluster = shared.cluster;
    this.#hub = shared.hub;
    this.#open = shared.open;
    this.#queueBytes = shared.queueBytes;
    this.#texts = shared.texts;
  }

  take(requests: readonly WatchRequest[]): void {
    for (const { requestUnion: request } of requests) {
      if (request.case === "createRequest") this.#create(request.value);
      if (request.case === "cancelRequest") this.#cancel(request.value.watchId);
      if (request.case === "progressRequest") this.#progress();
    }
  }

  close(): void {
    for (const id of this.#watches.keys()) this.#remove(id);
  }

  /** The caller's rights have ended. It comes again, and is asked anew who it is. */
  expire(): void {
    this.close();
    this.#sink.end();
  }

  #create(request: WatchCreateRequest): void {
    // An empty key is the smallest one there is, a zero byte.
    const key = request.key.length === 0 ? new Uint8Array(1) : request.key;
    const { rangeEnd } = request;
    const refusal = this.#refusal(request.watchId, key, rangeEnd);
    if (refusal !== undefined) {
      this.#sink.send({ header: this.#header(), watchId: -1n, created: true, canceled: true, cancelReason: refusal });
      return;
    }
    const id = request.watchId === 0n ? this.#newId() : request.watchId;
    const leaveCount = this.#open.enter(this.#call.rights.subject);
    const watch: OpenWatch = { next: request.startRevision, started: false, leave: leaveCount };
    this.#watches.set(id, watch);
    const leaveHub = this.#hub.join(
      this.#call.rights.keyspace.place({ key, rangeEnd }),
      serverOptions(request),
      { from: request.startRevision },
      this.#reader(id, watch, request),
    );
    watch.leave = () => {
      leaveCount();
      leaveHub();
    };
    if (!this.#watches.has(id)) watch.leave();
  }

  /** Which cluster this is, so that the caller notices another one; and what it knows the store has come to. */
  #header(revision = 0n): ResponseHeader {
    return { clusterId: this.#cluster.current.clusterId, revision };
  }

  /** Why a watch is refused. Throws an error that ends the whole stream. */
  #refusal(id: bigint, key: Uint8Array, rangeEnd: Uint8Array): string | undefined {
    if (id !== 0n && this.#watches.has(id)) return "mvcc: duplicate watch ID provided on the WatchStream";
    try {
      this.#call.touch("read", key, rangeEnd);
    } catch (error) {
      if (error instanceof RpcError) return `rpc error: code = PermissionDenied desc = ${error.message}`;
      throw error;
    }
    const open = rangeEnd.length === 1 && rangeEnd[0] === 0;
    const empty = rangeEnd.length > 0 && !open && compareBytes(key, rangeEnd) >= 0;
    return empty ? "mvcc: watcher range is empty" : undefined;
  }

  #newId(): bigint {
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #reader(id: bigint, watch: OpenWatch, request: WatchCreateRequest): WatchReader {
    return {
      confirmed: (revision) => {
        if (watch.started) return;
        watch.started = true;
        if (watch.next === 0n) watch.next = revision + 1n;
        this.#reached(revision);
        this.#sink.send({ header: this.#header(revision), watchId: id, created: true });
      },
      take: (batches) => {
        for (const batch of batches) this.#deliver(id, watch, request, batch);
      },
      reached: (next) => {
        if (next <= watch.next) return;
        watch.next = next;
        this.#reached(next - 1n);
        if (request.progressNotify) this.#sink.send({ header: this.#header(next - 1n), watchId: id });
      },
      interrupted: () => undefined,
      met: () => undefined,
      failed: (error) => this.#failed(id, error),
    };
  }

  /** Revisions before the caller's start come along where the watch is shared. */
  #deliver(id: bigint, watch: OpenWatch, request: WatchCreateRequest, batch: RevisionEvents): void {
    if (!this.#watches.has(id)) return;
    const { revision } = batch;
    if (revision < watch.next) return;
    watch.next = revision + 1n;
    this.#reached(revision);
    const texts = this.#texts(batch, this.#call.rights, request, () => this.#header(revision));
    if (texts.length === 0) return;
    if (this.#sink.queued > this.#queueBytes) return this.#leaveBehind();
    const own = id === 0n ? "" : `,"watch_id":"${id}"`;
    for (const { before, after } of texts) this.#sink.sendJson(before + own + after);
  }

  /** The reader is too slow. It gets what waits for it, so that each time it comes it gets on, and nothing after that. */
  #leaveBehind(): void {
    this.close();
    this.#sink.end();
    const timer = setTimeout(() => this.#sink.cut(new Error("fetcd proxy: the reader is too slow")), slowMs);
    this.#call.onCancel(() => clearTimeout(timer));
  }

  #failed(id: bigint, error: unknown): void {
    this.#remove(id);
    const compacted = EtcdError.is(error) ? error.compactRevision : undefined;
    if (compacted !== undefined) {
      this.#sink.send({ header: this.#header(), watchId: id, canceled: true, compactRevision: compacted });
      return;
    }
    this.close();
    this.#sink.fail(asRpcError(error));
  }

  #cancel(id: bigint): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    this.#remove(id);
    if (!watch.started) this.#sink.send({ header: this.#header(), watchId: id, created: true });
    this.#sink.send({ header: this.#header(this.#told(watch)), watchId: id, canceled: true });
  }

  /** Not while a watch has not started, as etcd since 3.5. */
  #progress(): void {
    const watches = [...this.#watches.values()];
    if (watches.length === 0 || !watches.every(({ started }) => started)) return;
    const least = watches.map((watch) => this.#told(watch)).reduce((a, b) => (a < b ? a : b));
    this.#sink.send({ header: this.#header(least), watchId: -1n });
  }

  #reached(revision: bigint): void {
    if (revision > this.#revision) this.#revision = revision;
  }

  /** The revision up to which the caller has been told all of a watch. */
  #told({ next }: OpenWatch): bigint {
    return next > this.#revision ? this.#revision : before(next);
  }

  #remove(id: bigint): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    this.#watches.delete(id);
    watch.leave();
  }
}

function before(revision: bigint): bigint {
  return revision > 0n ? revision - 1n : 0n;
}

/** The filters as far as etcd's watch can serve others too; the rest is done here. */
function serverOptions({ prevKv, progressNotify, filters }: WatchCreateRequest): ServerOptions {
  const [filter] = filters.length === 1 ? filters : [];
  const only = filter === Filter.NODELETE ? "put" : filter === Filter.NOPUT ? "delete" : undefined;
  return { prev: prevKv, progress: progressNotify, ...(only === undefined ? {} : { only }) };
}
