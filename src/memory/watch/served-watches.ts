import type { MessageInitShape } from "@bufbuild/protobuf";
import { WatchCreateRequest_FilterType as Filter } from "../../gen/enums.ts";
import type { WatchCreateRequest, WatchRequest, WatchResponseSchema } from "../../gen/etcdserverpb/watch_pb.ts";
import type { Event } from "../../gen/mvccpb/kv_pb.ts";
import type { KeyChange } from "../store/change.ts";
import type { Clock, Timer } from "../server-clock.ts";
import type { HeaderAt } from "../store/header.ts";
import { isEmptySpan, type KeySpan, keyRange } from "../store/key-range.ts";
import type { RpcError } from "../../gateway-server/rpc-error.ts";
import type { Store } from "../store/store.ts";
import { inFragments } from "../../gateway-server/watch-fragments.ts";
import type { RegisteredWatcher, WatchRegistry } from "./watch-registry.ts";

export interface WatchSettings {
  /** Milliseconds between the progress answers of a watch that asked for them and sees nothing else. */
  readonly progressNotifyMs: number;
  /** Answers larger than this are split for watches that asked for it. */
  readonly maxRequestBytes: number;
  /** Whether a request for progress is answered however far the stream's watches are, and without any. */
  readonly progressAlways: boolean;
}

export interface WatchContext {
  readonly store: Store;
  readonly hub: WatchRegistry;
  readonly clock: Clock;
  readonly header: HeaderAt;
  readonly settings: WatchSettings;
  /** Why the caller may not watch the range; `undefined` where it may. */
  refusal(range: KeySpan): RpcError | undefined;
}

type Send = (response: MessageInitShape<typeof WatchResponseSchema>) => void;

interface OpenWatch extends RegisteredWatcher {
  /** The task that sends its next progress answer. */
  timer: Timer | undefined;
  /** Sends the events of the past; `undefined` once it has. */
  catchUp: (() => void) | undefined;
}

/** The most revisions of the past in one answer. */
const maxRevisions = 1000;

/** One stream of watches: takes its requests and sends what they lead to. */
export class ServedWatches {
  readonly #context: WatchContext;
  readonly #send: Send;
  readonly #watches = new Map<bigint, OpenWatch>();
  #nextId = 0n;

  constructor(context: WatchContext, send: Send) {
    this.#context = context;
    this.#send = send;
  }

  /** Answers all requests before any watch sends events of the past. */
  take(requests: readonly WatchRequest[]): void {
    for (const { requestUnion: request } of requests) {
      if (request.case === "createRequest") this.#create(request.value);
      if (request.case === "cancelRequest") this.#cancel(request.value.watchId);
      if (request.case === "progressRequest") this.#progress();
    }
    for (const watch of this.#watches.values()) {
      watch.catchUp?.();
      watch.catchUp = undefined;
    }
  }

  /** Frees all its watches. */
  close(): void {
    for (const id of this.#watches.keys()) this.#remove(id);
  }

  #create(request: WatchCreateRequest): void {
    const { store, header } = this.#context;
    const now = header(store.revision);
    // An empty key is the smallest one there is, a zero byte.
    const range = keyRange(request.key.length === 0 ? new Uint8Array(1) : request.key, request.rangeEnd);
    const refused = this.#refusal(request.watchId, range);
    if (refused !== undefined) {
      this.#send({ header: now, watchId: -1n, created: true, canceled: true, cancelReason: refused });
      return;
    }
    const id = request.watchId === 0n ? this.#newId() : request.watchId;
    this.#send({ header: now, watchId: id, created: true });
    const start = request.startRevision === 0n ? store.revision + 1n : request.startRevision;
    this.#start(id, range, start, request);
  }

  #refusal(id: bigint, range: KeySpan): string | undefined {
    const error = this.#context.refusal(range);
    if (error !== undefined) return `rpc error: code = ${codeNames[error.code] ?? "Unknown"} desc = ${error.message}`;
    if (isEmptySpan(range)) return "mvcc: watcher range is empty";
    if (id !== 0n && this.#watches.has(id)) return "mvcc: duplicate watch ID provided on the WatchStream";
    return undefined;
  }

  #newId(): bigint {
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #start(id: bigint, range: KeySpan, start: bigint, request: WatchCreateRequest): void {
    const { store, hub, header, settings } = this.#context;
    let quiet = true;
    const report = (changes: readonly KeyChange[]): void => {
      const events = eventsOf(changes, request, store.compactRevision);
      if (events.length === 0) return;
      quiet = false;
      const response = { header: header(store.revision), watchId: id, events };
      for (const part of inFragments(response, request.fragment ? settings.maxRequestBytes : Infinity))
        this.#send(part);
    };
    const catchUp = (): void => this.#catchUp(id, watch, report);
    const watch: OpenWatch = {
      range,
      start,
      timer: undefined,
      catchUp: start > store.revision ? undefined : catchUp,
      notify: report,
    };
    this.#watches.set(id, watch);
    hub.add(watch);
    if (request.progressNotify) {
      this.#everyInterval(watch, () => {
        // No progress answer is due in an interval that had events.
        if (quiet) this.#send({ header: header(store.revision), watchId: id });
        quiet = true;
      });
    }
  }

  #catchUp(id: bigint, { range, start }: OpenWatch, report: (changes: readonly KeyChange[]) => void): void {
    const { store, header } = this.#context;
    if (start < store.compactRevision) {
      this.#remove(id);
      this.#send({ header: header(0n), watchId: id, canceled: true, compactRevision: store.compactRevision });
      return;
    }
    let bundle: KeyChange[] = [];
    let revisions = 0;
    for (const changes of store.changesSince(range, start)) {
      for (const change of changes) bundle.push(change);
      if (++revisions % maxRevisions > 0) continue;
      report(bundle);
      bundle = [];
    }
    report(bundle);
  }

  #everyInterval(watch: OpenWatch, task: () => void): void {
    watch.timer = this.#context.clock.schedule(this.#context.settings.progressNotifyMs, () => {
      this.#everyInterval(watch, task);
      task();
    });
  }

  #cancel(id: bigint): void {
    if (!this.#watches.has(id)) return;
    this.#remove(id);
    this.#send({ header: this.#context.header(this.#context.store.revision), watchId: id, canceled: true });
  }

  /** Since 3.5 there is no answer without a watch, nor while one still sends events of the past. */
  #progress(): void {
    const watches = [...this.#watches.values()];
    const ready = watches.length > 0 && watches.every(({ catchUp }) => catchUp === undefined);
    if (!ready && !this.#context.settings.progressAlways) return;
    this.#send({ header: this.#context.header(this.#context.store.revision), watchId: -1n });
  }

  #remove(id: bigint): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    watch.timer?.cancel();
    this.#context.hub.remove(watch);
    this.#watches.delete(id);
  }
}

/** Names of gRPC codes as Go prints them, of those that refuse a watch. */
const codeNames: Readonly<Record<number, string>> = {
  3: "InvalidArgument",
  7: "PermissionDenied",
  16: "Unauthenticated",
};

function eventsOf(changes: readonly KeyChange[], request: WatchCreateRequest, compactRevision: bigint): Event[] {
  const { prevKv, filters } = request;
  const wanted = changes.filter(({ deleted }) => !filters.includes(deleted ? Filter.NODELETE : Filter.NOPUT));
  return wanted.map(({ kv, deleted, before }) => ({
    $typeName: "mvccpb.Event",
    type: deleted ? 1 : 0,
    kv,
    // What was there before the revision can only be told if that can still be read.
    ...(prevKv && before !== undefined && kv.modRevision > compactRevision ? { prevKv: before } : {}),
  }));
}
