import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { debianMirrors, unpackDebianPackages } from "./debian-packages.ts";
import { etcdBinaries, type EtcdVersion, linesToTest } from "./install-etcd.ts";
import { run, type Finished } from "./run.ts";
import { rigFolder } from "./watchdog.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

describe("the Debian mirrors of an apt configuration", () => {
  it("are found in one-line lists", () => {
    const list = [
      "# deb http://commented.test/debian bookworm main",
      "deb http://mirror.test/debian bookworm main contrib # the usual",
      "deb [arch=amd64 signed-by=/keys/own.gpg] https://own.test/debian/ trixie-updates main",
      "deb-src http://sources.test/debian bookworm main",
      "deb http://mirror.test/debian-security bookworm-security main",
      "deb https://vendor.test/apt stable-vendor main",
      "deb https://docker.test/linux/debian bookworm stable",
    ].join("\n");
    expect(debianMirrors(list, "list")).toEqual([
      { uri: "http://mirror.test/debian", signedBy: keyring },
      { uri: "https://own.test/debian/", signedBy: "/keys/own.gpg" },
    ]);
  });

  it("are found in deb822 files", () => {
    const sources = [
      "Types: deb deb-src",
      "# A comment in a stanza",
      "URIs: http://a.test/debian",
      " http://b.test/debian",
      "Suites: bookworm bookworm-updates",
      "Components: main",
      "Signed-By:",
      " -----BEGIN PGP PUBLIC KEY BLOCK-----",
      " .",
      " -----END PGP PUBLIC KEY BLOCK-----",
      "",
      "Types: deb",
      "URIs: http://off.test/debian",
      "Suites: bookworm",
      "Components: main",
      "Enabled: no",
      "",
      "Types: deb",
      "URIs: https://vendor.test/node",
      "Suites: nodistro",
      "Components: main",
    ].join("\n");
    expect(debianMirrors(sources, "sources")).toEqual([
      { uri: "http://a.test/debian", signedBy: keyring },
      { uri: "http://b.test/debian", signedBy: keyring },
    ]);
  });

  it("say so when they do not have what is asked for", async () => {
    const folder = rigFolder();
    onTestFinished(() => folder.remove());
    await expect(unpackDebianPackages("no-such-suite", ["etcd-server"], folder.path)).rejects.toThrow(
      /no Debian mirror|apt-get/,
    );
  });
});

/** Asks in a process of its own, whose PATH has no etcd and whose cache is empty: the answers are remembered. */
async function ask(version: EtcdVersion, env: Record<string, string>): Promise<Finished> {
  const folder = rigFolder();
  onTestFinished(() => folder.remove());
  const module = JSON.stringify(fileURLToPath(new URL("./install-etcd.ts", import.meta.url)));
  const script = `import { etcdBinaries } from ${module};
    console.log(JSON.stringify(await etcdBinaries("${version}", ${JSON.stringify(folder.path)})));`;
  const bin = join(folder.path, "bin");
  mkdirSync(bin);
  for (const tool of ["tar", "gzip", "sh"])
    await run("ln", ["-s", (await run("sh", ["-c", `command -v ${tool}`])).stdout.trim(), bin]);
  const args = ["--import", "tsx", "--input-type=module", "--eval", script];
  return run(process.execPath, args, { env: { PATH: bin, ...env } });
}

describe("etcd for the tests", () => {
  it("is of the line asked for and comes with etcdctl", async () => {
    for (const version of ["3.4", "3.5"] as const) {
      const found = await etcdBinaries(version);
      expect(found.version).toMatch(version);
      expect((await run(found.etcdctl, ["version"], { env: { ETCDCTL_API: "3" } })).stdout).toContain(
        `version: ${version}.`,
      );
    }
  });

  it("is the one the environment names", async () => {
    const { etcd, etcdctl, version } = await etcdBinaries("3.5");
    const { stdout } = await ask("3.5", { ETCD_BIN_3_5: etcd });
    expect(JSON.parse(stdout)).toEqual({ etcd, etcdctl: join(dirname(etcd), "etcdctl"), version });
    const any = await ask("3.5", { ETCD_BIN: etcd, ETCDCTL_BIN: etcdctl });
    expect(JSON.parse(any.stdout)).toEqual({ etcd, etcdctl, version });
  });

  it("is of a newer line too where the environment names one", async () => {
    const folder = rigFolder();
    onTestFinished(() => folder.remove());
    const newer = join(folder.path, "etcd");
    writeFileSync(newer, "#!/bin/sh\necho 'etcd Version: 3.6.1'\n", { mode: 0o755 });
    writeFileSync(join(folder.path, "etcdctl"), "#!/bin/sh\n", { mode: 0o755 });
    const found = JSON.parse((await ask("3.6", { ETCD_BIN: newer })).stdout) as unknown;
    expect(found).toEqual({ etcd: newer, etcdctl: join(folder.path, "etcdctl"), version: "3.6.1" });
    vi.stubEnv("ETCD_BIN", newer);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await linesToTest()).toEqual(["3.4", "3.5", "3.6"]);
    vi.stubEnv("ETCD_BIN", (await etcdBinaries("3.5")).etcd);
    expect(await linesToTest()).toEqual(["3.4", "3.5"]);
  });

  it("is refused when it is of another line than the variable says", async () => {
    const { etcd, version } = await etcdBinaries("3.5");
    const { code, stderr } = await ask("3.4", { ETCD_BIN_3_4: etcd });
    expect(code).not.toBe(0);
    expect(stderr).toContain(`which is etcd ${version}`);
  });

  it("comes out of a release archive with the right checksum, and of no other", async () => {
    const folder = rigFolder();
    onTestFinished(() => folder.remove());
    const { etcd, etcdctl, version } = await etcdBinaries("3.5");
    const release = join(folder.path, `etcd-v${version}-linux`);
    await run("sh", [
      "-c",
      `mkdir "$0" && cp "$1" "$2" "$0" && tar -C "$3" -czf "$3/release.tar.gz" "$(basename "$0")"`,
      release,
      etcd,
      etcdctl,
      folder.path,
    ]);
    const archive = join(folder.path, "release.tar.gz");
    const checksum = createHash("sha256").update(readFileSync(archive)).digest("hex");
    const good = await ask("3.5", { ETCD_ARCHIVE_3_5: archive, ETCD_ARCHIVE_3_5_SHA256: checksum });
    expect(JSON.parse(good.stdout)).toMatchObject({ version });
    writeFileSync(archive, "something else");
    const bad = await ask("3.5", { ETCD_ARCHIVE_3_5: archive, ETCD_ARCHIVE_3_5_SHA256: checksum });
    expect(bad.stderr).toMatch(/has SHA-256 .* expected/);
    const unchecked = await ask("3.5", { ETCD_ARCHIVE_3_5: archive });
    expect(unchecked.stderr).toContain("ETCD_ARCHIVE_3_5_SHA256");
  });

  it("is asked for in plain words when it is missing", async () => {
    const { code, stderr } = await ask("3.5", {});
    expect(code).not.toBe(0);
    for (const way of ["apt-get", "PATH", "ETCD_BIN_3_5", "ETCD_ARCHIVE_3_5_SHA256"]) expect(stderr).toContain(way);
  });
});
