import { access, mkdtemp, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { run } from "./run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

declare module "vitest" {
  export interface ProvidedContext {
    /** A folder of this run, deleted when it ends. */
    readonly runFolder: string;
  }
}

/** The package, installed from what `npm pack` makes of the build. */
export interface InstalledPackage {
  /** A user's own folder, with the package in its `node_modules`. */
  readonly folder: string;
  /** The program, as npm links it. */
  readonly program: string;
  /** The built page. */
  readonly page: string;
}

let installing: Promise<void> | undefined;

/** Installs the package once for all files of a run. Rejects with what npm says. */
export async function installedPackage(): Promise<InstalledPackage> {
  const folder = join(inject("runFolder"), "installed");
  await (installing ??= install(folder));
  return {
    folder,
    program: join(folder, "node_modules/.bin", manifest.name),
    page: join(folder, "node_modules", manifest.name, "dist/ui"),
  };
}

/** Files run beside each other: the first that is done gives all of them its folder. */
async function install(target: string): Promise<void> {
  if (await exists(target)) return;
  const folder = await mkdtemp(`${target}-`);
  await writeFile(join(folder, "package.json"), '{ "private": true }');
  const archive = `./${manifest.name}-${manifest.version}.tgz`;
  for (const [cwd, args] of [
    [root, ["pack", "--ignore-scripts", "--pack-destination", folder]],
    [folder, ["install", "--no-audit", "--no-fund", "--prefer-offline", archive]],
  ] as const) {
    const { code, stderr } = await run("npm", args, { cwd });
    if (code !== 0) throw new Error(`npm ${args.join(" ")}: ${stderr}`);
  }
  try {
    await rename(folder, target);
  } catch (error) {
    if (!(await exists(target))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
