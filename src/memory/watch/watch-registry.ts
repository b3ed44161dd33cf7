import type { KeyChange } from "../store/change.ts";
import type { KeySpan } from "../store/key-range.ts";
import { RangeIndex } from "../store/range-index.ts";
import type { Store } from "../store/store.ts";

/** Somebody who wants to know what changes in a range. */
export interface RegisteredWatcher {
  readonly range: KeySpan;
  /** Changes before this revision do not reach it. */
  readonly start: bigint;
  /** What changed in the range at one revision. Called once for a revision, in order. */
  notify(changes: readonly KeyChange[], revision: bigint): void;
}

/** Tells watchers what changes. */
export class WatchRegistry {
  readonly #watchers = new RangeIndex<RegisteredWatcher>();

  constructor(store: Store) {
    store.onChange((changes, revision) => this.#dispatch(changes, revision));
  }

  /** How many watchers there are. */
  get size(): number {
    return this.#watchers.size;
  }

  add(watcher: RegisteredWatcher): void {
    this.#watchers.add(watcher.range, watcher);
  }

  remove(watcher: RegisteredWatcher): void {
    this.#watchers.delete(watcher.range, watcher);
  }

  #dispatch(changes: readonly KeyChange[], revision: bigint): void {
    if (this.size === 0) return;
    const pending = new Map<RegisteredWatcher, KeyChange[]>();
    for (const change of changes) {
      for (const watcher of this.#watchers.at(change.key)) {
        if (watcher.start > revision) continue;
        const seen = pending.get(watcher);
        if (seen === undefined) pending.set(watcher, [change]);
        else seen.push(change);
      }
    }
    for (const [watcher, seen] of pending) watcher.notify(seen, revision);
  }
}
