import type { WatchResponse } from "../../gen/etcdserverpb/watch_pb.ts";
import { clusterChanged, type History } from "../../transport/cluster-memory.ts";
import type { Connection } from "../../transport/connection.ts";
import { createWeakList } from "../../transport/weak-list.ts";
import { Code } from "../../transport/errors/code.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { statedError } from "../../transport/errors/gateway-error.ts";
import { asksForLogin } from "../../transport/auth/token.ts";
import type { KeyRange } from "../keys.ts";
import { type Feed, linked, type Place, type WatchReader } from "./shared-watch.ts";
import { createFeeds } from "./shared-watches.ts";
import { restTimer } from "./consolidation-timer.ts";
import { createIdleCheck } from "./idle-check.ts";
import { type Load, restingStream, youngStream } from "./stream-plan.ts";
import { compacted, endsRow, mayPass, tooLarge, waitAfter } from "./watch-failure.ts";
import type { ServerOptions } from "./watch-options.ts";
import { closedOn, openedOn, stepWatch } from "./watch-state.ts";
import { Renewed, type WatchStream, watchStream } from "./watch-stream.ts";

/** Lets the watches of a connection share streams. */
export interface WatchHub {
  /** Decides which clusters the readers take. */
  readonly connection: Connection;
  /**
   * Serves a reader with all from `from` on, `0n` for now. Returns what ends that. `since`: the history that `from` is a
   * revision of. The reader fails with `ClusterChanged` when another one begins, at once if one has begun.
   */
  join(range: KeyRange, options: ServerOptions, from: bigint, reader: WatchReader, since?: History): () => void;
  /** The same hub, for readers of another view of its connection. */
  within(connection: Connection): WatchHub;
  /** Lets go of all streams, until `resume`, which goes on at once. */
  pause(): void;
  resume(): void;
}

/** A hub whose readers have been looked at. */
type Streams = Pick<WatchHub, "join" | "pause" | "resume"> & { close(): void };

type Stream = WatchStream<Feed>;

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
    return (range, options, from, reader, since = view.guard.pinnedTo) => {
      const { current } = memory;
      const missed =
        since === undefined || since === current ? undefined : clusterChanged(since, current, "not-applied");
      const refusal = view.guard.refusal() ?? missed;
      if (refusal === undefined) return join(range, options, from, reader);
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
    join(range, options, from, reader) {
      const hub = sharedHub(connection, bounds);
      if (paused) hub.pause();
      hubs.add(hub);
      const leave = hub.join(range, options, from, reader);
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

function sharedHub(connection: Connection, bounds: WatchBounds): Streams {
  const most = connection.oneMessage ? 1 : mostPerStream;
  const feeds = createFeeds();
  const waiting = new Set<Feed>();
  const streams = new Map<number, Stream>();
  /** The stream that is not yet confirmed, or that replaces others which are still open. */
  let opening: Stream | undefined;
  let opened = 0;
  let failures = 0;
  let paused = false;
  let planned = false;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  const resting = restTimer(putTogether);
  const idleCheck = createIdleCheck(connection, bounds.idleMs, () => streams.values());
  /** Endpoints that turned out to be no etcd, since a stream was last confirmed. */
  const foreign = new Set<string>();

  /** Watches that are asked for in one tick open one stream. */
  function plan(): void {
    if (planned) return;
    planned = true;
    queueMicrotask(() => {
      planned = false;
      if (opening?.confirmed === true && waiting.size > 0) replaced(opening);
      while (waiting.size > 0 && !paused && retryTimer === undefined && (most === 1 || opening === undefined))
        open(youngStream([...waiting], loads(), most));
    });
  }

  function changed(): void {
    plan();
    if (streams.size > 0 && most > 1) resting.changed();
    else resting.stop();
  }

  function putTogether(): void {
    if (opening !== undefined || waiting.size > 0 || paused) return;
    for (const feed of feeds.unite()) retire(feed);
    const watches = restingStream(loads(), most);
    if (watches !== undefined) open(watches);
  }

  function loads(): Load<Feed>[] {
    const stuck = (stream: Stream): boolean => loadOf(stream).watches.some((feed) => feed.stuck === feed.state.next);
    return [...streams.values()].filter((stream) => !stuck(stream)).map(loadOf);
  }

  function loadOf(stream: Stream): Load<Feed> {
    const watches = stream.watches.filter((feed) => feed.readers.size > 0 && linked(feed, stream));
    return { watches, stale: watches.length < stream.watches.length };
  }

  function open(watches: readonly Feed[]): void {
    const id = ++opened;
    const stream = watchStream(connection, watches, id, {
      answered: (feed, response) => answered(stream, feed, response),
      unanswered(lost) {
        for (const feed of lost) if (linked(feed, stream)) unlinked(stream, feed);
        // A server that loses what it is asked for is asked again later each time.
        resting.slower();
      },
      confirmed: () => confirmed(stream),
      ended: (error) => ended(stream, error),
    });
    for (const feed of watches) {
      waiting.delete(feed);
      feed.state = openedOn(feed.state, id);
    }
    streams.set(id, stream);
    if (most > 1) opening = stream;
    idleCheck.start();
  }

  function answered(stream: Stream, feed: Feed, response: WatchResponse): void {
    const before = feed.state;
    const step = stepWatch(before, stream.id, response, feed.range, bounds.maxRevisionBytes);
    if (step.kind === "advance") {
      feed.state = step.state;
      if (step.created !== undefined) begun(stream, feed, step.created);
      const { batches } = step;
      if (batches.length > 0) {
        const shared = feed.readers.size > 1 ? batches.map((batch) => ({ ...batch, shared: true })) : batches;
        for (const reader of feed.readers.keys()) reader.take(shared);
      } else if (step.state.next > before.next && before.next > 0n)
        for (const reader of feed.readers.keys()) reader.reached(step.state.next);
    } else if (step.kind === "violation") {
      unlinked(stream, feed);
      if (feed.state.links.length === 0)
        failed(new EtcdError(step.what, "MalformedResponse", { outcome: "unknown" }), [feed], stream);
    } else if (step.kind === "compacted") {
      unlinked(stream, feed);
      if (feed.state.links.some((link) => link.confirmed)) feed.stuck = feed.state.next;
      else endCompacted(feed, step.compactRevision);
    } else if (step.kind === "too-large") {
      unlinked(stream, feed);
      end(feed, tooLarge(step.revision, bounds.maxRevisionBytes));
    } else refused(stream, feed, step.cancelReason);
  }

  /** Ends the readers that miss something, and starts the others where they are. */
  function endCompacted(feed: Feed, compactRevision: bigint): void {
    const { next } = feed.state;
    const { range, options } = feed;
    const readers = [...feed.readers];
    retire(feed);
    for (const [reader, place] of readers) {
      const own = place.next > 0n && place.next < next ? next : place.next;
      if (own > 0n && own < compactRevision) reader.failed(compacted(compactRevision));
      else serve(range, options, own, place.floor, reader);
    }
  }

  function begun(stream: Stream, feed: Feed, revision: bigint): void {
    const later = [...feed.readers.values()].some(({ next, floor }) => next === 0n && floor > revision);
    if (later || revision + 1n < feed.state.next) stream.behind(feed.range);
    for (const [reader, place] of feed.readers) confirm(reader, place, revision);
  }

  /** Now is not before what the client has seen. */
  function confirm(reader: WatchReader, place: Place, revision: bigint): void {
    const at = place.next === 0n && place.floor > revision ? place.floor : revision;
    if (place.next === 0n) place.next = at + 1n;
    reader.confirmed(at);
  }

  /** A token that ran out is replaced, once; every other refusal is final. */
  function refused(stream: Stream, feed: Feed, cancelReason: string): void {
    unlinked(stream, feed);
    if (cancelReason === "") return failed(undefined, [feed], stream);
    const error = connection.clean(statedError(cancelReason, Code.FailedPrecondition));
    const login = asksForLogin(error.reason);
    if (stream.confirmedMs > tokenMs) feed.refusals = 0;
    const again = login && feed.refusals++ === 0 && connection.token?.refused(stream.trace.token) === true;
    if (again) return;
    if (login && feed.state.links.length > 0) feed.stuck = feed.state.next;
    else end(feed, error);
  }

  /** The feed is no longer served by the stream. It waits for another, unless it has one. */
  function unlinked(stream: Stream, feed: Feed): void {
    feed.state = closedOn(feed.state, stream.id);
    if (feed.readers.size > 0 && feed.state.links.length === 0) {
      waiting.add(feed);
      for (const reader of feed.readers.keys()) reader.interrupted();
      changed();
    }
    freed(stream);
  }

  function confirmed(stream: Stream): void {
    foreign.clear();
    connection.log({ type: "watch", state: "live", revision: stream.revision, reason: undefined });
    if (stream.watches.every((feed) => linked(feed, stream))) resting.reset();
    const moved = stream.watches.some((feed) => linked(feed, stream) && feed.state.links.length > 1);
    if (!moved || waiting.size > 0) replaced(stream);
    else stream.later(() => replaced(stream), proofMs);
  }

  /** What the stream serves is taken off the others, and those that serve nothing else are closed. */
  function replaced(stream: Stream): void {
    if (opening !== stream && most > 1) return;
    opening = undefined;
    for (const feed of stream.watches) {
      if (!linked(feed, stream)) continue;
      for (const link of feed.state.links)
        if (link.stream !== stream.id) feed.state = closedOn(feed.state, link.stream);
    }
    for (const each of streams.values()) freed(each);
    changed();
  }

  function freed(stream: Stream): void {
    if (loadOf(stream).watches.length === 0) stream.close();
  }

  function ended(stream: Stream, error: unknown): void {
    streams.delete(stream.id);
    if (opening === stream) opening = undefined;
    const left = stream.watches.filter((feed) => feed.readers.size > 0 && linked(feed, stream));
    for (const feed of left) unlinked(stream, feed);
    const orphans = left.filter((feed) => feed.state.links.length === 0);
    if (orphans.length > 0 && !(error instanceof Renewed)) failed(error, orphans, stream);
    if (streams.size === 0) {
      idleCheck.stop();
      resting.stop();
    }
    plan();
  }

  function failed(error: unknown, orphans: readonly Feed[], stream: Stream): void {
    const known = EtcdError.is(error) ? error : undefined;
    if (known?.reason === "NotEtcd") foreign.add(stream.endpoint);
    if (!mayPass(error, connection.endpoints.length > Math.max(1, foreign.size))) {
      for (const feed of orphans) end(feed, error);
      return;
    }
    connection.log({ type: "watch", state: "retrying", revision: orphans[0]?.state.next ?? 0n, reason: known?.reason });
    for (const feed of orphans) for (const reader of feed.readers.keys()) reader.met(known);
    if (endsRow(failures, stream.confirmedMs)) failures = 0;
    const choice = { several: connection.endpoints.length > 1, healthy: connection.health?.resting === false };
    const waitMs = waitAfter(failures++, choice);
    if (waitMs === 0) plan();
    else
      retryTimer ??= setTimeout(() => {
        retryTimer = undefined;
        plan();
      }, waitMs);
  }

  function serve(range: KeyRange, options: ServerOptions, from: bigint, floor: bigint, reader: WatchReader): void {
    const feed = feeds.join(range, options, from, floor, reader);
    if (feed.state.links.length === 0) waiting.add(feed);
    const place = feed.readers.get(reader);
    if (place !== undefined && feed.state.links.some((link) => link.confirmed)) confirm(reader, place, feed.state.head);
    changed();
  }

  function end(feed: Feed, error: unknown): void {
    for (const reader of retire(feed)) reader.failed(error);
  }

  /** Frees what is held for a feed. Returns the readers that it still had. */
  function retire(feed: Feed): WatchReader[] {
    const readers = feeds.remove(feed);
    waiting.delete(feed);
    for (const { stream } of feed.state.links) {
      const carrier = streams.get(stream);
      if (carrier !== undefined) freed(carrier);
    }
    if (waiting.size === 0) {
      clearTimeout(retryTimer);
      retryTimer = undefined;
    }
    changed();
    return readers;
  }

  function renew(): void {
    for (const stream of streams.values()) stream.close(new Renewed());
  }

  const { memory } = connection.guard;
  // Revisions of before mean nothing any more: readers start anew, or end.
  const unheard = memory.onChange((error) => {
    for (const feed of feeds.all()) end(feed, error);
  });

  return {
    close: unheard,
    join(range, options, from, reader) {
      serve(range, options, from, memory.current.newest, reader);
      return () => {
        const left = feeds.leave(reader);
        if (left !== undefined) retire(left);
      };
    },
    pause() {
      paused = true;
      renew();
    },
    resume() {
      paused = false;
      failures = 0;
      clearTimeout(retryTimer);
      retryTimer = undefined;
      plan();
    },
  };
}
