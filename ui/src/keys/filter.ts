import { bytesOf, labelOf } from "./key-id.ts";
import type { Child, Folder } from "./tree-state.ts";
import { pauses } from "./tree-store.ts";

/** Nobody looks through more. */
const most = 500;

/**
 * Finds the loaded keys and folders whose path contains a text; upper and lower case are the same. It pauses regularly,
 * since a million keys may be loaded, and stops early if it is aborted.
 */
export async function named(root: Folder, text: string, signal: AbortSignal): Promise<readonly Child[]> {
  const wanted = text.toLowerCase();
  const found: Child[] = [];
  const pause = pauses();
  const left: Folder[] = [root];
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    for (const child of folder.children) {
      if (signal.aborted || found.length >= most) return found;
      if (labelOf(bytesOf(child.id)).toLowerCase().includes(wanted)) found.push(child);
      if (child.kind === "folder" && child.children.length > 0) left.push(child);
      await pause();
    }
  }
  return found;
}
