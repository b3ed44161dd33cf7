import { pause } from "../../transport/deadline.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Entry } from "../../v3/kv/entry.ts";
import type { Selector } from "../../v3/keys.ts";
import type { WatchBatch } from "../../v3/watch/watch-event.ts";
import type { Watcher } from "../../v3/watch/watch.ts";
import { backOff, isReason, longBackOff } from "../wait.ts";
import type { Loaded } from "./cache-load.ts";
import { keyId } from "../key-ids.ts";

/** What keeps a cache up to date. */
export interface CacheFollower {
  /** Resolves when changes come in. */
  readonly ready: Promise<unknown>;
  /** Resolves when all is over; never rejects. */
  readonly finished: Promise<void>;
}

/** The cache as its follower sees it. */
interface Followed {
  readonly selector: Selector;
  readonly store: { readonly revision: bigint };
  /** The view of the one history that the store's revision is of. */
  readonly history: () => Etcd;
  readonly signal: AbortSignal;
  /** Asks for all that has changed, and notes how that went. */
  readonly refresh: () => Promise<void>;
  readonly note: (error: unknown) => void;
  /** Told when changes cease to come in, and when that is over. */
  readonly apply: (news: { readonly broken: boolean }) => void;
  /** Takes in all events of a revision of a history, unless the store is of another one by then. */
  readonly takeEvents: (events: Loaded, history: Etcd) => Promise<void>;
}

/**
 * A watch from the revision after the one known, and another after whatever ends it: what was missed between them is
 * asked for. That needs no history, so compaction is no different from any other end.
 */
export function followWatch(cache: Followed): CacheFollower {
  const { selector, store, signal } = cache;
  let history: Etcd;
  let failures = 0;

  function open(): Watcher {
    history = cache.history();
    return history.watch(selector, {
      from: store.revision + 1n,
      signal,
      readyTimeoutMs: Infinity,
      onState: (state) => cache.apply({ broken: state === "retrying" }),
    });
  }

  async function follow(opened: Watcher): Promise<void> {
    const of = history;
    for await (const batch of opened.batches()) {
      await cache.takeEvents(loadedOf(batch), of);
      failures = 0;
    }
  }

  async function run(first: Watcher): Promise<void> {
    for (let opened: Watcher | undefined = first; !signal.aborted; ) {
      try {
        if (opened === undefined) {
          await cache.refresh();
          opened = open();
        }
        await follow(opened);
      } catch (error) {
        if (signal.aborted) return;
        cache.note(error);
        if (failures > 0 || !(isReason(error, "Compacted") || isReason(error, "ClusterChanged"))) {
          await backOff(failures, signal, longBackOff).catch(() => undefined);
        }
        failures++;
      }
      opened = undefined;
    }
  }

  const first = open();
  return { ready: first.ready, finished: run(first) };
}

function loadedOf({ revision, events }: WatchBatch): Loaded {
  const entries: Entry[] = [];
  const gone: string[] = [];
  for (const { type, entry } of events) {
    if (type === "put") entries.push(entry);
    else gone.push(keyId(entry.keyBytes));
  }
  return { revision, whole: false, entries, gone };
}

/** A refresh every `pollMs`, give or take a tenth, so that many caches do not ask in step. */
export function followPolls({ refresh, signal }: Followed, pollMs: number | false): CacheFollower {
  async function run(everyMs: number): Promise<void> {
    while (!signal.aborted) {
      // How a poll went is noted by `refresh`; the next one comes in any case.
      await pause(everyMs * (0.9 + 0.2 * Math.random()), signal)
        .then(refresh)
        .catch(() => undefined);
    }
  }

  const ready = Promise.resolve();
  return { ready, finished: pollMs === false ? ready : run(pollMs) };
}
