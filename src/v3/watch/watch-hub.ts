import type { WatchResponse } from "../../gen/etcdserverpb/watch_pb.ts";
import { clusterChanged, type History } from "../../transport/cluster-memory.ts";
import type { Connection } from "../../transport/connection.ts";
import { createWeakList } from "../../transport/weak-list.ts";
import { Code } from "../../transport/errors/code.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { statedError } from "../../transport/errors/gateway-error.ts";
import { asksForLogin } from "../../transport/auth/token.ts";
import type { KeyRange } from "../keys.ts";
import { type SharedWatch, isAttached, type Position, type WatchReader } from "./shared-watch.ts";
import { createSharedWatches } from "./shared-watches.ts";
import { consolidationTimer } from "./consolidation-timer.ts";
import { createIdleCheck } from "./idle-check.ts";
import { type Load, planConsolidation, planNewStream } from "./stream-plan.ts";
import { createReopening } from "./reopening.ts";
import { compacted, tooLarge } from "./watch-failure.ts";
import type { ServerOptions } from "./watch-options.ts";
import { closedOn, openedOn, stepWatch } from "./watch-state.ts";
import { Renewed, type WatchStream, watchStream } from "./watch-stream.ts";

/** Lets the watches of a connection share streams. */
export interface WatchHub {
  /** Decides which clusters the readers take. */
  readonly connection: Connection;
  /** Serves a reader from `start` on. Returns what ends that. */
  join(range: KeyRange, options: ServerOptions, start: Start, reader: WatchReader): () => void;
  /** The same hub, for readers of another view of its connection. */
  within(connection: Connection): WatchHub;
  /** Lets go of all streams, until `resume`, which goes on at once. */
  pause(): void;
  resume(): void;
}

/** Where a reader starts. */
interface Start {
  /** The first revision that it wants; `0n`: now. */
  readonly from: bigint;
  /**
   * The history that `from` is a revision of. The reader fails with `ClusterChanged` when another one begins, at once if
   * one has begun.
   */
  readonly since?: History | undefined;
}

/** A hub whose readers have been looked at. */
type Streams = Pick<WatchHub, "join" | "pause" | "resume"> & { close(): void };

type Stream = WatchStream<SharedWatch>;

/** Watches on one stream: more of them starve each other in the server (etcd#17529). */
const mostPerStream = 256;
/** How long after its confirmation etcd takes to tell that the start of a watch is compacted, in milliseconds. */
const proofMs = 300;
/** A token that a watch was refused for longer ago, in milliseconds, has run out since. */
const tokenMs = 5000;

export interface WatchBounds {
  /** How long a stream may be silent, in milliseconds, before it is left unless its member answers. */
  readonly idleMs: number;
  /** What the events of one revision may take in memory. */
  readonly maxRevisionBytes: number;
}

/**
 * Without `shareRequests` each reader gets all of its own: stream, timers and the watch of the server. Streams are there
 * for readers of all views of the connection: which cluster a reader takes is looked at when it joins.
 */
export function createWatchHub(own: Connection, bounds: WatchBounds): WatchHub {
  const following = own.follow();
  const { memory } = own.guard;
  const { join, pause, resume } = own.shareRequests ? sharedHub(following, bounds) : separateHubs(following, bounds);

  function joinAs(view: Connection): WatchHub["join"] {
    return (range, options, start, reader) => {
      const { since = view.guard.pinnedTo } = start;
      const { current } = memory;
      const missed =
        since === undefined || since === current ? undefined : clusterChanged(since, current, "not-applied");
      const refusal = view.guard.refusal() ?? missed;
      if (refusal === undefined) return join(range, options, start, reader);
      reader.failed(refusal);
      return () => undefined;
    };
  }

  const within = (view: Connection): WatchHub => ({ connection: view, join: joinAs(view), within, pause, resume });
  return within(own);
}

function separateHubs(connection: Connection, bounds: WatchBounds): Streams {
  const hubs = createWeakList<Streams>();
  let paused = false;
  return {
    join(range, options, start, reader) {
      const hub = sharedHub(connection, bounds);
      if (paused) hub.pause();
      hubs.add(hub);
      const leave = hub.join(range, options, start, reader);
      return () => {
        hubs.delete(hub);
        leave();
        hub.close();
      };
    },
    pause() {
      paused = true;
      for (const hub of hubs) hub.pause();
    },
    resume() {
      paused = false;
      for (const hub of hubs) hub.resume();
    },
    close() {
      for (const hub of hubs) hub.close();
    },
  };
}

function sharedHub(connection: Connection, { idleMs, maxRevisionBytes }: WatchBounds): Streams {
  const most = connection.oneMessage ? 1 : mostPerStream;
  const sharedWatches = createSharedWatches();
  const waiting = new Set<SharedWatch>();
  const streams = new Map<number, Stream>();
  /** The stream that is not yet confirmed, or that replaces others which are still open. */
  let opening: Stream | undefined;
  let opened = 0;
  let paused = false;
  let planned = false;
  const consolidation = consolidationTimer(consolidate);
  const idleCheck = createIdleCheck(connection, idleMs, () => streams.values());
  const reopening = createReopening(connection, plan);

  /** Watches that are asked for in one tick open one stream. */
  function plan(): void {
    if (planned) return;
    planned = true;
    queueMicrotask(() => {
      planned = false;
      if (opening?.confirmed === true && waiting.size > 0) replaced(opening);
      while (waiting.size > 0 && !paused && !reopening.waits && (most === 1 || opening === undefined))
        open(planNewStream([...waiting], loads(), most));
    });
  }

  function changed(): void {
    plan();
    if (streams.size > 0 && most > 1) consolidation.changed();
    else consolidation.stop();
  }

  function consolidate(): void {
    if (opening !== undefined || waiting.size > 0 || paused) return;
    for (const shared of sharedWatches.mergeCaughtUp()) retire(shared);
    const watches = planConsolidation(loads(), most);
    if (watches !== undefined) open(watches);
  }

  function loads(): Load<SharedWatch>[] {
    const pinned = (stream: Stream): boolean =>
      loadOf(stream).watches.some((shared) => shared.pinned === shared.state.next);
    return [...streams.values()].filter((stream) => !pinned(stream)).map(loadOf);
  }

  function loadOf(stream: Stream): Load<SharedWatch> {
    const watches = stream.watches.filter((shared) => shared.readers.size > 0 && isAttached(shared, stream));
    return { watches, stale: watches.length < stream.watches.length };
  }

  function open(watches: readonly SharedWatch[]): void {
    const id = ++opened;
    const stream = watchStream(connection, watches, id, {
      answered: (shared, response) => answered(stream, shared, response),
      unanswered(lost) {
        for (const shared of lost) if (isAttached(shared, stream)) detach(stream, shared);
        // A server that loses what it is asked for is asked again later each time.
        consolidation.slower();
      },
      confirmed: () => confirmed(stream),
      ended: (error) => ended(stream, error),
    });
    for (const shared of watches) {
      waiting.delete(shared);
      shared.state = openedOn(shared.state, id);
    }
    streams.set(id, stream);
    if (most > 1) opening = stream;
    idleCheck.start();
  }

  function answered(stream: Stream, shared: SharedWatch, response: WatchResponse): void {
    const { state: before, range } = shared;
    const step = stepWatch(before, stream.id, response, { range, maxRevisionBytes });
    if (step.kind === "advance") {
      shared.state = step.state;
      if (step.created !== undefined) onCreated(stream, shared, step.created);
      const { batches } = step;
      if (batches.length > 0) {
        // Events prove that the token is good.
        shared.refusals = 0;
        const own = shared.readers.size > 1 ? batches.map((batch) => ({ ...batch, shared: true })) : batches;
        for (const reader of shared.readers.keys()) reader.take(own);
      } else if (step.state.next > before.next && before.next > 0n)
        for (const reader of shared.readers.keys()) reader.reached(step.state.next);
    } else if (step.kind === "violation") {
      detach(stream, shared);
      if (shared.state.links.length === 0)
        failed(new EtcdError(step.what, "MalformedResponse", { outcome: "unknown" }), [shared], stream);
    } else if (step.kind === "compacted") {
      detach(stream, shared);
      if (shared.state.links.some((link) => link.confirmed)) shared.pinned = shared.state.next;
      else endCompacted(shared, step.compactRevision);
    } else if (step.kind === "too-large") {
      detach(stream, shared);
      end(shared, tooLarge(step.revision, maxRevisionBytes));
    } else refused(stream, shared, step.cancelReason);
  }

  /** Ends the readers that miss something, and starts the others where they are. */
  function endCompacted(shared: SharedWatch, compactRevision: bigint): void {
    const { next } = shared.state;
    const { range, options } = shared;
    const readers = [...shared.readers];
    retire(shared);
    for (const [reader, position] of readers) {
      const own = position.next > 0n && position.next < next ? next : position.next;
      if (own > 0n && own < compactRevision) reader.failed(compacted(compactRevision));
      else serve(range, options, { next: own, floor: position.floor }, reader);
    }
  }

  function onCreated(stream: Stream, shared: SharedWatch, revision: bigint): void {
    const later = [...shared.readers.values()].some(({ next, floor }) => next === 0n && floor > revision);
    if (later || revision + 1n < shared.state.next) stream.behind(shared.range);
    for (const [reader, position] of shared.readers) confirm(reader, position, revision);
  }

  /** Now is not before what the client has seen. */
  function confirm(reader: WatchReader, position: Position, revision: bigint): void {
    const at = position.next === 0n && position.floor > revision ? position.floor : revision;
    if (position.next === 0n) position.next = at + 1n;
    reader.confirmed(at);
  }

  /** A token that ran out is replaced, once; every other refusal is final. */
  function refused(stream: Stream, shared: SharedWatch, cancelReason: string): void {
    detach(stream, shared);
    if (cancelReason === "") return failed(undefined, [shared], stream);
    const error = connection.clean(statedError(cancelReason, Code.FailedPrecondition));
    const login = asksForLogin(error.reason);
    if (stream.confirmedMs > tokenMs) shared.refusals = 0;
    const again = login && shared.refusals++ === 0 && connection.token?.refused(stream.trace.token) === true;
    if (again) return;
    if (login && shared.state.links.length > 0) shared.pinned = shared.state.next;
    else end(shared, error);
  }

  /** The stream no longer carries the shared watch. It waits for another, unless it has one. */
  function detach(stream: Stream, shared: SharedWatch): void {
    shared.state = closedOn(shared.state, stream.id);
    if (shared.readers.size > 0 && shared.state.links.length === 0) {
      waiting.add(shared);
      for (const reader of shared.readers.keys()) reader.interrupted();
      changed();
    }
    closeIfUnused(stream);
  }

  function confirmed(stream: Stream): void {
    reopening.confirmed();
    connection.log({ type: "watch", state: "live", revision: stream.revision, reason: undefined });
    if (stream.watches.every((shared) => isAttached(shared, stream))) consolidation.reset();
    const moved = stream.watches.some((shared) => isAttached(shared, stream) && shared.state.links.length > 1);
    if (!moved || waiting.size > 0) replaced(stream);
    else stream.later(() => replaced(stream), proofMs);
  }

  /** What the stream serves is taken off the others, and those that serve nothing else are closed. */
  function replaced(stream: Stream): void {
    if (opening !== stream && most > 1) return;
    opening = undefined;
    for (const shared of stream.watches) {
      if (!isAttached(shared, stream)) continue;
      for (const link of shared.state.links)
        if (link.stream !== stream.id) shared.state = closedOn(shared.state, link.stream);
    }
    for (const each of streams.values()) closeIfUnused(each);
    changed();
  }

  function closeIfUnused(stream: Stream): void {
    if (loadOf(stream).watches.length === 0) stream.close();
  }

  function ended(stream: Stream, error: unknown): void {
    streams.delete(stream.id);
    if (opening === stream) opening = undefined;
    const left = stream.watches.filter((shared) => shared.readers.size > 0 && isAttached(shared, stream));
    for (const shared of left) detach(stream, shared);
    const orphans = left.filter((shared) => shared.state.links.length === 0);
    if (orphans.length > 0 && !(error instanceof Renewed)) failed(error, orphans, stream);
    if (streams.size === 0) {
      idleCheck.stop();
      consolidation.stop();
    }
    plan();
  }

  function failed(error: unknown, orphans: readonly SharedWatch[], stream: Stream): void {
    if (!reopening.mayPass(error, stream.endpoint)) {
      for (const shared of orphans) end(shared, error);
      return;
    }
    const known = EtcdError.is(error) ? error : undefined;
    connection.log({ type: "watch", state: "retrying", revision: orphans[0]?.state.next ?? 0n, reason: known?.reason });
    for (const shared of orphans) for (const reader of shared.readers.keys()) reader.met(known);
    reopening.failed(stream.confirmedMs);
  }

  function serve(range: KeyRange, options: ServerOptions, position: Position, reader: WatchReader): void {
    const shared = sharedWatches.join(range, options, position, reader);
    if (shared.state.links.length === 0) waiting.add(shared);
    if (shared.state.links.some((link) => link.confirmed)) confirm(reader, position, shared.state.head);
    changed();
  }

  function end(shared: SharedWatch, error: unknown): void {
    for (const reader of retire(shared)) reader.failed(error);
  }

  /** Frees what is held for a shared watch. Returns the readers that it still had. */
  function retire(shared: SharedWatch): WatchReader[] {
    const readers = sharedWatches.remove(shared);
    waiting.delete(shared);
    for (const { stream } of shared.state.links) {
      const carrier = streams.get(stream);
      if (carrier !== undefined) closeIfUnused(carrier);
    }
    if (waiting.size === 0) reopening.cancelWait();
    changed();
    return readers;
  }

  function renew(): void {
    for (const stream of streams.values()) stream.close(new Renewed());
  }

  const { memory } = connection.guard;
  // Revisions of before mean nothing any more: readers start anew, or end.
  const unsubscribe = memory.onChange((error) => {
    for (const shared of sharedWatches.all()) end(shared, error);
  });

  return {
    close: unsubscribe,
    join(range, options, { from }, reader) {
      serve(range, options, { next: from, floor: memory.current.newest }, reader);
      return () => {
        const left = sharedWatches.leave(reader);
        if (left !== undefined) retire(left);
      };
    },
    pause() {
      paused = true;
      renew();
    },
    resume() {
      paused = false;
      reopening.reset();
      plan();
    },
  };
}
