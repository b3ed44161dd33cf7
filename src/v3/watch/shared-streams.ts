import type { WatchResponse } from "../../gen/etcdserverpb/watch_pb.ts";
import type { Connection } from "../../transport/connection.ts";
import { Code } from "../../transport/errors/code.ts";
import { EtcdError } from "../../transport/errors/etcd-error.ts";
import { statedError } from "../../transport/errors/gateway-error.ts";
import { asksForLogin } from "../../transport/auth/token.ts";
import { askedPauseMs } from "../../transport/http/retry-after.ts";
import type { KeyRange } from "../keys.ts";
import { confirm, deliver, isAttached, type Position, type SharedWatch, type WatchReader } from "./shared-watch.ts";
import { createSharedWatches } from "./shared-watches.ts";
import { consolidationTimer } from "./consolidation-timer.ts";
import { createIdleCheck } from "./idle-check.ts";
import { createReopening } from "./reopening.ts";
import {
  addStream,
  carriersOf,
  createStreamTable,
  detach,
  hasMoved,
  isSettled,
  isUnused,
  movableFrom,
  removeStream,
  takeOver,
  watchesToMove,
  watchesToOpen,
} from "./stream-table.ts";
import { compacted, revisionTooLarge } from "./watch-failure.ts";
import type { ServerOptions } from "./watch-options.ts";
import { stepWatch } from "./watch-state.ts";
import { Renewed, type WatchStream, watchStream } from "./watch-stream.ts";

/** Streams that readers share, and timers that look after them. */
export interface SharedStreams {
  /** Serves a reader from a revision on; `0n`: from now on. Returns what ends that. */
  join(range: KeyRange, options: ServerOptions, from: bigint, reader: WatchReader): () => void;
  /** Lets go of all streams, until `resume`, which goes on at once. */
  pause(): void;
  resume(): void;
  close(): void;
}

type Stream = WatchStream<SharedWatch>;

/** Watches on one stream: more of them starve each other in the server (etcd#17529). */
const mostPerStream = 256;
/** How long after its confirmation etcd takes to tell that the start of a watch is compacted, in milliseconds. */
const proofMs = 300;
/**
 * A stream that is silent for longer, in milliseconds, has lost its way: etcd tells of its progress every ten minutes, and
 * of those in which something came only with the next ten.
 */
const longestSilenceMs = 30 * 60_000;
/** A token that a watch was refused for longer ago, in milliseconds, has run out since. */
const tokenMs = 5000;

export interface WatchBounds {
  /** How long a stream may be silent, in milliseconds, before it is left unless its member answers. */
  readonly idleMs: number;
  /** What the events of one revision may take in memory. */
  readonly maxRevisionBytes: number;
}

/**
 * The thin layer around pure steps: what travels on which stream is in `stream-table.ts`, what an answer means in
 * `watch-state.ts`. Here are the requests, the timers, and what readers are told.
 */
export function createSharedStreams(connection: Connection, { idleMs, maxRevisionBytes }: WatchBounds): SharedStreams {
  const sharedWatches = createSharedWatches();
  const table = createStreamTable<Stream>(connection.oneMessage ? 1 : mostPerStream);
  const { most, streams, waiting } = table;
  let opened = 0;
  let paused = false;
  let planned = false;
  const consolidation = consolidationTimer(consolidate);
  const idleCheck = createIdleCheck(connection, idleMs, () => streams.values(), replace);
  const reopening = createReopening(connection, plan);
  const { memory } = connection.guard;
  // Revisions of before mean nothing any more: readers start anew, or end.
  const unsubscribe = memory.onChange((error) => {
    for (const shared of sharedWatches.all()) end(shared, error);
  });

  /** Watches that are asked for in one tick open one stream. */
  function plan(): void {
    if (planned) return;
    planned = true;
    queueMicrotask(() => {
      planned = false;
      // Those that wait for a stream do not also wait for proof that it may take over.
      if (table.opening?.confirmed === true && waiting.size > 0) replaceOthers(table.opening);
      while (!paused && !reopening.waits) {
        const watches = watchesToOpen(table);
        if (watches.length === 0) break;
        open(watches);
      }
    });
  }

  function changed(): void {
    plan();
    if (streams.size > 0 && most > 1) consolidation.changed();
    else consolidation.stop();
  }

  function consolidate(): void {
    if (paused || !isSettled(table)) return;
    for (const shared of sharedWatches.mergeCaughtUp()) retire(shared);
    const watches = watchesToMove(table);
    if (watches !== undefined) open(watches);
  }

  /**
   * Opens another stream for what a silent one carries, which stays until that is confirmed: it may be in order, and the
   * history that the other one needs compacted.
   */
  function replace(stream: Stream): void {
    if (stream.silentMs > longestSilenceMs) return stream.close();
    const watches = movableFrom(stream);
    if (isSettled(table) && watches.length > 0) open(watches);
  }

  function open(watches: readonly SharedWatch[]): void {
    const stream = watchStream(connection, watches, ++opened, {
      answered: (shared, response) => answered(stream, shared, response),
      unanswered(lost) {
        for (const shared of lost) if (isAttached(shared, stream)) leave(stream, shared);
        // A server that loses what it is asked for is asked again later each time.
        consolidation.slower();
      },
      confirmed: () => confirmed(stream),
      ended: (error) => ended(stream, error),
    });
    addStream(table, stream);
    idleCheck.start();
  }

  function answered(stream: Stream, shared: SharedWatch, response: WatchResponse): void {
    const step = stepWatch(shared.state, stream.id, response, { range: shared.range, maxRevisionBytes });
    if (step.kind === "advance") {
      if (deliver(shared, step)) stream.behind(shared.range);
      return;
    }
    leave(stream, shared);
    const { links, next } = shared.state;
    if (step.kind === "violation") {
      if (links.length === 0)
        failed(new EtcdError(step.what, "MalformedResponse", { outcome: "unknown" }), [shared], stream);
    } else if (step.kind === "compacted") {
      if (links.some((link) => link.confirmed)) shared.pinnedAt = next;
      else endCompacted(shared, step.compactRevision);
    } else if (step.kind === "too-large") end(shared, revisionTooLarge(step.revision, maxRevisionBytes));
    else refused(stream, shared, step.cancelReason);
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

  /** A token that ran out is replaced, once; every other refusal is final. */
  function refused(stream: Stream, shared: SharedWatch, cancelReason: string): void {
    if (cancelReason === "") return failed(undefined, [shared], stream);
    const error = connection.clean(statedError(cancelReason, Code.FailedPrecondition));
    const login = asksForLogin(error.reason);
    if (stream.confirmedMs > tokenMs) shared.refusals = 0;
    const again = login && shared.refusals++ === 0 && connection.token?.refused(stream.token) === true;
    if (again) return;
    if (login && shared.state.links.length > 0) shared.pinnedAt = shared.state.next;
    else end(shared, error);
  }

  /** The stream no longer carries the shared watch. */
  function leave(stream: Stream, shared: SharedWatch): void {
    if (detach(table, stream, shared)) {
      for (const reader of shared.readers.keys()) reader.interrupted();
      changed();
    }
    closeIfUnused(stream);
  }

  function confirmed(stream: Stream): void {
    reopening.confirmed();
    connection.log({ type: "watch", state: "live", revision: stream.revision, reason: undefined });
    if (stream.watches.every((shared) => isAttached(shared, stream))) consolidation.reset();
    if (hasMoved(stream) && waiting.size === 0) stream.later(() => replaceOthers(stream), proofMs);
    else replaceOthers(stream);
  }

  function replaceOthers(stream: Stream): void {
    if (most > 1 && table.opening !== stream) return;
    for (const unused of takeOver(table, stream)) unused.close();
    changed();
  }

  function closeIfUnused(stream: Stream): void {
    if (isUnused(stream)) stream.close();
  }

  function ended(stream: Stream, error: unknown): void {
    const left = removeStream(table, stream);
    for (const shared of left) leave(stream, shared);
    const orphans = left.filter((shared) => shared.state.links.length === 0);
    if (orphans.length > 0 && !(error instanceof Renewed)) failed(error, orphans, stream);
    if (streams.size === 0) {
      idleCheck.stop();
      consolidation.stop();
    }
    plan();
  }

  function failed(error: unknown, orphans: readonly SharedWatch[], stream: Stream): void {
    if (!reopening.mayGoOn(error, stream.endpoint)) {
      for (const shared of orphans) end(shared, error);
      return;
    }
    const known = EtcdError.is(error) ? error : undefined;
    connection.log({ type: "watch", state: "retrying", revision: orphans[0]?.state.next ?? 0n, reason: known?.reason });
    for (const shared of orphans) for (const reader of shared.readers.keys()) reader.met(known);
    reopening.failed(stream.confirmedMs, askedPauseMs(known));
  }

  function serve(range: KeyRange, options: ServerOptions, position: Position, reader: WatchReader): void {
    const shared = sharedWatches.join(range, options, position, reader);
    const { links, head } = shared.state;
    if (links.length === 0) waiting.add(shared);
    if (links.some((link) => link.confirmed)) confirm(reader, position, head);
    changed();
  }

  function end(shared: SharedWatch, error: unknown): void {
    for (const reader of retire(shared)) reader.failed(error);
  }

  /** Frees what is held for a shared watch. Returns the readers that it still had. */
  function retire(shared: SharedWatch): WatchReader[] {
    const readers = sharedWatches.remove(shared);
    waiting.delete(shared);
    carriersOf(table, shared).forEach(closeIfUnused);
    if (waiting.size === 0) reopening.cancelWait();
    changed();
    return readers;
  }

  return {
    join(range, options, from, reader) {
      serve(range, options, { next: from, floor: memory.current.newest }, reader);
      return () => {
        const left = sharedWatches.leave(reader);
        if (left !== undefined) retire(left);
      };
    },
    pause() {
      paused = true;
      for (const stream of streams.values()) stream.close();
    },
    resume() {
      paused = false;
      reopening.reset();
      plan();
    },
    close: unsubscribe,
  };
}
