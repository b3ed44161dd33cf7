import type { V2Event } from "./tree-node.ts";
import { V2Error, v2Code } from "./v2-error.ts";

/** Events that are kept, of the whole store. */
const capacity = 1000;

/** The newest events, one for each index. */
export class EventHistory {
  #events: V2Event[] = [];
  #first = 0;

  add(event: V2Event): void {
    if (this.#events.length - this.#first === capacity) this.#first++;
    this.#events.push(event);
    if (this.#first < capacity) return;
    this.#events = this.#events.slice(this.#first);
    this.#first = 0;
  }

  /** The first event since `index` that a watch of the path reports. Throws when that may be forgotten. */
  find(path: string, recursive: boolean, index: number, storeIndex: number): V2Event | undefined {
    const start = this.#events[this.#first]?.node.modifiedIndex ?? 0;
    if (index < start) {
      const reason = `the requested history has been cleared [${start}/${index}]`;
      throw new V2Error(v2Code.eventIndexCleared, reason, storeIndex);
    }
    for (let i = this.#first + index - start; i < this.#events.length; i++) {
      const event = this.#events[i];
      if (event !== undefined && concerns(event, path, recursive)) return event;
    }
    return undefined;
  }
}

function concerns({ refresh, action, node, prevNode }: V2Event, path: string, recursive: boolean): boolean {
  if (refresh) return false;
  if (node.key === path) return true;
  if (recursive && node.key.startsWith(`${path}/`)) return true;
  // The removal of a directory concerns all watches below it and, as in etcd, those of siblings whose names begin with
  // its name.
  const gone = action === "delete" || action === "expire";
  return gone && prevNode?.dir === true && path.startsWith(prevNode.key);
}
