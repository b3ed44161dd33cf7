import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { manifest, root } from "../test/package/project.ts";

/** What `npm install fetcd` puts on a disk, itself and all that it depends on. */
export interface InstallSize {
  readonly packages: number;
  readonly bytes: number;
  readonly files: number;
  /** Of these, the package's own. */
  readonly own: number;
}

/** Counted in this project's own node_modules, where the same versions are. */
export function installSize(): InstallSize {
  const packed = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, encoding: "utf8" });
  if (packed.status !== 0) throw new Error(packed.stderr);
  const [{ unpackedSize, entryCount }] = JSON.parse(packed.stdout) as [{ unpackedSize: number; entryCount: number }];
  let [packages, bytes, files] = [1, unpackedSize, entryCount];
  for (const name of closure(Object.keys(manifest.dependencies))) {
    const folder = join(root, "node_modules", name);
    packages++;
    for (const each of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!each.isFile()) continue;
      files++;
      bytes += statSync(join(each.parentPath, each.name)).size;
    }
  }
  return { packages, bytes, files, own: entryCount };
}

function closure(names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    const text = readFileSync(join(root, "node_modules", name, "package.json"), "utf8");
    Object.keys((JSON.parse(text) as { dependencies?: object }).dependencies ?? {}).forEach(add);
  };
  names.forEach(add);
  return found;
}
