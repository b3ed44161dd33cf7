import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../run.ts";
import { serverProcess } from "../server-process.ts";
import { hostFolder, installPacked } from "./installed-packages.ts";
import { root } from "./find-program.ts";

/** A major version of Next.js, and what it renders with. */
export interface NextRelease {
  readonly next: string;
  readonly react: string;
}

const nextProgram = "node_modules/next/dist/bin/next";

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
  const { next, react } = release;
  const packages = [`next@${next}`, `react@${react}`, `react-dom@${react}`];
  const above = await hostFolder({ place: `next/${next}`, packages, program: nextProgram });
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
      name: `Next ${next}`,
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

/** What this process was started with, without what would tell Next that it is developed or tested. */
function siteEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => name !== "NODE_ENV" && !name.startsWith("VITEST"));
  return { ...Object.fromEntries(kept), NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" };
}
