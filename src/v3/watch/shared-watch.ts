import type { EtcdError } from "../../transport/errors/etcd-error.ts";
import type { KeyRange } from "../keys.ts";
import type { ServerOptions } from "./watch-options.ts";
import { type Advance, type RevisionEvents, startWatch, type WatchState } from "./watch-state.ts";

/** A reader of a shared watch. */
export interface WatchReader {
  /** The server has the watch, and nothing after `revision` can be missed. Again after each interruption. */
  confirmed(revision: bigint): void;
  /**
   * What one answer brought. It is here: a reader that has no room for more takes all of it, and leaves then. Revisions
   * before the reader's start come along: other readers wait for them.
   */
  take(batches: readonly RevisionEvents[]): void;
  /** There is nothing for the reader below `next`. */
  reached(next: bigint): void;
  interrupted(): void;
  /** What it waits for has failed, and is tried again; `undefined`: the server ended the stream, and did not say why. */
  met(error: EtcdError | undefined): void;
  /** Nothing comes after this. */
  failed(error: unknown): void;
}

/** How far a reader is. */
export interface Position {
  /** The first revision that it wants, or is there yet; `0n`: now, which is not known before a confirmation. */
  next: bigint;
  /** What the client had seen of the store when the reader came: now is after that. */
  readonly floor: bigint;
}

/** One watch of the server (in etcd a substream) that serves several readers: of the same range, with the same options. */
export interface SharedWatch {
  readonly share: string;
  readonly range: KeyRange;
  readonly options: ServerOptions;
  readonly readers: Map<WatchReader, Position>;
  state: WatchState;
  /** Refused for want of a token, since it was last confirmed. */
  refusals: number;
  /** The revision at which it could not move to another stream: its history is compacted there, or its token has run out. */
  pinnedAt: bigint | undefined;
}

export function createSharedWatch(share: string, range: KeyRange, options: ServerOptions, from: bigint): SharedWatch {
  return { share, range, options, readers: new Map(), state: startWatch(from), refusals: 0, pinnedAt: undefined };
}

/** Whether a stream carries the shared watch. */
export function isAttached(shared: SharedWatch, { id }: { readonly id: number }): boolean {
  return shared.state.links.some(({ stream }) => stream === id);
}

/** Those of equal shared watches that have caught up with the present, furthest behind first. */
export function caughtUp(equal: Iterable<SharedWatch>): SharedWatch[] {
  return [...equal]
    .filter(({ state }) => state.head > 0n && state.next > state.head)
    .sort((a, b) => (a.state.next < b.state.next ? -1 : 1));
}

/**
 * Goes on with what an answer brought, and tells the readers of it. Returns whether the member that confirmed the watch
 * knows less of the store than the client does.
 */
export function deliver(shared: SharedWatch, { state, created, batches }: Advance): boolean {
  const { readers } = shared;
  const { next } = shared.state;
  shared.state = state;
  let behind = false;
  if (created !== undefined) {
    behind =
      created + 1n < state.next || [...readers.values()].some((each) => each.next === 0n && each.floor > created);
    for (const [reader, position] of readers) confirm(reader, position, created);
  }
  if (batches.length > 0) {
    // Events prove that the token is good.
    shared.refusals = 0;
    const own = readers.size > 1 ? batches.map((batch) => ({ ...batch, shared: true })) : batches;
    for (const reader of readers.keys()) reader.take(own);
  } else if (state.next > next && next > 0n) for (const reader of readers.keys()) reader.reached(state.next);
  return behind;
}

/** Tells a reader that the server has the watch. Its now is not before what the client has seen. */
export function confirm(reader: WatchReader, position: Position, revision: bigint): void {
  const at = position.next === 0n && position.floor > revision ? position.floor : revision;
  if (position.next === 0n) position.next = at + 1n;
  reader.confirmed(at);
}
