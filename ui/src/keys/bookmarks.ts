import { computed, signal } from "@preact/signals";
import { session } from "../page-session.ts";
import { bytesOf, labelOf } from "./key-id.ts";

/** Kept in memory alone, since names of keys are other people's business; of each connection by itself. */
const kept = {
  recent: signal<ReadonlyMap<number, readonly string[]>>(new Map()),
  bookmarks: signal<ReadonlyMap<number, readonly string[]>>(new Map()),
};
const here = (): number => session.value?.id ?? 0;
/** Keys that were looked at last, the newest first. */
export const recentKeys = computed(() => kept.recent.value.get(here()) ?? []);
/** Keys and folders that the user wants to find again. The address of a key is what can be kept. */
export const bookmarks = computed(() => kept.bookmarks.value.get(here()) ?? []);

const most = 20;

export function visited(id: string): void {
  const others = recentKeys.value.filter((each) => each !== id);
  kept.recent.value = new Map(kept.recent.value).set(here(), [id, ...others].slice(0, most));
}

export function toggleBookmark(id: string): void {
  const others = bookmarks.value.filter((each) => each !== id);
  const next = others.length < bookmarks.value.length ? others : [...others, id];
  kept.bookmarks.value = new Map(kept.bookmarks.value).set(here(), next);
}

export function labelOfId(id: string): string {
  return labelOf(bytesOf(id));
}
