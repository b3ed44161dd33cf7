// The tree of keys as data: what is known of each folder, and the visible rows. No I/O here. The cost of a change or a lookup
// depends on the depth of the tree and the number of open folders, not on the number of keys.

import { keyRef } from "./key-id.ts";

/** A folder's id is the prefix of its children, delimiter included; the id of the whole tree is "". */
export interface Folder {
  readonly kind: "folder";
  readonly id: string;
  readonly parent: Folder | undefined;
  open: boolean;
  /** Sorted by id. */
  readonly children: Child[];
  /** The open folders among `children`, in the same order. */
  readonly opened: Folder[];
  /** How many rows it has while it is open: its children and all visible rows below them. */
  rows: number;
  /** How far it has been read: later children may be missing. */
  read: "no" | "partly" | "whole";
  /** Ids deleted since reading began: a read at an older revision may still return them. */
  readonly gone: Set<string>;
}

export interface Leaf {
  readonly kind: "key";
  readonly id: string;
}

export type Child = Folder | Leaf;

/** One line of the tree. */
export interface Row {
  readonly node: Child | { readonly kind: "more"; readonly id: string; readonly folder: Folder };
  readonly level: number;
}

export const delimiter = "/";

/** The name of the node in a row. Unlike the id it is unique: a key and its folder may have the same id. */
export function refOf(node: Row["node"]): string {
  return node.kind === "key" ? keyRef(node.id) : node.id;
}

export function newFolder(id: string, parent?: Folder): Folder {
  // An unread folder has one row, which says that there is more to read.
  return { kind: "folder", id, parent, open: false, children: [], opened: [], rows: 1, read: "no", gone: new Set() };
}

export function newRoot(): Folder {
  const root = newFolder("");
  root.open = true;
  return root;
}

export function setOpen(folder: Folder, to: "open" | "closed"): void {
  const open = to === "open";
  const { parent } = folder;
  if (folder.open === open || parent === undefined) return;
  folder.open = open;
  const at = place(parent.opened, folder.id);
  if (open) parent.opened.splice(at, 0, folder);
  else parent.opened.splice(at, 1);
  grow(parent, open ? folder.rows : -folder.rows);
}

/** Sets how far a folder has been read. */
export function setRead(folder: Folder, read: Folder["read"]): void {
  if (folder.read !== "whole" && read === "whole") {
    grow(folder, -1);
    folder.gone.clear();
  }
  folder.read = read;
}

/** Adds a child that was read, unless it exists already or has been deleted meanwhile. */
export function addRead(folder: Folder, { id, isFolder }: { readonly id: string; readonly isFolder: boolean }): void {
  if (!folder.gone.has(id)) insert(folder, id, isFolder);
}

/** Adds a key that was put, or the folder it is in, if the parent is known. */
export function keyPut(root: Folder, id: string): void {
  for (let folder = root; folder.read !== "no"; ) {
    const end = id.indexOf(delimiter, folder.id.length);
    const childId = end < 0 ? id : id.slice(0, end + delimiter.length);
    folder.gone.delete(childId);
    const child = insert(folder, childId, end >= 0);
    if (child.kind === "key") return;
    folder = child;
  }
}

/**
 * Removes a key that was deleted. Returns folders that may be empty now, but were never read, so only the server knows.
 */
export function keyDeleted(root: Folder, id: string): Folder[] {
  const path: Folder[] = [];
  for (let folder: Folder | undefined = root; folder !== undefined; ) {
    if (folder.read === "no") return folder === root ? [] : [folder];
    path.push(folder);
    const end = id.indexOf(delimiter, folder.id.length);
    if (end < 0) {
      remove(folder, id);
      break;
    }
    const child: Child | undefined = find(folder, id.slice(0, end + delimiter.length));
    folder = child?.kind === "folder" ? child : undefined;
  }
  for (const folder of path.reverse()) {
    if (folder.children.length > 0 || folder.read !== "whole" || folder === root) break;
    folderGone(root, folder.id);
  }
  return [];
}

/** Removes a folder that has no keys any more. */
export function folderGone(root: Folder, id: string): void {
  const parent = parentOf(root, id);
  if (parent !== undefined) remove(parent, id);
}

/** Returns `count` visible rows, beginning with the one at index `first`. */
export function rowsOf(root: Folder, first = 0, count = root.rows): Row[] {
  const rows: Row[] = [];
  let skip = first;
  const room = (): boolean => rows.length < count;
  const visit = (folder: Folder, level: number): void => {
    let next = 0;
    // Each child between two open folders is one row.
    const plain = (end: number): void => {
      const skipped = Math.min(skip, end - next);
      skip -= skipped;
      for (let i = next + skipped; i < end && room(); i++) {
        const node = folder.children[i];
        if (node !== undefined) rows.push({ node, level });
      }
      next = end;
    };
    for (const open of folder.opened) {
      plain(place(folder.children, open.id) + 1);
      if (!room()) return;
      if (skip >= open.rows) skip -= open.rows;
      else visit(open, level + 1);
      if (!room()) return;
    }
    plain(folder.children.length);
    if (folder.read === "whole" || !room()) return;
    if (skip > 0) skip--;
    else rows.push({ node: { kind: "more", id: `${folder.id}\u0100`, folder }, level });
  };
  visit(root, 1);
  return rows;
}

/** The index of the row of a node; `undefined` if it is not visible. */
export function rowIndexOf(root: Folder, id: string): number | undefined {
  let index = 0;
  for (let folder = root; ; ) {
    const end = id.indexOf(delimiter, folder.id.length);
    const childId = end < 0 ? id : id.slice(0, end + delimiter.length);
    const at = place(folder.children, childId);
    const child = folder.children[at];
    if (child?.id !== childId) return undefined;
    index += at;
    for (const open of folder.opened) if (open.id < childId) index += open.rows;
    if (childId === id) return index;
    if (child.kind !== "folder" || !child.open) return undefined;
    index++;
    folder = child;
  }
}

/** The known folder that contains `id`. */
export function parentOf(root: Folder, id: string): Folder | undefined {
  let folder = root;
  for (;;) {
    const end = id.indexOf(delimiter, folder.id.length);
    if (end < 0 || end + delimiter.length === id.length) return folder;
    const child = find(folder, id.slice(0, end + delimiter.length));
    if (child?.kind !== "folder") return undefined;
    folder = child;
  }
}

export function find(folder: Folder, id: string): Child | undefined {
  const child = folder.children[place(folder.children, id)];
  return child?.id === id ? child : undefined;
}

function insert(folder: Folder, id: string, isFolder: boolean): Child {
  const at = place(folder.children, id);
  const there = folder.children[at];
  if (there?.id === id && (there.kind === "folder") === isFolder) return there;
  const child: Child = isFolder ? newFolder(id, folder) : { kind: "key", id };
  folder.children.splice(at, 0, child);
  grow(folder, 1);
  return child;
}

function remove(folder: Folder, id: string): void {
  const at = place(folder.children, id);
  const child = folder.children[at];
  if (child?.id === id) {
    if (child.kind === "folder") setOpen(child, "closed");
    folder.children.splice(at, 1);
    grow(folder, -1);
  }
  if (folder.read !== "whole") folder.gone.add(id);
}

/** Adds rows to a folder and to all folders around it, up to the first closed one. */
function grow(folder: Folder, rows: number): void {
  for (let each: Folder | undefined = folder; each !== undefined; each = each.open ? each.parent : undefined) {
    each.rows += rows;
  }
}

/** The index of `id`, or where it would be inserted. */
function place(children: readonly Child[], id: string): number {
  let [low, high] = [0, children.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((children[middle]?.id ?? "") < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
