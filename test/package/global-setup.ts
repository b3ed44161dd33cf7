import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.ts";

/** These tests look at what is built: ends the run if there is no build, or one from before the last change of src. */
export function setup(): void {
  const built = Math.min(...times("dist"));
  const changed = Math.max(...times("src"), statSync(join(root, "package.json")).mtimeMs);
  if (built === Infinity || built < changed) throw new Error("dist is missing or older than src: npm run build");
}

function times(folder: string): number[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  } catch {
    return [];
  }
}
