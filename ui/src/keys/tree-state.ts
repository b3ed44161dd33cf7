// The tree of keys as values: what is known of each folder, and the rows that are seen. No I/O here.

/** A folder's id is the prefix of its children, delimiter included; the id of the whole tree is "". */
export interface Folder {
  readonly kind: "folder";
  readonly id: string;
  open: boolean;
  /** Sorted by id. */
  children: Child[];
  /** How far it has been read: later children may be missing. */
  read: "no" | "partly" | "whole";
  /** Deleted since reading began: what is read of an older revision may still name them. */
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

export function newFolder(id: string): Folder {
  return { kind: "folder", id, open: false, children: [], read: "no", gone: new Set() };
}

/** Adds what a reading has found, unless it is there or has been deleted meanwhile. */
export function addRead(folder: Folder, id: string, isFolder: boolean): void {
  if (!folder.gone.has(id)) insert(folder, id, isFolder);
}

/** A key was put: shows it, or the folder it is in, where its parent is known. */
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
 * A key was deleted. Returns the folders that may have become empty and were never read: nobody but the server knows.
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

/** A folder has no keys any more. */
export function folderGone(root: Folder, id: string): void {
  const parent = parentOf(root, id);
  if (parent !== undefined) remove(parent, id);
}

/** What is seen, from top to bottom. */
export function rowsOf(root: Folder): Row[] {
  const rows: Row[] = [];
  const visit = (folder: Folder, level: number): void => {
    for (const node of folder.children) {
      rows.push({ node, level });
      if (node.kind === "folder" && node.open) visit(node, level + 1);
    }
    if (folder.read !== "whole") rows.push({ node: { kind: "more", id: `${folder.id}\u0100`, folder }, level });
  };
  visit(root, 1);
  return rows;
}

/** The folder that holds `id`, as far as it is known. */
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

function find(folder: Folder, id: string): Child | undefined {
  const child = folder.children[place(folder, id)];
  return child?.id === id ? child : undefined;
}

function insert(folder: Folder, id: string, isFolder: boolean): Child {
  const at = place(folder, id);
  const there = folder.children[at];
  if (there?.id === id && (there.kind === "folder") === isFolder) return there;
  const child: Child = isFolder ? newFolder(id) : { kind: "key", id };
  folder.children.splice(at, 0, child);
  return child;
}

function remove(folder: Folder, id: string): void {
  const at = place(folder, id);
  if (folder.children[at]?.id === id) folder.children.splice(at, 1);
  if (folder.read !== "whole") folder.gone.add(id);
}

/** Where `id` is, or would be. */
function place({ children }: Folder, id: string): number {
  let [low, high] = [0, children.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((children[middle]?.id ?? "") < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
