import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished } from "vitest";
import { changedCluster } from "../../test/recipes/changed-cluster.ts";
import { type Etcd as Server, type EtcdMember, startEtcd } from "../etcd.ts";
import { linesToTest } from "../install-etcd.ts";
import { rigFolder } from "../watchdog.ts";
import { first } from "./subject.ts";

/** What the member was started with. */
function flag(member: EtcdMember, name: string): string {
  const args = readFileSync(`/proc/${member.pid}/cmdline`, "utf8").split("\0");
  const found = args.find((arg) => arg.startsWith(`--${name}=`));
  if (found === undefined) throw new Error(`no --${name}`);
  return found.slice(name.length + 3);
}

/** A container without a volume: the same flags, so the same id, and an empty disk. */
async function emptied(server: Server): Promise<void> {
  const member = first(server.members);
  const data = flag(member, "data-dir");
  await member.kill();
  rmSync(data, { recursive: true });
  await member.start();
  await server.waitReady();
}

/** Takes a backup now. Returns what restores it, under the same id. */
async function backedUp(server: Server): Promise<() => Promise<void>> {
  const member = first(server.members);
  const folder = rigFolder();
  onTestFinished(() => folder.remove());
  const backup = join(folder.path, "backup.db");
  expect(await server.etcdctl(["snapshot", "save", backup])).toMatchObject({ code: 0 });
  const data = flag(member, "data-dir");
  const same = ["name", "initial-cluster", "initial-cluster-token", "initial-advertise-peer-urls"].map(
    (name) => `--${name}=${flag(member, name)}`,
  );
  return async () => {
    await member.kill();
    rmSync(data, { recursive: true });
    expect(await server.restoreSnapshot([backup, `--data-dir=${data}`, ...same])).toMatchObject({ code: 0 });
    await member.start();
    await server.waitReady();
  };
}

const kinds = {
  "C9: wiped, with another id": (server: Server) => Promise.resolve(() => server.wipe()),
  "C9: wiped, with the same id": (server: Server) => Promise.resolve(() => emptied(server)),
  "C10: restored from a backup, with the same id": backedUp,
} as const;

describe.each(await linesToTest())("etcd %s", (version) => {
  describe.each(Object.entries(kinds))("%s", (_, prepare) => {
    changedCluster(async () => {
      const server = await startEtcd({ version });
      onTestFinished(() => server.close());
      return { way: { endpoints: server.endpoints, timeoutMs: 20_000 }, change: await prepare(server) };
    });
  });
});
