import type { Row } from "./tree-state.ts";

/**
 * What a key does in a tree: the row to go to, or that the row at hand opens or closes; `undefined` for keys that are
 * not for the tree. As in the ARIA practices.
 */
export function moved(key: string, rows: readonly Row[], at: number): number | "toggle" | undefined {
  const row = rows[at];
  switch (key) {
    case "ArrowDown":
      return Math.min(rows.length - 1, at + 1);
    case "ArrowUp":
      return Math.max(0, at - 1);
    case "Home":
      return 0;
    case "End":
      return rows.length - 1;
    case "ArrowRight":
      if (row?.node.kind !== "folder") return at;
      return row.node.open ? Math.min(rows.length - 1, at + 1) : "toggle";
    case "ArrowLeft": {
      if (row?.node.kind === "folder" && row.node.open) return "toggle";
      for (let i = at - 1; i >= 0; i--) if ((rows[i]?.level ?? 0) < (row?.level ?? 0)) return i;
      return at;
    }
    default:
      return undefined;
  }
}
