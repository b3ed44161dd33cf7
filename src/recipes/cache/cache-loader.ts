import { type EtcdError, notApplied } from "../../transport/errors/etcd-error.ts";
import type { Etcd } from "../../v3/client.ts";
import type { Selector } from "../../v3/keys.ts";
import { singleFlight } from "../single-flight.ts";
import { isReason } from "../wait.ts";
import { loadAll, type Loaded, loadChanges } from "./cache-load.ts";
import { takeIn, type CacheTarget } from "./cache-take-in.ts";

/**
 * Brings the store of a cache to the state of the server. A revision means nothing in another history, as after a restored
 * backup: the loader knows of which history the store is, and loads everything anew when another one has begun.
 */
export interface CacheLoader {
  /** Takes in what was written before the call. Calls made during a run share the next one. */
  refresh(this: void): Promise<void>;
  /** Takes in what a watch of the view `of` has told. */
  takeEvents(this: void, events: Loaded, of: Etcd): Promise<void>;
  /** A view of the history that the store's revision is of. @throws `ClusterChanged` if that history has ended */
  history(this: void): Etcd;
  /** Notes that the history has ended: the next refresh loads everything. */
  leaveHistory(this: void): void;
  /** Returns what tells whether the history is still the one of now, or was unknown. */
  historyNow(this: void): () => boolean;
}

/** `note` is told how each contact with etcd went, and whether the content changed. */
export function createCacheLoader<T>(
  etcd: Etcd,
  selector: Selector,
  target: CacheTarget<T>,
  note: (error: unknown, changed?: boolean) => void,
): CacheLoader {
  const { store, signal } = target;
  const following = etcd.following();
  /** `undefined`: the store is of no history that is known to be there. */
  let history: Etcd | undefined;

  /** Takes in what has changed, or everything where the store is of another history. */
  async function load(): Promise<void> {
    for (;;) {
      const known = history;
      const pinned = known ?? following.pinned();
      const fit = { since: store.revision, anew: known === undefined, fits: () => history === known };
      const loaded = await (known === undefined ? loadAll : loadChanges)(pinned, selector, store, { signal });
      const changed = await takeIn(target, loaded, fit);
      // Another load has found another cluster meanwhile.
      if (changed === undefined) continue;
      history = pinned;
      return note(undefined, changed);
    }
  }

  const refresh = singleFlight(async () => {
    try {
      if (signal.aborted) throw signal.reason;
      const known = history !== undefined;
      await load().catch((error: unknown) => {
        if (!known || !isReason(error, "ClusterChanged")) throw error;
        note(error);
        return load();
      });
    } catch (error) {
      note(error);
      throw error;
    }
  }, etcd.shareRequests);

  return {
    refresh,
    async takeEvents(events, of) {
      // A refresh may have been ahead of the stream, or have found another cluster.
      if (of !== history || events.revision <= store.revision) return;
      const fit = { since: store.revision, anew: false, fits: () => history === of };
      const changed = await takeIn(target, events, fit);
      if (changed !== undefined) note(undefined, changed);
    },
    history() {
      if (history === undefined) throw historyChanged();
      return history;
    },
    leaveHistory() {
      history = undefined;
    },
    historyNow() {
      const before = history;
      return () => before === undefined || history === before;
    },
  };
}

export function historyChanged(): EtcdError {
  return notApplied("the cluster has changed", "ClusterChanged");
}
