import type { Connection } from "../../transport/connection.ts";
import { KV } from "../../transport/codec/services.ts";
import { elapsedSince, now } from "../../transport/clock.ts";
import type { Feed } from "./shared-watch.ts";
import { Renewed, type WatchStream } from "./watch-stream.ts";

const beatMs = 5000;
/** A beat that is so late, in milliseconds, says that this machine slept. */
const sleptMs = 10_000;

export interface StreamBeat {
  /** Does nothing where it runs. */
  start(): void;
  stop(): void;
}

/** Looks after open streams now and then. `renew` opens all of them anew. */
export function streamBeat(
  connection: Connection,
  streams: () => Iterable<WatchStream<Feed>>,
  renew: () => void,
): StreamBeat {
  let timer: ReturnType<typeof setInterval> | undefined;
  let lastBeat = now();

  /** Streams that may be half open, since nothing came for long or the machine slept, are opened anew. */
  function onBeat(): void {
    const slept = elapsedSince(lastBeat) > beatMs + sleptMs;
    lastBeat = now();
    for (const stream of streams()) {
      if (slept) stream.close(new Renewed());
      else if (stream.idle) {
        stream.close(new Renewed());
        void probe(stream);
      }
    }
  }

  /**
   * A page cannot ask for streams that end when their member loses its leader. A read that needs one fails there, which
   * moves the client to another member, and the streams with it.
   */
  async function probe({ watches: [feed] }: WatchStream<Feed>): Promise<void> {
    const before = connection.endpointInUse;
    if (feed === undefined || connection.closed) return;
    await connection.unary(KV.method.range, { key: feed.range.key, countOnly: true }).catch(() => undefined);
    if (connection.endpointInUse !== before) renew();
  }

  return {
    start() {
      if (timer !== undefined) return;
      lastBeat = now();
      timer = setInterval(onBeat, beatMs);
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
