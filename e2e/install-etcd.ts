import { createHash, randomUUID } from "node:crypto";
import {
  access,
  constants,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { unpackDebianPackages } from "./debian-packages.ts";
import { run } from "./run.ts";

/** A line of etcd releases: 3.4 and 3.5, which all tests run on, or a newer one that the environment names. */
export type EtcdVersion = `3.${number}`;

export interface EtcdBinaries {
  /** Paths of the two programs. */
  readonly etcd: string;
  readonly etcdctl: string;
  /** The exact version of the server, as in "3.4.23". */
  readonly version: string;
}

const suites: Readonly<Record<string, string>> = { "3.4": "bookworm", "3.5": "trixie" };
const projectCache = fileURLToPath(new URL("../.cache/etcd/", import.meta.url));
const found = new Map<EtcdVersion, Promise<EtcdBinaries>>();

/**
 * Finds etcd and etcdctl of a release line, in this order: the environment (`ETCD_BIN_3_5`, `ETCD_BIN`), a release
 * archive named there (`ETCD_ARCHIVE_3_5` with `ETCD_ARCHIVE_3_5_SHA256`), the project's cache, the system, the
 * Debian packages. Rejects with what to install or set when there is none. Asked again, it gives the same answer.
 */
export function etcdBinaries(version: EtcdVersion, cache: string = projectCache): Promise<EtcdBinaries> {
  const known = found.get(version);
  if (known) return known;
  const search = findBinaries(version, cache);
  found.set(version, search);
  return search;
}

async function findBinaries(version: EtcdVersion, cache: string): Promise<EtcdBinaries> {
  const named = (await fromEnvironment(version)) ?? (await fromArchive(version, cache));
  const ready = named ?? (await inFolder(join(cache, version), version));
  if (ready) return ready;
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const system = folder === "" ? undefined : await inFolder(folder, version);
    if (system) return system;
  }
  try {
    return await intoCache(join(cache, version), version, async (folder) => {
      const suite = suites[version];
      if (suite === undefined) throw new Error("Debian has none");
      await unpackDebianPackages(suite, ["etcd-server", "etcd-client"], folder);
      return join(folder, "usr/bin");
    });
  } catch (error) {
    const name = version.replace(".", "_");
    throw new Error(
      `No etcd ${version} for the tests: ${error instanceof Error ? error.message : String(error)}\n` +
        `Do one of these:\n` +
        `  - on Debian or with a Debian mirror in /etc/apt: install apt, dpkg and debian-archive-keyring, and be online;\n` +
        `  - install etcd ${version} and etcdctl so that they are in PATH;\n` +
        `  - set ETCD_BIN_${name} to the path of an etcd ${version}, with etcdctl beside it or in ETCDCTL_BIN_${name};\n` +
        `  - set ETCD_ARCHIVE_${name} to a release archive (path or URL of a tar.gz) and ETCD_ARCHIVE_${name}_SHA256 to its checksum.`,
      { cause: error },
    );
  }
}

/** The lines to test faults on: 3.4, 3.5, and that of the etcd that `ETCD_BIN` names where it is newer. */
export async function linesToTest(): Promise<readonly EtcdVersion[]> {
  const named = process.env["ETCD_BIN"];
  const minor = named && /^3\.(\d+)\./.exec((await versionOf(named)) ?? "")?.[1];
  return ["3.4", "3.5", ...(Number(minor) > 5 ? [`3.${Number(minor)}` as const] : [])];
}

async function fromEnvironment(version: EtcdVersion): Promise<EtcdBinaries | undefined> {
  const name = version.replace(".", "_");
  const exact = process.env[`ETCD_BIN_${name}`];
  const etcd = exact ?? process.env["ETCD_BIN"];
  if (!etcd) return undefined;
  const actual = await versionOf(etcd);
  if (!actual?.startsWith(`${version}.`)) {
    // ETCD_BIN names one etcd for whichever line it is of; ETCD_BIN_3_5 is a promise that it is a 3.5.
    if (!exact) return undefined;
    throw new Error(`ETCD_BIN_${name} is ${etcd}, which is ${actual ? `etcd ${actual}` : "not an etcd that runs"}.`);
  }
  const named = process.env[`ETCDCTL_BIN_${name}`] ?? process.env["ETCDCTL_BIN"];
  const etcdctl = named ?? join(dirname(etcd), "etcdctl");
  if (!(await executable(etcdctl))) throw new Error(`No etcdctl at ${etcdctl}: set ETCDCTL_BIN_${name}.`);
  return { etcd, etcdctl, version: actual };
}

async function fromArchive(version: EtcdVersion, cache: string): Promise<EtcdBinaries | undefined> {
  const variable = `ETCD_ARCHIVE_${version.replace(".", "_")}`;
  const source = process.env[variable];
  const checksum = process.env[`${variable}_SHA256`]?.toLowerCase();
  if (!source) return undefined;
  if (!checksum || !/^[0-9a-f]{64}$/.test(checksum))
    throw new Error(`${variable} needs ${variable}_SHA256 (64 hex digits).`);
  const place = join(cache, `${version}-${checksum.slice(0, 16)}`);
  return (
    (await inFolder(place, version)) ?? intoCache(place, version, (folder) => unpackArchive(source, checksum, folder))
  );
}

async function unpackArchive(source: string, checksum: string, into: string): Promise<string> {
  const bytes = await readArchive(source);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== checksum) throw new Error(`${source} has SHA-256 ${actual}, expected ${checksum}.`);
  const file = join(into, "archive.tar.gz");
  await writeFile(file, bytes);
  const { code, stderr } = await run("tar", ["-xzf", file, "-C", into]);
  if (code !== 0) throw new Error(`${source} does not unpack: ${stderr.trim()}`);
  // A release has its programs in one folder named after the version; an archive of two bare programs is fine too.
  const folders = (await readdir(into, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return join(into, folders[0]?.name ?? "");
}

async function readArchive(source: string): Promise<Uint8Array> {
  if (!/^https?:/.test(source)) return readFile(source);
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(`${source} answered ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}

/**
 * Fills a cache folder in one step; `fill` unpacks and says which folder the programs are in. Everything is made ready
 * aside and moved in by one rename, so that a reader sees all or nothing and of two processes that do the same, the
 * second keeps the first one's files.
 */
async function intoCache(
  place: string,
  version: EtcdVersion,
  fill: (folder: string) => Promise<string>,
): Promise<EtcdBinaries> {
  const unpacked = await mkdtemp(join(tmpdir(), "fetcd-etcd-unpack-"));
  const staged = `${place}-${randomUUID()}`;
  try {
    const programs = await fill(unpacked);
    const complete = await inFolder(programs, version);
    if (!complete) throw new Error(`what was unpacked is not etcd ${version} with etcdctl that runs on this machine`);
    await mkdir(staged, { recursive: true });
    for (const name of ["etcd", "etcdctl"]) await copyFile(join(programs, name), join(staged, name));
    await rename(staged, place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    return { etcd: join(place, "etcd"), etcdctl: join(place, "etcdctl"), version: complete.version };
  } finally {
    await rm(unpacked, { recursive: true, force: true });
    await rm(staged, { recursive: true, force: true });
  }
}

async function inFolder(folder: string, version: EtcdVersion): Promise<EtcdBinaries | undefined> {
  const binaries = { etcd: join(folder, "etcd"), etcdctl: join(folder, "etcdctl") };
  if (!(await executable(binaries.etcd)) || !(await executable(binaries.etcdctl))) return undefined;
  const actual = await versionOf(binaries.etcd);
  return actual?.startsWith(`${version}.`) ? { ...binaries, version: actual } : undefined;
}

async function versionOf(etcd: string): Promise<string | undefined> {
  const { code, stdout } = await run(etcd, ["--version"]);
  return code === 0 ? /etcd Version: (\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined;
}

async function executable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    // A folder passes for executable too.
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const version of ["3.4", "3.5"] as const) {
    const { etcd, etcdctl, version: exact } = await etcdBinaries(version);
    console.log(`etcd ${exact}\n  ${etcd}\n  ${etcdctl}`);
  }
}
