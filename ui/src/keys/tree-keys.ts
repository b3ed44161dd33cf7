import { type Folder, parentOf, type Row, rowIndexOf, rowsOf } from "./tree-state.ts";

/**
 * What a key press does in the tree, by the ARIA practices: the row to move to, or `"toggle"` to open or close the current
 * row; `undefined` for keys that the tree does not handle.
 */
export function moved(key: string, root: Folder, at: number): number | "toggle" | undefined {
  const last = root.rows - 1;
  const node = rowsOf(root, at, 1)[0]?.node;
  switch (key) {
    case "ArrowDown":
      return Math.min(last, at + 1);
    case "ArrowUp":
      return Math.max(0, at - 1);
    case "PageDown":
      return Math.min(last, at + 20);
    case "PageUp":
      return Math.max(0, at - 20);
    case "Home":
      return 0;
    case "End":
      return last;
    case "ArrowRight":
      if (node?.kind !== "folder") return at;
      return node.open ? Math.min(last, at + 1) : "toggle";
    case "ArrowLeft": {
      if (node === undefined) return at;
      if (node.kind === "folder" && node.open) return "toggle";
      const parent = parentOfNode(root, node);
      return parent === undefined || parent === root ? at : (rowIndexOf(root, parent.id) ?? at);
    }
    default:
      return undefined;
  }
}

function parentOfNode(root: Folder, node: Row["node"]): Folder | undefined {
  if (node.kind === "more") return node.folder;
  // A key whose name ends with the delimiter is inside the folder of that name.
  return parentOf(root, node.kind === "key" ? `${node.id}.` : node.id);
}
