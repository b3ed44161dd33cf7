import { isRef } from "./key-id.ts";

export const mostBookmarks = 100;
/** Of a name. Longer ones, which no browser would keep many of, are not taken back. */
const mostLetters = 4_096;

/** Bookmarks as they were stored, whatever is there now: what is no name of a key or folder is left out. */
export function readBookmarks(text: string | null): string[] {
  try {
    const stored: unknown = JSON.parse(text ?? "");
    const ids = Array.isArray(stored) ? stored.filter((each) => typeof each === "string") : [];
    return [...new Set(ids)].filter((id) => id.length <= mostLetters && isRef(id)).slice(-mostBookmarks);
  } catch {
    return [];
  }
}
