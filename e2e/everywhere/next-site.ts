import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../run.ts";
import { serverProcess } from "../server-process.ts";
import { nextFolder, nextProgram, type NextRelease } from "./next-release.ts";
import { manifest, root } from "./programs.ts";

/** The folders here that sites are made of, beside `next-shared`: with `cacheComponents`, pages cannot say what others do. */
export type NextSiteName = "next-site" | "next-components-site";

/** A site, built and served by Next.js in production. */
export interface NextSite {
  readonly url: string;
  /** What its server has printed. */
  log(): string;
  close(): Promise<void>;
}

/** Builds the site on the package as npm would publish it, and starts it. Rejects with what Next printed. */
export async function startNextSite(
  release: NextRelease,
  name: NextSiteName,
  settings: Readonly<Record<string, string>>,
): Promise<NextSite> {
  const above = await nextFolder(release);
  const folder = join(above, `site-${process.pid}`);
  const program = join(above, nextProgram);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    for (const part of ["next-shared", name]) await cp(join(root, "e2e/everywhere", part), folder, { recursive: true });
    await installPacked(folder);
    const env = { ...siteEnvironment(), ...settings };
    const { code, stdout, stderr } = await run(process.execPath, [program, "build", folder], { cwd: folder, env });
    if (code !== 0) throw new Error(`next build failed:\n${stdout}\n${stderr}`);
    const server = serverProcess({
      binary: process.execPath,
      name: `Next ${release.next}`,
      startedLine: /Ready in/,
      args: () => [program, "start", folder, "-H", "127.0.0.1", "-p", "0"],
      env,
    });
    await server.start();
    const url = /Local:\s+(http:\/\/\S+)/.exec(server.log())?.[1];
    const close = async (): Promise<void> => {
      await server.kill();
      await remove();
    };
    if (url !== undefined) return { url, log: () => server.log(), close };
    await close();
    throw new Error(`Next says no address: ${server.log()}`);
  } catch (error) {
    await remove();
    throw error;
  }
}

/** `fetcd` as npm packs it; what it depends on is in the folder above. */
async function installPacked(folder: string): Promise<void> {
  const place = join(folder, "node_modules", manifest.name);
  await mkdir(place, { recursive: true });
  const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.stderr}`);
  const [archive] = JSON.parse(packed.stdout) as { readonly filename: string }[];
  if (archive === undefined) throw new Error(`npm pack made nothing:\n${packed.stdout}`);
  const unpacked = await run("tar", ["-xzf", join(folder, archive.filename), "-C", place, "--strip-components=1"]);
  if (unpacked.code !== 0) throw new Error(`${archive.filename} cannot be unpacked:\n${unpacked.stderr}`);
}

/** What this process was started with, without what would tell Next that it is developed or tested. */
function siteEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => name !== "NODE_ENV" && !name.startsWith("VITEST"));
  return { ...Object.fromEntries(kept), NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" };
}
