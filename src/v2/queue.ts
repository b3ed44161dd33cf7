import { EventIndexCleared, KeyNotFound } from "./code-errors.ts";
import { EtcdV2Error } from "./errors.ts";
import { keepAlive, moment, type Moment } from "./hold.ts";
import type { ReadsV2 } from "./reads.ts";
import type { WatchesV2 } from "./watch.ts";
import type { ValueNode } from "./node.ts";
import type { WritesV2 } from "./writes.ts";

export type Keys = ReadsV2 & WritesV2 & WatchesV2;

/** A child of the queue's directory. */
export interface Place {
  readonly key: string;
  readonly token: bigint;
  readonly value: string;
  /** When the request was sent that gave or renewed its time to live. */
  sent: Moment;
}

/**
 * A queue of in-order keys in a directory: who made the first one has the turn. Waiting wakes one waiter at a time:
 * each looks at the key before its own alone, and at the whole queue again when that is gone.
 */
export interface Queue {
  /** All places, first to last. */
  places(signal?: AbortSignal): Promise<readonly ValueNode[]>;
  /** `unique`: no other place has this value, so that one whose answer was lost is found again. */
  join(value: string, ttl: number | null, unique: boolean, signal: AbortSignal): Promise<Place>;
  /** Whether this is the first place; `undefined` if it is gone. */
  isFirst(place: Place, signal: AbortSignal): Promise<boolean | undefined>;
  /** Resolves when this is the first place: `true`, or `false` if it is gone. Keeps it alive meanwhile. */
  turn(place: Place, ttl: number | null, signal: AbortSignal): Promise<boolean>;
  renew(place: Place, ttl: number, signal?: AbortSignal): Promise<void>;
  leave(place: Pick<Place, "key" | "value">): Promise<boolean>;
}

/** Who gives up a place waits for the answer, though no longer than this; then its time to live ends it. */
const leaveMs = 3000;

export function createQueue(keys: Keys, dir: string): Queue {
  async function look(signal?: AbortSignal): Promise<{ places: readonly ValueNode[]; index: bigint }> {
    try {
      const { node, etcdIndex } = await keys.get(dir, { sorted: true, quorum: true, signal });
      return { places: node.dir ? node.children.filter((child) => !child.dir) : [], index: etcdIndex };
    } catch (error) {
      if (error instanceof KeyNotFound) return { places: [], index: error.index ?? 0n };
      throw error;
    }
  }

  async function find(value: string): Promise<ValueNode | undefined> {
    return (await look()).places.find((child) => child.value === value);
  }

  async function renew(place: Place, ttl: number, signal?: AbortSignal): Promise<void> {
    const sent = moment();
    await keys.refresh(place.key, ttl, { signal });
    place.sent = sent;
  }

  async function leave({ key, value }: Pick<Place, "key" | "value">): Promise<boolean> {
    try {
      await keys.delete(key, { timeoutMs: leaveMs, ...(value !== "" && { prevValue: value }) });
      return true;
    } catch (error) {
      if (error instanceof KeyNotFound) return false;
      throw error;
    }
  }

  return {
    places: async (signal) => (await look(signal)).places,
    async join(value, ttl, unique, signal) {
      const sent = moment();
      try {
        const { node } = await keys.append(dir, value, { ttl, signal });
        return { key: node.key, token: node.createdIndex, value, sent };
      } catch (error) {
        if (!unique || (EtcdV2Error.is(error) && error.outcome !== "unknown")) throw error;
        // The key may be there all the same, and others wait behind it.
        const found = find(value);
        if (signal.aborted) {
          found.then((place) => place && leave({ key: place.key, value })).catch(() => undefined);
          throw error;
        }
        const place = await found;
        if (place === undefined) throw error;
        return { key: place.key, token: place.createdIndex, value, sent };
      }
    },
    async isFirst(place, signal) {
      const { places } = await look(signal);
      return places.some(({ key }) => key === place.key) ? places[0]?.key === place.key : undefined;
    },
    async turn(place, ttl, signal) {
      const waiting = new AbortController();
      const stop = (): void => waiting.abort(signal.reason);
      signal.addEventListener("abort", stop);
      let gone = false;
      const lost = (): void => {
        gone = true;
        waiting.abort();
      };
      if (ttl !== null) void keepAlive(() => renew(place, ttl, waiting.signal), ttl, waiting.signal, lost);
      try {
        for (;;) {
          if (signal.aborted) throw signal.reason;
          const { places, index } = await look(waiting.signal);
          const own = places.findIndex(({ key }) => key === place.key);
          if (own < 0) return false;
          const before = places[own - 1];
          if (before === undefined) return true;
          const options = { index: index + 1n, signal: waiting.signal };
          try {
            await keys.wait(before.key, options);
          } catch (error) {
            // Where the history is too short for the wait, the queue tells what happened.
            if (!(error instanceof EventIndexCleared)) throw error;
          }
        }
      } catch (error) {
        if (gone && !signal.aborted) return false;
        throw error;
      } finally {
        signal.removeEventListener("abort", stop);
        waiting.abort();
      }
    },
    renew,
    leave,
  };
}
