import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A file of the page as it is in the package. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How `bytes` are compressed. */
  readonly encoding?: "gzip";
}

const types: Readonly<Record<string, string>> = {
  html: "text/html;charset=utf-8",
  js: "text/javascript;charset=utf-8",
  css: "text/css;charset=utf-8",
};

/**
 * Reads all files of the built page, by the paths that browsers ask for: `/assets/a.js` is `assets/a.js.gz` on the disk.
 * They are read once, so that no path of a request is ever used as a path on the disk.
 */
export async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const compressed = file.endsWith(".gz");
    const asked = compressed ? file.slice(0, -".gz".length) : file;
    const type = types[asked.slice(asked.lastIndexOf(".") + 1)];
    if (!entry.isFile() || type === undefined) continue;
    const path = asked.slice(folder.length).replaceAll("\\", "/").replace(/^\/*/, "/");
    const bytes = new Uint8Array(await readFile(file));
    files.set(path === "/index.html" ? "/" : path, { type, bytes, ...(compressed && { encoding: "gzip" }) });
  }
  if (!files.has("/")) throw new Error(`the page is not in ${folder}: the package is not whole; install it again`);
  return files;
}
