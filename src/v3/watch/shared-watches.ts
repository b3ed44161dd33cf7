import type { KeyRange } from "../keys.ts";
import { arrived, createFeed, type Feed, type WatchReader } from "./shared-watch.ts";
import { type ServerOptions, shareKey } from "./watch-options.ts";
import { mayJoin } from "./watch-state.ts";

/** The feeds of a client, and which of them serves whom. */
export interface Feeds {
  /**
   * Serves a reader with all from `from` on, `0n` for now, by a feed that there is, or a new one. `floor`: what this
   * client has seen of the store; now is after that.
   */
  join(range: KeyRange, options: ServerOptions, from: bigint, floor: bigint, reader: WatchReader): Feed;
  /** Serves it no more. Returns the feed that is without readers now. */
  leave(reader: WatchReader): Feed | undefined;
  /** Feeds of the same that came about at different revisions are one when they have arrived at the present. Returns the others. */
  unite(): Feed[];
  all(): Feed[];
  /** Forgets a feed. Returns the readers that it still had. */
  remove(feed: Feed): WatchReader[];
}

export function createFeeds(): Feeds {
  /** By what they share. */
  const feeds = new Map<string, Set<Feed>>();
  const served = new Map<WatchReader, Feed>();

  function start(share: string, range: KeyRange, options: ServerOptions, from: bigint): Feed {
    const feed = createFeed(share, range, options, from);
    const equal = feeds.get(share);
    if (equal === undefined) feeds.set(share, new Set([feed]));
    else equal.add(feed);
    return feed;
  }

  return {
    join(range, options, from, floor, reader) {
      const share = shareKey(range, options);
      const equal = [...(feeds.get(share) ?? [])];
      const feed =
        equal.find(({ state }) => mayJoin(state, from)) ??
        (from === 0n ? equal.find(({ state }) => mayJoin(state, floor + 1n)) : undefined) ??
        start(share, range, options, from);
      feed.readers.set(reader, { next: from, floor });
      served.set(reader, feed);
      return feed;
    },
    leave(reader) {
      const feed = served.get(reader);
      served.delete(reader);
      feed?.readers.delete(reader);
      return feed?.readers.size === 0 ? feed : undefined;
    },
    unite() {
      const left: Feed[] = [];
      for (const equal of feeds.values()) {
        const [first, ...others] = arrived(equal);
        if (first === undefined) continue;
        for (const feed of others) {
          for (const [reader, place] of feed.readers) {
            if (0n < place.next && place.next < feed.state.next) place.next = feed.state.next;
            first.readers.set(reader, place);
            served.set(reader, first);
          }
          feed.readers.clear();
          left.push(feed);
        }
      }
      return left;
    },
    all: () => [...feeds.values()].flatMap((equal) => [...equal]),
    remove(feed) {
      const readers = [...feed.readers.keys()];
      for (const reader of readers) served.delete(reader);
      feed.readers.clear();
      const equal = feeds.get(feed.share);
      equal?.delete(feed);
      if (equal?.size === 0) feeds.delete(feed.share);
      return readers;
    },
  };
}
