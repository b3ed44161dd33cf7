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

/** Children that are read at a time at least: about what a few screens show. */
const pageSize = 500;
/** Beyond them a folder is read on for this long, until it is twice as far: its end is soon reached, however many there are. */
const readOnMs = 500;
/** How long reading or following may keep the page from drawing, in milliseconds. */
const sliceMs = 8;

/** The names of keys that changed, with the revision that did it. */
export type Changes = ReadonlyMap<string, bigint>;

/** The tree of an etcd, read as far as it is looked at, and kept up to date by a watch. */
export interface TreeStore {
  readonly root: Folder;
  /** Another number whenever the tree is another one. */
  readonly drawn: ReadonlySignal<number>;
  /** What the watch told last. */
  readonly changes: ReadonlySignal<Changes>;
  readonly live: ReadonlySignal<boolean>;
  toggle(folder: Folder): void;
  /** Reads on where a folder was not read to its end. */
  more(folder: Folder): void;
  /** Opens all folders around a key that is there. */
  reveal(id: string): void;
  close(): void;
}

/** `permissions`: what this user may see; one watch for each. */
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

  /** However many changes there are, one drawing for a frame. */
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
        // Each folder in a folder is a request of its own: nobody waits for those of one that was closed.
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

  /** The children of a folder; of one that this user may not read, those that lead to what they may. */
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

  /** A permission is for a key, a prefix, or a range without a name: then what is in it says where it leads. */
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

/** Lets the page draw whenever work has gone on for a slice of time. */
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
