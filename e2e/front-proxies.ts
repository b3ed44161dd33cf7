import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { unpackDebianPackages } from "./debian-packages.ts";

const cache = fileURLToPath(new URL("../.cache/proxies/", import.meta.url));
const programs = {
  caddy: { packages: ["caddy"], path: "usr/bin/caddy" },
  nginx: { packages: ["nginx"], path: "usr/sbin/nginx" },
} as const;

/**
 * The path of a program that people put in front of etcd: that of the system, or else of its Debian package, unpacked
 * into the project's cache. Rejects with what to install where there is none.
 */
export async function proxyProgram(name: keyof typeof programs): Promise<string> {
  const system = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (system !== undefined) return system;
  const { packages, path } = programs[name];
  const place = join(cache, name);
  if (!existsSync(join(place, path))) {
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(join(cache, `${name}-`));
    try {
      await unpackDebianPackages(await suite(), packages, folder);
      // Somebody else may have been faster.
      await rename(folder, place).catch(() => undefined);
    } catch (error) {
      throw new Error(`no ${name} for the tests: install it, or be online on Debian`, { cause: error });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return join(place, path);
}

/** The release of the system: its packages use its libraries. */
async function suite(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^VERSION_CODENAME=(\w+)$/m.exec(text)?.[1] ?? "stable";
}
