import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, type Finished } from "./run.ts";

/** One place where this system gets its Debian packages from. */
export interface AptSource {
  readonly uri: string;
  readonly signedBy: string;
}

const debianSuite =
  /^(oldoldstable|oldstable|stable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke)(-updates)?$/;
const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * The Debian mirrors in an apt source list, `.list` (one line each) or `.sources` (deb822).
 * Third-party repositories, security archives and switched-off entries are left out.
 */
export function debianMirrors(text: string, format: "list" | "sources"): AptSource[] {
  return (format === "list" ? oneLineEntries(text) : deb822Entries(text))
    .filter((entry) => entry.suites.some((suite) => debianSuite.test(suite)) && entry.components.includes("main"))
    .flatMap((entry) =>
      entry.uris.map((uri) => ({ uri, signedBy: entry.signedBy.startsWith("/") ? entry.signedBy : debianKeyring })),
    );
}

interface Entry {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string;
}

function oneLineEntries(text: string): Entry[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (!match) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    const signedBy = /signed-by=(\S+)/.exec(options)?.[1] ?? "";
    return [{ uris: [uri], suites: [suite], components: words(components), signedBy }];
  });
}

function deb822Entries(text: string): Entry[] {
  const withoutComments = text.replace(/^#.*\n?/gm, "");
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    // A line that starts with a space goes on with the field before it.
    for (const field of stanza.split(/\n(?=\S)/)) {
      const colon = field.indexOf(":");
      if (colon > 0) fields.set(field.slice(0, colon).trim().toLowerCase(), field.slice(colon + 1).trim());
    }
    const get = (name: string): string => fields.get(name) ?? "";
    if (!words(get("types")).includes("deb") || get("enabled").toLowerCase() === "no") return [];
    const [uris, suites, components] = [words(get("uris")), words(get("suites")), words(get("components"))];
    return [{ uris, suites, components, signedBy: get("signed-by") }];
  });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

async function systemMirrors(): Promise<AptSource[]> {
  const parts = await readdir("/etc/apt/sources.list.d").catch(() => []);
  const files = ["/etc/apt/sources.list", ...parts.map((name) => `/etc/apt/sources.list.d/${name}`)];
  const found: AptSource[] = [];
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => "");
    found.push(...debianMirrors(text, file.endsWith(".sources") ? "sources" : "list"));
  }
  return found.filter((source, index) => found.findIndex((other) => other.uri === source.uri) === index);
}

/**
 * Unpacks packages of a Debian suite below `into`, from the mirror this system is configured for.
 * Works without root and leaves the system's own package state alone; apt verifies the archive's signatures.
 * Rejects with the reason when there is no apt, no Debian mirror, or no such package.
 */
export async function unpackDebianPackages(suite: string, packages: readonly string[], into: string): Promise<void> {
  const mirrors = await systemMirrors();
  if (mirrors.length === 0) throw new Error("no Debian mirror is configured in /etc/apt");
  const failures: string[] = [];
  for (const mirror of mirrors) {
    const folder = await mkdtemp(join(tmpdir(), "fetcd-apt-"));
    try {
      await downloadAndUnpack(mirror, suite, packages, folder, into);
      return;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  throw new Error(failures.join("; "));
}

async function downloadAndUnpack(
  mirror: AptSource,
  suite: string,
  packages: readonly string[],
  folder: string,
  into: string,
): Promise<void> {
  if (!existsSync(mirror.signedBy)) throw new Error(`${mirror.signedBy} is missing: install debian-archive-keyring`);
  await mkdir(join(folder, "lists/partial"), { recursive: true });
  await mkdir(join(folder, "cache/archives/partial"), { recursive: true });
  await writeFile(join(folder, "sources.list"), `deb [signed-by=${mirror.signedBy}] ${mirror.uri} ${suite} main\n`);
  const config = join(folder, "apt.conf");
  await writeFile(config, privateConfiguration(folder));
  const apt = (...args: string[]): Promise<Finished> =>
    run("apt-get", ["-q", "-c", config, ...args], { cwd: folder, env: { ...process.env, LC_ALL: "C" } });
  succeeded("apt-get update", await apt("update"));
  succeeded("apt-get download", await apt("download", ...packages));
  for (const file of await readdir(folder)) {
    if (file.endsWith(".deb")) succeeded("dpkg-deb", await run("dpkg-deb", ["-x", join(folder, file), into]));
  }
}

/** Read after the system's own configuration, so that its proxies and time-outs stay in force. */
function privateConfiguration(folder: string): string {
  return `
Dir::Etc::SourceList "${folder}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "${folder}/lists";
Dir::State::Status "/dev/null";
Dir::Cache "${folder}/cache";
APT::Sandbox::User "";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`;
}

function succeeded(what: string, { code, stdout, stderr }: Finished): void {
  if (code !== 0) throw new Error(`${what} failed: ${(stderr || stdout).trim().split("\n").slice(-3).join(" / ")}`);
}
