import type { Clock } from "../server-clock.ts";
import { EventHistory } from "./event-history.ts";
import { type Depth, type TreeNode, type NodeView, type V2Event, viewOf } from "./tree-node.ts";
import { type Counted, emptyStats, type OperationCounts } from "./store-stats.ts";
import { type Content, newNode, readOnly, type Removal, splitPath, Tree } from "./tree.ts";
import { type CountedAs, V2Error, v2Code } from "./v2-error.ts";
import { type KeyWatcher, Watchers } from "./watchers.ts";

/** How long a node stays, and who is told. */
export interface NodeLifetime {
  /** Milliseconds since 1970. @default the node stays */
  readonly expires?: number | undefined;
  /** Keeps the value and tells no watch. */
  readonly refresh?: boolean;
}

/** How a node is read. */
export interface NodeReading {
  /** Whether to read all levels below the node. */
  readonly recursive?: boolean;
  /** Whether to sort children by name. */
  readonly sorted?: boolean | undefined;
}

interface Putting {
  readonly expires: number | undefined;
  /** Whether to replace a file that is there. */
  readonly replace?: boolean;
}

/** What a comparing write expects; "" and 0 expect nothing. */
export interface ExpectedNode {
  readonly value: string;
  readonly index: bigint;
}

/** An expiry before this time means none: some clients count in other units. */
const firstExpiry = Date.UTC(2000, 0);

/** The v2 store: a tree of files and directories with its index, its newest events and who watches. */
export class KeyStore {
  readonly stats: OperationCounts = emptyStats();
  readonly watchers: Watchers = new Watchers();
  readonly #history = new EventHistory();
  readonly #tree = new Tree();
  readonly #clock: Clock;
  readonly #epoch: number;
  readonly #directoriesUpdate: boolean;
  #index = 0;

  /** `directoriesUpdate`: false for 3.5, which fails to give a directory that is there another TTL. */
  constructor(clock: Clock, { directoriesUpdate }: { readonly directoriesUpdate: boolean }) {
    this.#clock = clock;
    this.#epoch = Date.now() - Math.round(clock.now());
    this.#directoriesUpdate = directoriesUpdate;
  }

  /** Of the newest event. */
  get index(): number {
    return this.#index;
  }

  /** Milliseconds since 1970, by the server's clock. */
  now(): number {
    return this.#epoch + Math.round(this.#clock.now());
  }

  /** Throws `V2Error`, as all below. */
  get(path: string, how: NodeReading = {}): V2Event {
    return this.#counted("gets", () => {
      const node = this.#tree.get(path, this.#index);
      return this.#event("get", this.#view(node, how.recursive === true ? "all" : "children", how));
    });
  }

  /** Makes a file or an empty directory where nothing is. */
  create(path: string, content: Content, { expires }: NodeLifetime = {}): V2Event {
    return this.#counted("create", () => this.#told(this.#put("create", path, content, { expires })));
  }

  /** Makes a file or an empty directory under a new name in `directory`: the number after the last index. */
  append(directory: string, content: Content, lifetime: NodeLifetime = {}): V2Event {
    return this.create(`${directory}/${String(this.#index + 1).padStart(20, "0")}`, content, lifetime);
  }

  /** Makes a file or an empty directory, in place of the file that may be there. */
  set(path: string, content: Content, { expires, refresh = false }: NodeLifetime = {}): V2Event {
    return this.#counted("sets", () => {
      const old = refresh ? this.#tree.get(path, this.#index) : this.#find(path);
      const prevNode = old && this.#view(old, "children");
      const kept = refresh ? { ...content, value: old?.value ?? "" } : content;
      const event = this.#put("set", path, kept, { expires, replace: true });
      return this.#told({ ...event, prevNode, refresh });
    });
  }

  /** Gives a node another value and lifetime; to a directory a lifetime alone. */
  update(path: string, value: string, lifetime: NodeLifetime = {}): V2Event {
    return this.#counted("update", () => {
      this.#checkWritable(path);
      const node = this.#tree.get(path, this.#index);
      if (node.children === undefined) return this.#rewrite("update", node, value, lifetime);
      if (value !== "") throw new V2Error(v2Code.notFile, path, this.#index, "success");
      if (!this.#directoriesUpdate) {
        throw new V2Error(v2Code.raftInternal, `nodePath ${path} : Not a file ()`, 0, "success");
      }
      return this.#rewrite("update", node, "", lifetime);
    });
  }

  compareAndSwap(path: string, expected: ExpectedNode, value: string, lifetime: NodeLifetime = {}): V2Event {
    return this.#counted("compareAndSwap", () => {
      this.#checkWritable(path);
      const node = this.#tree.get(path, this.#index);
      this.#compare(node, expected, "failure");
      return this.#rewrite("compareAndSwap", node, value, lifetime);
    });
  }

  delete(path: string, { dir, recursive }: Removal): V2Event {
    return this.#counted("delete", () => {
      this.#checkWritable(path);
      return this.#remove("delete", this.#tree.get(path, this.#index), { dir: dir || recursive, recursive });
    });
  }

  compareAndDelete(path: string, expected: ExpectedNode): V2Event {
    return this.#counted("compareAndDelete", () => {
      const node = this.#tree.get(path, this.#index);
      this.#compare(node, expected, "success");
      return this.#remove("compareAndDelete", node, { dir: false, recursive: false });
    });
  }

  /** The event since `watcher.since` that is there already, or adds the watcher, which `watchers.remove` takes back. */
  watch(path: string, watcher: KeyWatcher): V2Event | undefined {
    const past = this.#history.find(path, watcher.recursive, watcher.since, this.#index);
    if (past === undefined) this.watchers.add(path, watcher);
    return past;
  }

  #put(action: string, path: string, { dir, value }: Content, { expires, replace = false }: Putting): V2Event {
    this.#checkWritable(path, "failure");
    const { directory, name } = splitPath(path);
    const parent = this.#parent(directory);
    const old = parent.children.get(name);
    if (old !== undefined) {
      if (!replace) throw new V2Error(v2Code.nodeExist, path, this.#index);
      this.#tree.remove(old, { dir: false, recursive: false }, this.#index, (gone) => gone.timer?.cancel());
    }
    const node = this.#tree.add(newNode(path, parent, ++this.#index, { dir, value: dir ? "" : value }));
    this.#expireAt(node, expires !== undefined && expires >= firstExpiry ? expires : undefined);
    return this.#event(action, this.#view(node));
  }

  #parent(path: string): ReturnType<Tree["directory"]> {
    try {
      return this.#tree.directory(path, this.#index);
    } catch (error) {
      this.stats.setsFail++;
      throw error;
    }
  }

  #rewrite(action: string, node: TreeNode, value: string, { expires, refresh = false }: NodeLifetime): V2Event {
    const prevNode = this.#view(node);
    const modifiedIndex = ++this.#index;
    if (node.children === undefined) {
      if (!refresh) node.value = value;
      // As in etcd, a directory keeps its index, though the answer says otherwise.
      node.modifiedIndex = modifiedIndex;
    }
    this.#expireAt(node, expires);
    const event = this.#event(action, { ...this.#view(node), modifiedIndex });
    return this.#told({ ...event, prevNode, refresh });
  }

  #remove(action: string, node: TreeNode, how: Removal): V2Event {
    const event = this.#goneEvent(action, node);
    this.#tree.remove(node, how, this.#index, (gone) => this.#forget(gone, event));
    this.#index++;
    return this.#told(event);
  }

  #expire(node: TreeNode): void {
    const event = this.#goneEvent("expire", node);
    this.#index++;
    this.#tree.remove(node, { dir: true, recursive: true }, this.#index, (gone) => this.#forget(gone, event));
    this.stats.expireCount++;
    this.#told(event);
  }

  #goneEvent(action: string, node: TreeNode): V2Event {
    const { path: key, createdIndex, children } = node;
    const index = this.#index + 1;
    const dir = children === undefined ? {} : ({ dir: true } as const);
    const view: NodeView = { key, ...dir, modifiedIndex: index, createdIndex };
    return { action, node: view, prevNode: this.#view(node), etcdIndex: index, refresh: false };
  }

  #forget(gone: TreeNode, event: V2Event): void {
    gone.timer?.cancel();
    this.watchers.notifyAt(gone.path, event, "gone");
  }

  #told(event: V2Event): V2Event {
    this.#history.add(event);
    if (!event.refresh) this.watchers.notify(event);
    return event;
  }

  #event(action: string, node: NodeView): V2Event {
    return { action, node, etcdIndex: this.#index, refresh: false };
  }

  #view(node: TreeNode, depth: Depth = "self", { sorted }: NodeReading = {}): NodeView {
    return viewOf(node, this.now(), { depth, sorted });
  }

  #find(path: string): TreeNode | undefined {
    try {
      return this.#tree.get(path, this.#index);
    } catch (error) {
      if (error instanceof V2Error && error.errorCode === v2Code.keyNotFound) return undefined;
      throw error;
    }
  }

  #checkWritable(path: string, countedAs: CountedAs = "success"): void {
    if (readOnly.has(path)) throw new V2Error(v2Code.rootReadOnly, "/", this.#index, countedAs);
  }

  #compare(node: TreeNode, { value, index }: ExpectedNode, countedAs: CountedAs): void {
    if (node.children !== undefined) throw new V2Error(v2Code.notFile, node.path, this.#index, countedAs);
    const causes = [
      ...(value === "" || value === node.value ? [] : [`[${value} != ${node.value}]`]),
      ...(index === 0n || index === BigInt(node.modifiedIndex) ? [] : [`[${index} != ${node.modifiedIndex}]`]),
    ];
    if (causes.length > 0) throw new V2Error(v2Code.testFailed, causes.join(" "), this.#index, countedAs);
  }

  #expireAt(node: TreeNode, expires: number | undefined): void {
    node.timer?.cancel();
    node.expires = expires;
    const ms = expires === undefined ? 0 : Math.max(0, expires - this.#epoch - this.#clock.now());
    node.timer = expires === undefined ? undefined : this.#clock.schedule(ms, () => this.#expire(node));
  }

  #counted(kind: Counted, run: () => V2Event): V2Event {
    try {
      const event = run();
      this.stats[`${kind}Success`]++;
      return event;
    } catch (error) {
      if (error instanceof V2Error && error.countedAs === "success") this.stats[`${kind}Success`]++;
      else this.stats[`${kind}Fail`]++;
      throw error;
    }
  }
}
