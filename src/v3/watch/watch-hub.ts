import { clusterChanged, type History } from "../../transport/cluster-memory.ts";
import type { Connection } from "../../transport/connection.ts";
import { createWeakList } from "../../transport/weak-list.ts";
import type { KeyRange } from "../keys.ts";
import type { WatchReader } from "./shared-watch.ts";
import { createSharedStreams, type SharedStreams, type WatchBounds } from "./shared-streams.ts";
import type { ServerOptions } from "./watch-options.ts";

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

/**
 * Without `shareRequests` each reader gets all of its own: stream, timers and the watch of the server. Streams are there
 * for readers of all views of the connection: which cluster a reader takes is looked at when it joins.
 */
export function createWatchHub(own: Connection, bounds: WatchBounds): WatchHub {
  const following = own.follow();
  const { memory } = own.guard;
  const streams = own.shareRequests ? createSharedStreams(following, bounds) : createOwnStreams(following, bounds);
  const { join, pause, resume } = streams;

  function joinAs(view: Connection): WatchHub["join"] {
    return (range, options, start, reader) => {
      const { from, since = view.guard.pinnedTo } = start;
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

/** Streams that each have one reader. */
function createOwnStreams(connection: Connection, bounds: WatchBounds): Omit<SharedStreams, "close"> {
  const all = createWeakList<SharedStreams>();
  let paused = false;
  return {
    join(range, options, from, reader) {
      const streams = createSharedStreams(connection, bounds);
      if (paused) streams.pause();
      all.add(streams);
      const leave = streams.join(range, options, from, reader);
      return () => {
        all.delete(streams);
        leave();
        streams.close();
      };
    },
    pause() {
      paused = true;
      for (const streams of all) streams.pause();
    },
    resume() {
      paused = false;
      for (const streams of all) streams.resume();
    },
  };
}
