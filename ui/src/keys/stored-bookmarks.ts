import { isRef } from "./key-id.ts";

export const mostBookmarks = 100;
/** The longest name that is read from the store. A browser has no room for many longer ones. */
const mostLetters = 4_096;

/** Parses stored bookmarks. The text is not trusted: anything that is not the name of a key or folder is ignored. */
export function readBookmarks(text: string | null): string[] {
  try {
    const stored: unknown = JSON.parse(text ?? "");
    const ids = Array.isArray(stored) ? stored.filter((each) => typeof each === "string") : [];
    return [...new Set(ids)].filter((id) => id.length <= mostLetters && isRef(id)).slice(-mostBookmarks);
  } catch {
    return [];
  }
}
