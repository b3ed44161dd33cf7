import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../run.ts";
import { isProgram, manifest, root } from "./find-program.ts";

/** What is installed beside the project. */
export interface Packages {
  /** Of the folder in the project's cache: "next/16.4.6". */
  readonly place: string;
  /** With their versions: "react@19.3.1". */
  readonly packages: readonly string[];
  /** A file below the folder: it is there when all is. */
  readonly program: string;
}

/** A folder that has a framework and what fetcd depends on as its `node_modules`: in the newest versions, if it names none. */
export function hostFolder(host: Packages): Promise<string> {
  const ours = Object.entries(manifest.dependencies)
    .filter(([name]) => !host.packages.some((each) => each.startsWith(`${name}@`)))
    .map(([name, range]) => `${name}@${range}`);
  return packagesFolder({ ...host, packages: [...host.packages, ...ours] });
}

/**
 * A folder with packages in its `node_modules`: from the package registry, kept in the project's cache. (Not dependencies
 * of the project: hundreds of megabytes.)
 */
export async function packagesFolder({ place, packages, program }: Packages): Promise<string> {
  const folder = join(root, ".cache", place);
  if (await isProgram(join(folder, program))) return folder;
  // Beside its place at first: another process may be at the same, and an interrupted one leaves half of it.
  const fresh = `${folder}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  try {
    const install = ["install", "--prefix", fresh, "--no-save", "--no-audit", "--no-fund", ...packages];
    const { code, stderr } = await run("npm", install, { cwd: fresh });
    if (code !== 0) throw new Error(`${place} is not there, and npm ${install.join(" ")} failed:\n${stderr}`);
    await mkdir(dirname(folder), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** Puts `fetcd`, as npm packs it, into a folder; what it depends on is in one above. */
export async function installPacked(folder: string): Promise<void> {
  const place = join(folder, "node_modules", manifest.name);
  await mkdir(place, { recursive: true });
  const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.stderr}`);
  const [archive] = JSON.parse(packed.stdout) as { readonly filename: string }[];
  if (archive === undefined) throw new Error(`npm pack made nothing:\n${packed.stdout}`);
  const unpacked = await run("tar", ["-xzf", join(folder, archive.filename), "-C", place, "--strip-components=1"]);
  if (unpacked.code !== 0) throw new Error(`${archive.filename} cannot be unpacked:\n${unpacked.stderr}`);
}

/** A program's own folder, with `fetcd` in it as npm packs it; what else it imports is in `above`. */
export interface Consumer {
  readonly folder: string;
  /** A folder with packages in its `node_modules`. */
  readonly above: string;
}

/** Gives a new folder, which is deleted afterwards, to `use`. */
export async function withConsumer<T>(packages: Packages, use: (consumer: Consumer) => Promise<T>): Promise<T> {
  const above = await hostFolder(packages);
  const folder = join(above, `consumer-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await installPacked(folder);
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    // webpack looks for one in the folders above, and would take the paths of the project's own: its source.
    await writeFile(join(folder, "tsconfig.json"), "{}");
    return await use({ folder, above });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
