import { signal } from "@preact/signals";
import { bytesOf, labelOf } from "./key-id.ts";

/** Keys that were looked at last, the newest first. Kept in memory alone: names of keys are other people's business. */
export const recentKeys = signal<readonly string[]>([]);
/** Keys and folders that the user wants to find again. Kept likewise; the address of a key is what can be kept. */
export const bookmarks = signal<readonly string[]>([]);

const most = 20;

export function visited(id: string): void {
  recentKeys.value = [id, ...recentKeys.value.filter((each) => each !== id)].slice(0, most);
}

export function toggleBookmark(id: string): void {
  const others = bookmarks.value.filter((each) => each !== id);
  bookmarks.value = others.length < bookmarks.value.length ? others : [...others, id];
}

export function labelOfId(id: string): string {
  return labelOf(bytesOf(id));
}
