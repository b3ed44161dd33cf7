import type { KeyRange } from "../keys.ts";
import { caughtUp, createSharedWatch, type Position, type SharedWatch, type WatchReader } from "./shared-watch.ts";
import { type ServerOptions, shareKey } from "./watch-options.ts";
import { mayJoin } from "./watch-state.ts";

/** The shared watches of a client, and which of them serves which reader. */
export interface SharedWatches {
  /** Serves a reader from its position on, by a shared watch that there is, or a new one. */
  join(range: KeyRange, options: ServerOptions, position: Position, reader: WatchReader): SharedWatch;
  /** Serves the reader no more. Returns the shared watch if that was its last reader. */
  leave(reader: WatchReader): SharedWatch | undefined;
  /** Merges equal shared watches, which began at different revisions, once they have caught up. Returns those merged away. */
  mergeCaughtUp(): SharedWatch[];
  all(): SharedWatch[];
  /** Removes a shared watch. Returns the readers that it still had. */
  remove(shared: SharedWatch): WatchReader[];
}

export function createSharedWatches(): SharedWatches {
  /** By what they share. */
  const sharedWatches = new Map<string, Set<SharedWatch>>();
  const served = new Map<WatchReader, SharedWatch>();

  function start(share: string, range: KeyRange, options: ServerOptions, from: bigint): SharedWatch {
    const shared = createSharedWatch(share, range, options, from);
    const equal = sharedWatches.get(share);
    if (equal === undefined) sharedWatches.set(share, new Set([shared]));
    else equal.add(shared);
    return shared;
  }

  return {
    join(range, options, position, reader) {
      const { next: from, floor } = position;
      const share = shareKey(range, options);
      const equal = [...(sharedWatches.get(share) ?? [])];
      const shared =
        equal.find(({ state }) => mayJoin(state, from)) ??
        (from === 0n ? equal.find(({ state }) => mayJoin(state, floor + 1n)) : undefined) ??
        start(share, range, options, from);
      shared.readers.set(reader, position);
      served.set(reader, shared);
      return shared;
    },
    leave(reader) {
      const shared = served.get(reader);
      served.delete(reader);
      shared?.readers.delete(reader);
      return shared?.readers.size === 0 ? shared : undefined;
    },
    mergeCaughtUp() {
      const left: SharedWatch[] = [];
      for (const equal of sharedWatches.values()) {
        const [first, ...others] = caughtUp(equal);
        if (first === undefined) continue;
        for (const shared of others) {
          for (const [reader, position] of shared.readers) {
            if (0n < position.next && position.next < shared.state.next) position.next = shared.state.next;
            first.readers.set(reader, position);
            served.set(reader, first);
          }
          shared.readers.clear();
          left.push(shared);
        }
      }
      return left;
    },
    all: () => [...sharedWatches.values()].flatMap((equal) => [...equal]),
    remove(shared) {
      const readers = [...shared.readers.keys()];
      for (const reader of readers) served.delete(reader);
      shared.readers.clear();
      const equal = sharedWatches.get(shared.share);
      equal?.delete(shared);
      if (equal?.size === 0) sharedWatches.delete(shared.share);
      return readers;
    },
  };
}
