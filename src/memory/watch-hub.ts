import type { Change } from "./change.ts";
import { includes, type KeyRange } from "./key-range.ts";
import type { Store } from "./store.ts";

/** Somebody who wants to know what changes in a range. */
export interface Watcher {
  readonly range: KeyRange;
  /** Changes before this revision do not reach it. */
  readonly start: bigint;
  /** What changed in the range at one revision. Called once for a revision, in order. */
  notify(changes: readonly Change[], revision: bigint): void;
}

/** Tells watchers what changes. Watchers of one key cost nothing while other keys change. */
export class WatchHub {
  readonly #byKey = new Map<string, Set<Watcher>>();
  readonly #ranges = new Set<Watcher>();

  constructor(store: Store) {
    store.onChange((changes, revision) => this.#dispatch(changes, revision));
  }

  /** How many watchers there are. */
  get size(): number {
    let size = this.#ranges.size;
    for (const watchers of this.#byKey.values()) size += watchers.size;
    return size;
  }

  add(watcher: Watcher): void {
    const { single, start } = watcher.range;
    if (!single) {
      this.#ranges.add(watcher);
      return;
    }
    const watchers = this.#byKey.get(start);
    if (watchers === undefined) this.#byKey.set(start, new Set([watcher]));
    else watchers.add(watcher);
  }

  remove(watcher: Watcher): void {
    const { single, start } = watcher.range;
    if (!single) {
      this.#ranges.delete(watcher);
      return;
    }
    const watchers = this.#byKey.get(start);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#byKey.delete(start);
  }

  #dispatch(changes: readonly Change[], revision: bigint): void {
    const news = new Map<Watcher, Change[]>();
    const tell = (watcher: Watcher, change: Change): void => {
      if (watcher.start > revision) return;
      const seen = news.get(watcher);
      if (seen === undefined) news.set(watcher, [change]);
      else seen.push(change);
    };
    for (const change of changes) {
      for (const watcher of this.#byKey.get(change.key) ?? []) tell(watcher, change);
      for (const watcher of this.#ranges) if (includes(watcher.range, change.key)) tell(watcher, change);
    }
    for (const [watcher, seen] of news) watcher.notify(seen, revision);
  }
}
