import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { SearchRecord } from "./records.ts";
import { sectionsOf } from "./sections.ts";

/** A page of the site as it was written. */
export interface WrittenPage {
  readonly url: string;
  readonly title: string;
}

/** Writes what the pages search with: the sections of the pages, the names, and the program. */
export async function writeSearch(out: string, pages: readonly WrittenPage[], names: readonly SearchRecord[]) {
  const sections = pages.flatMap(({ url, title }) => sectionsOf(readFileSync(join(out, url), "utf8"), url, title));
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("search-page.ts", import.meta.url))],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    write: false,
  });
  const program = outputFiles.map(({ text }) => text).join("");
  const records = JSON.stringify([...sections, ...names]);
  writeFileSync(join(out, "assets/search.js"), `const searchRecords = ${records};\n${program}`);
}
