import { type ReadonlySignal, signal } from "@preact/signals";
import type { Etcd, LsEntry, Permission, Selector } from "fetcd";
import type { RevisionTimes } from "../revision-times.ts";
import { showTrouble } from "../ui/notice.tsx";
import { bytesOf, idOf, keyRef } from "./key-id.ts";
import {
  addRead,
  delimiter,
  find,
  type Folder,
  folderGone,
  keyDeleted,
  keyPut,
  newRoot,
  setOpen,
  setRead,
} from "./tree-state.ts";

/** The least number of children to read at a time: about a few screens. */
const pageSize = 500;
/** How long to read on after that, at most until the number of children has doubled, so that few steps reach any end. */
const readOnMs = 500;
/** How long the page may work without drawing, in milliseconds. */
const sliceMs = 8;

/** The names of changed keys, with the revision of the change. */
export type Changes = ReadonlyMap<string, bigint>;

/** The tree of keys of an etcd. It is read as far as the user looks, and kept up to date by a watch. */
export interface TreeStore {
  readonly root: Folder;
  /** Changes whenever the tree does. */
  readonly drawn: ReadonlySignal<number>;
  /** The last changes that the watch reported. */
  readonly changes: ReadonlySignal<Changes>;
  readonly live: ReadonlySignal<boolean>;
  toggle(folder: Folder): void;
  /** Reads more of a folder that was not read to its end. */
  more(folder: Folder): void;
  /** Opens all folders around an existing key. */
  reveal(id: string): void;
  close(): void;
}

/** `permissions`: what this user may read; each gets a watch. */
export function createTreeStore(
  etcd: Etcd,
  permissions: readonly Permission[],
  times: Pick<RevisionTimes, "note">,
): TreeStore {
  const readable = permissions.filter(({ permission }) => permission !== "write");
  const root = newRoot();
  const drawn = signal(0);
  const changes = signal<Changes>(new Map());
  const live = signal(false);
  const closed = new AbortController();
  const readings = new Map<Folder, ReturnType<typeof list>>();
  const reading = new Set<Folder>();
  let drawing = false;

  /** Draws at most once per frame, no matter how many changes there are. */
  function draw(): void {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      drawn.value++;
    });
  }

  async function more(folder: Folder): Promise<void> {
    if (reading.has(folder) || folder.read === "whole") return;
    reading.add(folder);
    try {
      const listing = readings.get(folder) ?? list(folder);
      readings.set(folder, listing);
      if (folder.read === "no") setRead(folder, "partly");
      const pause = pauses();
      const began = performance.now();
      const twice = folder.children.length;
      for (let i = 0; i < pageSize || (i < twice && performance.now() - began < readOnMs); i++) {
        // Each folder needs a request. Stop once the user has closed this one.
        if (!folder.open) break;
        const { done, value } = await listing.next();
        if (done === true) {
          setRead(folder, "whole");
          readings.delete(folder);
          break;
        }
        addRead(folder, { id: idOf(value.pathBytes), isFolder: value.folder });
        draw();
        await pause();
      }
    } catch (error) {
      readings.delete(folder);
      if (!closed.signal.aborted) showTrouble(error);
    } finally {
      reading.delete(folder);
      draw();
    }
  }

  /** The children of a folder. If this user may not read it, only those that lead to keys they may read. */
  async function* list(folder: Folder): AsyncGenerator<Pick<LsEntry, "pathBytes" | "folder">> {
    const { signal } = closed;
    const prefix = bytesOf(folder.id);
    const selector = folder.id === "" ? ({ all: true } as const) : { prefix };
    if (await etcd.auth.can("read", selector, { signal })) {
      yield* etcd.ls(selector, { delimiter, signal });
      return;
    }
    const keys = await Promise.all(readable.map((permission) => keysOf(permission)));
    const ways = keys.flat().map((id) => stepTowards(id, folder.id));
    for (const id of [...new Set(ways)].sort((a = "", b = "") => (a < b ? -1 : 1))) {
      if (id !== undefined) yield { pathBytes: bytesOf(id), folder: id.endsWith(delimiter) };
    }
  }

  /** The paths that a permission leads to: its key or prefix, or for any other range the keys in it. */
  async function keysOf({ key, selector }: Permission): Promise<string[]> {
    if (typeof selector !== "object" || !("from" in selector)) return [idOf(key)];
    const { entries } = await etcd.range(selector, { keysOnly: true, limit: pageSize, signal: closed.signal });
    return entries.map(({ keyBytes }) => idOf(keyBytes));
  }

  async function follow(selector: Selector): Promise<void> {
    const watch = etcd.watch(selector, { signal: closed.signal });
    times.note((await watch.ready).revision);
    live.value = true;
    const pause = pauses();
    for await (const { events, revision } of watch.batches()) {
      times.note(revision);
      const news = new Map<string, bigint>();
      for (const { type, entry } of events) {
        const id = idOf(entry.keyBytes);
        news.set(keyRef(id), revision);
        if (type === "put") keyPut(root, id);
        else for (const folder of keyDeleted(root, id)) await checkEmpty(folder);
        await pause();
      }
      changes.value = news;
      draw();
    }
  }

  async function checkEmpty(folder: Folder): Promise<void> {
    const left = await etcd.count({ prefix: bytesOf(folder.id) }, { signal: closed.signal });
    if (left === 0n) folderGone(root, folder.id);
  }

  for (const { selector } of readable) {
    follow(selector).catch((error: unknown) => {
      live.value = false;
      if (!closed.signal.aborted) showTrouble(error);
    });
  }
  void more(root);

  return {
    root,
    drawn,
    changes,
    live,
    toggle(folder) {
      setOpen(folder, folder.open ? "closed" : "open");
      if (folder.open && folder.read !== "whole") void more(folder);
      draw();
    },
    more: (folder) => void more(folder),
    reveal(id) {
      let folder = root;
      for (let end = id.indexOf(delimiter); end >= 0; end = id.indexOf(delimiter, end + 1)) {
        const childId = id.slice(0, end + delimiter.length);
        addRead(folder, { id: childId, isFolder: true });
        const child = find(folder, childId);
        if (child?.kind !== "folder") return;
        setOpen(child, "open");
        if (child.read === "no") void more(child);
        folder = child;
      }
      draw();
    },
    close: () => closed.abort(),
  };
}

/** Returns a function that lets the page draw if the work has taken more than a slice of time. */
export function pauses(): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < sliceMs) return;
    await new Promise((resolve) => setTimeout(resolve));
    began = performance.now();
  };
}

/** The child of `folderId` that `id` is, or is below; `undefined` if `id` is elsewhere. */
function stepTowards(id: string, folderId: string): string | undefined {
  if (!id.startsWith(folderId) || id === folderId) return undefined;
  const end = id.indexOf(delimiter, folderId.length);
  return end < 0 ? id : id.slice(0, end + delimiter.length);
}
