import { computed, signal } from "@preact/signals";
import { shownSession } from "../page-session.ts";
import { mostBookmarks, readBookmarks } from "./stored-bookmarks.ts";
import { bytesOf, labelOf } from "./key-id.ts";

type Places = ReadonlyMap<string, readonly string[]>;

/** By the address of the connection. */
const kept = { recent: signal<Places>(new Map()), bookmarks: signal<Places>(new Map()) };
const here = (): string => shownSession.value?.endpoint ?? "";
/** Recently shown keys, the newest first; kept only in memory. */
export const recentKeys = computed(() => kept.recent.value.get(here()) ?? []);
/** Keys and folders that the user wants to find again. */
export const bookmarks = computed(() => bookmarksOf(here()));

const most = 20;

export function visited(id: string): void {
  const others = recentKeys.value.filter((each) => each !== id);
  kept.recent.value = new Map(kept.recent.value).set(here(), [id, ...others].slice(0, most));
}

/** Adds or removes a bookmark. Of more than 100, the oldest is dropped. */
export function toggleBookmark(id: string): void {
  const others = bookmarks.value.filter((each) => each !== id);
  const next = others.length < bookmarks.value.length ? others : [...others, id].slice(-mostBookmarks);
  kept.bookmarks.value = new Map(kept.bookmarks.value).set(here(), next);
  if (areKept(here())) store(here(), JSON.stringify(next));
}

// Names of keys may be confidential, so bookmarks are stored in the browser only if the user asks for it.
const prefix = "fetcd-ui-bookmarks ";
const off = "off";
const store = (endpoint: string, text: string): void => localStorage.setItem(prefix + endpoint, text);

/** Whether the bookmarks of a connection are stored in the browser. */
export function areKept(endpoint: string): boolean {
  return localStorage.getItem(prefix + endpoint) !== off;
}

export function keepBookmarks(endpoint: string, keep: boolean): void {
  const now = bookmarksOf(endpoint);
  kept.bookmarks.value = new Map(kept.bookmarks.value).set(endpoint, now);
  store(endpoint, keep ? JSON.stringify(now) : off);
}

function bookmarksOf(endpoint: string): readonly string[] {
  return kept.bookmarks.value.get(endpoint) ?? readBookmarks(localStorage.getItem(prefix + endpoint));
}

export function labelOfId(id: string): string {
  return labelOf(bytesOf(id));
}
