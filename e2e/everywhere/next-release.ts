import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../run.ts";
import { isProgram, manifest, root } from "./programs.ts";

/** A major version of Next.js, and what it renders with. */
export interface NextRelease {
  readonly next: string;
  readonly react: string;
}

/**
 * A folder that has Next.js and what fetcd depends on as its `node_modules`: from the package registry, kept in the
 * project's cache. (Not dependencies of the project: three majors of a framework, of 200 MB each.)
 */
export async function nextFolder({ next, react }: NextRelease): Promise<string> {
  const packages = [`next@${next}`, `react@${react}`, `react-dom@${react}`];
  for (const [name, range] of Object.entries(manifest.dependencies)) packages.push(`${name}@${range}`);
  const folder = join(root, ".cache/next", next);
  if (await isProgram(join(folder, nextProgram))) return folder;
  // Beside its place at first: another process may be at the same, and an interrupted one leaves half of it.
  const fresh = `${folder}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  try {
    const install = ["install", "--prefix", fresh, "--no-save", "--no-audit", "--no-fund", ...packages];
    const { code, stderr } = await run("npm", install, { cwd: fresh });
    if (code !== 0) throw new Error(`Next ${next} is not there, and npm ${install.join(" ")} failed:\n${stderr}`);
    await mkdir(dirname(folder), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** Below such a folder. */
export const nextProgram = "node_modules/next/dist/bin/next";
