import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createEtcdV2, type EtcdV2 } from "../src/v2/index.ts";
import { freshDir } from "../test/suites-v2/connect.ts";
import { take } from "../test/suites/tools.ts";
import { type Etcd as Rig, startEtcd } from "./etcd.ts";
import { etcdBinaries } from "./install-etcd.ts";
import { poll } from "./poll.ts";

describe.each(["3.4", "3.5"] as const)("with etcdctl of etcd %s, speaking v2", (version) => {
  let rig: Rig;
  let etcd: EtcdV2;
  beforeAll(async () => {
    rig = await startEtcd({ version, v2: true });
    etcd = createEtcdV2({ endpoints: rig.endpoints });
  });
  afterAll(async () => {
    await etcd.close();
    await rig.close();
  });

  async function etcdctl(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await rig.etcdctl(args, { api: 2 });
    if (code !== 0) throw new Error(`etcdctl ${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  }

  it("each reads what the other writes", async () => {
    const dir = freshDir();
    await etcd.set(`${dir}/ours ключ`, 'värde\n"2"', { ttl: 100 });
    expect(await etcdctl("get", `${dir}/ours ключ`)).toBe('värde\n"2"\n');
    expect(await etcdctl("set", `${dir}/theirs`, "wert", "--ttl", "100")).toBe("wert\n");
    expect((await etcd.get(`${dir}/theirs`)).node).toMatchObject({ value: "wert", ttl: expect.any(Number) });
    await etcdctl("mk", `${dir}/made`, "1");
    await expect(etcd.create(`${dir}/made`, "2")).rejects.toMatchObject({ name: "NodeExist" });
    await etcd.update(`${dir}/made`, "3");
    await etcdctl("update", `${dir}/made`, "4");
    expect((await etcd.testAndSet(`${dir}/made`, "4", "5")).prevNode?.value).toBe("4");
    expect(await etcdctl("set", `${dir}/made`, "6", "--swap-with-value", "5")).toBe("6\n");
    await etcdctl("rm", `${dir}/made`, "--with-value", "6");
    expect(await etcd.has(`${dir}/made`)).toBe(false);
  });

  it("each lists and deletes the other's directories", async () => {
    const dir = freshDir();
    await etcdctl("mkdir", `${dir}/a`);
    await etcdctl("setdir", `${dir}/b`, "--ttl", "100");
    await etcd.mkdir(`${dir}/c`);
    await etcd.set(`${dir}/c/d`, "1");
    expect((await etcd.list(dir)).map(({ key, dir: isDir }) => [key, isDir])).toEqual(
      ["a", "b", "c"].map((name) => [`${dir}/${name}`, true]),
    );
    expect((await etcdctl("ls", dir, "--sort", "--recursive")).trim().split("\n")).toEqual(
      ["a", "b", "c", "c/d"].map((name) => `${dir}/${name}`),
    );
    await etcdctl("rmdir", `${dir}/a`);
    await etcd.delete(`${dir}/b`, { dir: true });
    await etcdctl("rm", dir, "--recursive");
    await expect(etcd.get(dir)).rejects.toMatchObject({ name: "KeyNotFound" });
  });

  it("our watch reports what etcdctl does", async () => {
    const dir = freshDir();
    const watch = etcd.watch(dir, { recursive: true });
    await watch.ready;
    await etcdctl("set", `${dir}/a`, "1");
    await etcdctl("update", `${dir}/a`, "2");
    await etcdctl("rm", `${dir}/a`);
    const seen = await take(3, watch);
    expect(seen.map(({ kind, prevNode }) => [kind, prevNode?.value])).toEqual([
      ["set", undefined],
      ["updated", "1"],
      ["deleted", "2"],
    ]);
  });

  it.each(["watch", "exec-watch"])("etcdctl %s reports what we do", async (verb) => {
    const key = `${freshDir()}/a`;
    const { etcdctl: binary } = await etcdBinaries(version);
    // Without a flag before the key, exec-watch takes the last word for it.
    const tail = verb === "watch" ? ["--forever"] : ["--", "sh", "-c", 'echo "$ETCD_WATCH_ACTION $ETCD_WATCH_VALUE"'];
    const args = [
      "--endpoints",
      rig.endpoints.join(","),
      verb,
      "--recursive",
      ...(verb === "watch" ? [...tail, key] : [key, ...tail]),
    ];
    const child = spawn(binary, args, { env: { PATH: process.env["PATH"], ETCDCTL_API: "2" } });
    onTestFinished(() => void child.kill("SIGKILL"));
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece: Buffer) => (out += piece.toString()));
    await poll("it is reported", 20_000, async () => {
      // The watch is there at some time after the program has started.
      await etcd.set(key, "ours");
      return out.includes("ours") || undefined;
    });
    expect(out).toMatch(verb === "watch" ? /ours\n/ : /set ours\n/);
  });

  it("both tell the same of members and health", async () => {
    const [member] = await etcd.members();
    const listed = await etcdctl("member", "list");
    expect(listed).toContain(`${member?.id.toString(16)}: name=${member?.name} peerURLs=${member?.peerUrls[0]}`);
    expect(listed).toContain("isLeader=true");
    expect(await etcdctl("cluster-health")).toContain("cluster is healthy");
    expect(await etcd.health()).toEqual({ healthy: true });
  });

  it("each sees the other's users and roles", async () => {
    const name = freshDir().slice(1);
    await etcd.auth.roles.add(name, { permissions: { read: ["/a/*"] } });
    expect(await etcdctl("role", "get", name)).toContain("/a/*");
    await etcdctl("role", "grant", name, "--path", "/b", "--write");
    expect((await etcd.auth.roles.get(name)).permissions).toEqual({ read: ["/a/*"], write: ["/b"] });
    await etcd.auth.users.add(name, "secret", { roles: [name] });
    expect(await etcdctl("user", "get", name)).toContain(name);
    await etcdctl("user", "remove", name);
    await expect(etcd.auth.users.get(name)).rejects.toMatchObject({ status: 404 });
  });
});
