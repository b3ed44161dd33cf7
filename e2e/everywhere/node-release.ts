import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../run.ts";
import { isProgram, root } from "./programs.ts";

/**
 * The path of a Node of some major version: this one, or the newest from the package registry, which is kept in the
 * project's cache. (Not a dependency: the package would put itself in front of the Node that npm scripts run in.)
 */
export async function nodeRelease(major: string): Promise<string> {
  if (process.versions.node.split(".")[0] === major) return process.execPath;
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const folder = join(root, ".cache/node", major);
  const program = join(folder, "node_modules", name, "bin/node");
  if (await isProgram(program)) return program;
  // Beside its place at first: another process may be at the same, and an interrupted one leaves half of it.
  const fresh = `${folder}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  try {
    const install = ["install", "--prefix", fresh, "--no-save", "--no-audit", "--no-fund", `${name}@${major}`];
    const { code, stderr } = await run("npm", install, { cwd: fresh });
    if (code !== 0) throw new Error(`Node ${major} is not there, and npm ${install.join(" ")} failed:\n${stderr}`);
    await mkdir(dirname(folder), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return program;
}
