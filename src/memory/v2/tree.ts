import type { TreeNode } from "./tree-node.ts";
import { V2Error, v2Code } from "./v2-error.ts";

/** Directories that nobody may change: all, and the namespaces of the cluster and of the keys. */
export const readOnly: ReadonlySet<string> = new Set(["/", "/0", "/1"]);

/** What a node holds. */
export interface Content {
  readonly dir: boolean;
  /** Of a file. */
  readonly value: string;
}

export const directory: Content = { dir: true, value: "" };

export function file(value: string): Content {
  return { dir: false, value };
}

/** What may go with a node: a directory itself, and all below it. */
export interface Removal {
  readonly dir: boolean;
  readonly recursive: boolean;
}

/** Directory and name of a path other than "/". */
export function splitPath(path: string): { directory: string; name: string } {
  const end = path.lastIndexOf("/");
  return { directory: path.slice(0, end), name: path.slice(end + 1) };
}

export function joinPath(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

/** Files and directories, without any idea of time. Paths begin with "/" and do not end with it. */
export class Tree {
  readonly #root: TreeNode = newNode("/", undefined, 0, directory);

  constructor() {
    for (const path of readOnly) if (path !== "/") this.add(newNode(path, this.#root, 0, directory));
  }

  /** Throws `V2Error`, as the next; `index` is the store's, for its words. */
  get(path: string, index: number): TreeNode {
    let node = this.#root;
    for (const name of namesOf(path)) {
      if (node.children === undefined) throw new V2Error(v2Code.notDir, node.path, index);
      const child = node.children.get(name);
      if (child === undefined) throw new V2Error(v2Code.keyNotFound, joinPath(node.path, name), index);
      node = child;
    }
    return node;
  }

  /** The directory, made of as many new ones as are missing. */
  directory(path: string, index: number): TreeNode & { readonly children: Map<string, TreeNode> } {
    let node = this.#root;
    for (const name of namesOf(path)) {
      const child: TreeNode | undefined = node.children?.get(name);
      node = child ?? this.add(newNode(joinPath(node.path, name), node, index + 1, directory));
      if (node.children === undefined) throw new V2Error(v2Code.notDir, node.path, index);
    }
    return node as TreeNode & { readonly children: Map<string, TreeNode> };
  }

  add(node: TreeNode): TreeNode {
    node.parent?.children?.set(splitPath(node.path).name, node);
    return node;
  }

  /** Takes the node out, with all below; `each` gets them from the bottom up. Throws where a directory stays. */
  remove(node: TreeNode, how: Removal, index: number, each: (gone: TreeNode) => void): void {
    if (node.children !== undefined) {
      if (!how.dir) throw new V2Error(v2Code.notFile, node.path, index);
      if (node.children.size > 0 && !how.recursive) throw new V2Error(v2Code.dirNotEmpty, node.path, index);
      for (const child of node.children.values()) this.remove(child, { dir: true, recursive: true }, index, each);
    }
    node.parent?.children?.delete(splitPath(node.path).name);
    each(node);
  }
}

export function newNode(path: string, parent: TreeNode | undefined, index: number, { dir, value }: Content): TreeNode {
  const children = dir ? new Map<string, TreeNode>() : undefined;
  const times = { expires: undefined, timer: undefined };
  return { path, parent, children, createdIndex: index, modifiedIndex: index, value, ...times };
}

function namesOf(path: string): string[] {
  return path === "/" || path === "" ? [] : path.slice(1).split("/");
}
