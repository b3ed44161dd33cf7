import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import manifest from "../../package.json" with { type: "json" };
import { type Entry, sourceEntries } from "../../scripts/entries.ts";

/** The project's folder, without a slash at the end. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

export { manifest };

export const entries: readonly Entry[] = sourceEntries(manifest.exports);

export function readText(path: string): string {
  return readFileSync(`${root}/${path}`, "utf8");
}
