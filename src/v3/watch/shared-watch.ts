import type { EtcdError } from "../../transport/errors/etcd-error.ts";
import type { KeyRange } from "../keys.ts";
import type { ServerOptions } from "./watch-options.ts";
import { type RevisionEvents, startWatch, type WatchState } from "./watch-state.ts";

/** Who hears what a watch delivers. */
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

/** Where a reader is. */
export interface Place {
  /** The first revision that it wants, or is there yet; `0n`: now, which is not known before a confirmation. */
  next: bigint;
  /** What the client had seen of the store when the reader came: now is after that. */
  readonly floor: bigint;
}

/** What one watcher of the server serves: readers of the same range with the same options. */
export interface Feed {
  readonly share: string;
  readonly range: KeyRange;
  readonly options: ServerOptions;
  readonly readers: Map<WatchReader, Place>;
  state: WatchState;
  /** Refused for want of a token, since it was last confirmed. */
  refusals: number;
  /** Where it could not move to another stream: what it needs there is compacted, or its token has run out. */
  stuck: bigint | undefined;
}

export function createFeed(share: string, range: KeyRange, options: ServerOptions, from: bigint): Feed {
  return { share, range, options, readers: new Map(), state: startWatch(from), refusals: 0, stuck: undefined };
}

/** Whether the feed is served by a stream. */
export function linked(feed: Feed, { id }: { readonly id: number }): boolean {
  return feed.state.links.some(({ stream }) => stream === id);
}

/** Of feeds of the same, the one that has arrived at the present first, and the others that have arrived there too. */
export function arrived(equal: Iterable<Feed>): Feed[] {
  return [...equal]
    .filter(({ state }) => state.head > 0n && state.next > state.head)
    .sort((a, b) => (a.state.next < b.state.next ? -1 : 1));
}
