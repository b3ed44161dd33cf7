import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const types: Readonly<Record<string, string>> = {
  html: "text/html;charset=utf-8",
  js: "text/javascript;charset=utf-8",
  css: "text/css;charset=utf-8",
};

/** All files of the built page by their paths. Read once, so that no path of a request ever leads to the disk. */
export async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const type = types[entry.name.slice(entry.name.lastIndexOf(".") + 1)];
    if (!entry.isFile() || type === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(folder.length).replaceAll("\\", "/").replace(/^\/*/, "/");
    files.set(path === "/index.html" ? "/" : path, { type, bytes: new Uint8Array(await readFile(file)) });
  }
  if (!files.has("/")) throw new Error(`the page is not in ${folder}: the package is not whole; install it again`);
  return files;
}
