import type { V2Event } from "./tree-node.ts";

/** A watch that waits for events. */
export interface KeyWatcher {
  readonly recursive: boolean;
  /** Whether it stays after its first event. */
  readonly stream: boolean;
  /** The first index of interest. */
  readonly since: number;
  notify(event: V2Event): void;
}

/** The watches, by path. */
export class Watchers {
  readonly #byPath = new Map<string, Set<KeyWatcher>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(path: string, watcher: KeyWatcher): void {
    const all = this.#byPath.get(path);
    if (all === undefined) this.#byPath.set(path, new Set([watcher]));
    else all.add(watcher);
    this.#size++;
  }

  remove(path: string, watcher: KeyWatcher): void {
    const all = this.#byPath.get(path);
    if (all === undefined || !all.delete(watcher)) return;
    this.#size--;
    if (all.size === 0) this.#byPath.delete(path);
  }

  /** Tells the watches at the path of the event, and those above it. */
  notify(event: V2Event): void {
    const { key } = event.node;
    this.notifyAt("/", event);
    for (let end = key.indexOf("/", 1); end > 0; end = key.indexOf("/", end + 1)) {
      this.notifyAt(key.slice(0, end), event);
    }
    this.notifyAt(key, event);
  }

  /** Tells the watches at `path`. `gone`: the event removed the node there, perhaps with a directory above it. */
  notifyAt(path: string, event: V2Event, node: "there" | "gone" = "there"): void {
    const { key, modifiedIndex } = event.node;
    const itself = key === path;
    if (!itself && isHidden(path, key)) return;
    for (const watcher of this.#byPath.get(path) ?? []) {
      if (!(watcher.recursive || itself || node === "gone") || modifiedIndex < watcher.since) continue;
      if (!watcher.stream) this.remove(path, watcher);
      watcher.notify(event);
    }
  }
}

/** Whether something on the way from the watched path down to the key begins with "_". */
function isHidden(watched: string, key: string): boolean {
  return watched.length <= key.length && `/${key.slice(watched.length)}`.includes("/_");
}
