import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryEtcd, type MemoryEtcd } from "../../src/memory/index.ts";
import { serve, type ServedHandler } from "../../src/node/index.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { etcdBinaries } from "../install-etcd.ts";
import { type Finished, run } from "../run.ts";

/** Each line is a command and what it is told on its standard input, if anything. */
const keys = [
  "set /a 1",
  "get /a",
  "-o extended get /a",
  "-o json get /a",
  "set --ttl 100 /t 1",
  "set --swap-with-value 1 /a 2",
  "set --swap-with-value 1 /a 3",
  "set --swap-with-index 1 /a 3",
  "update /a 4",
  "update /none 4",
  "mk /a 5",
  "mk /dir/b 6",
  "mk --in-order /dir 7",
  "mkdir /empty",
  "mkdir /empty",
  "setdir --ttl 100 /timed",
  "updatedir --ttl 200 /timed",
  "set /_hidden/x 1",
  "get /_hidden/x",
  "ls --sort",
  "ls --recursive --sort -p /",
  "get /dir",
  "rmdir /dir",
  "rmdir /empty",
  "rm /dir",
  "rm --with-value 1 /a",
  "rm --with-index 1 /a",
  "watch --after-index 3 /a",
  "watch --recursive --after-index 1 /dir",
  "rm --recursive /dir",
  "rm /a",
  "get /a",
  "get --quorum /t",
  "member list",
  "cluster-health",
];

const users = [
  "user add root:secret",
  "user add anna:pass",
  "role add reader",
  "role add reader",
  "role grant reader --path /open/* --read",
  "role grant reader --path /own/* --readwrite",
  "role grant reader --path /own/* --readwrite",
  "role revoke reader --path /open/* --read",
  "role get reader",
  "role list",
  "user grant anna --roles reader",
  "user revoke anna --roles nothing",
  "user get anna",
  "user list",
  "auth enable",
  "role list",
  "--username root:secret role revoke guest --path /* --readwrite",
  "set /own/x 1",
  "--username anna:pass set /own/x 1",
  "--username anna:wrong set /own/x 1",
  "--username anna:pass get /own/x",
  "--username anna:pass get /other",
  "--username root:secret get /other",
  "--username root:secret auth disable",
  "auth disable",
  "user remove anna",
  "user get anna",
  "role remove reader",
  "role get reader",
];

describe.each(["3.4", "3.5"] as const)("etcdctl %s, talking to a memory that is served", (version) => {
  let etcd: Etcd;
  let memory: MemoryEtcd;
  let server: ServedHandler;
  let etcdctl: (url: string, args: readonly string[]) => Promise<Finished>;
  let urls: readonly [real: string, ours: string];

  beforeAll(async () => {
    etcd = await startEtcd({ version, v2: true });
    memory = createMemoryEtcd({ version });
    server = await serve(memory);
    urls = [etcd.endpoints[0] ?? "", server.url];
    const { etcdctl: program } = await etcdBinaries(version);
    const env = { PATH: process.env["PATH"], ETCDCTL_API: "2", no_proxy: "127.0.0.1" };
    etcdctl = (url, args) => run(program, ["--endpoints", url, ...args], { env });
  });
  afterAll(async () => {
    memory.close();
    await server.close();
    await etcd.close();
  });

  const same = ({ code, stdout, stderr }: Finished): Finished => {
    const plain = (text: string): string =>
      text
        .replaceAll(/http:\/\/[\w.]+:\d+/g, "URL")
        .replaceAll(/name=\w+/g, "NAME")
        // One of 256 begins with two zeros, which are not printed.
        .replaceAll(/\b[0-9a-f]{12,16}\b/g, "ID")
        .replaceAll(/"expiration":"[^"]*"/g, "EXPIRATION");
    return { code, stdout: plain(stdout), stderr: plain(stderr) };
  };

  async function both(args: readonly string[]): Promise<Finished> {
    const [real, ours] = await Promise.all(urls.map(async (url) => same(await etcdctl(url, args))));
    expect(ours, args.join(" ")).toEqual(real);
    return ours ?? { code: -1, stdout: "", stderr: "" };
  }

  it("sets, gets, lists, compares, removes and looks back as with a real server", async () => {
    const results: Record<string, number> = {};
    for (const command of keys) results[command] = (await both(command.split(" "))).code;
    expect(results).toMatchObject({ "set /a 1": 0, "member list": 0, "cluster-health": 0, "mk /a 5": 4 });
    expect(results["updatedir --ttl 200 /timed"]).toBe(version === "3.5" ? 4 : 0);
  });

  it("keeps users and roles as with a real server", async () => {
    for (const command of users) await both(command.split(" "));
  });

  async function watched(url: string): Promise<void> {
    await expect
      .poll(async () => (await (await fetch(`${url}/v2/stats/store`)).json()) as unknown)
      .toMatchObject({ watchers: 1 });
  }

  it("watches until the next change", async () => {
    const seen = urls.map(async (url) => {
      const watching = etcdctl(url, ["watch", "--recursive", "/watched"]);
      await watched(url);
      await etcdctl(url, ["set", "/watched/x", "new"]);
      return watching;
    });
    const [real, ours] = await Promise.all(seen);
    expect(ours).toEqual(real);
    expect(ours).toMatchObject({ code: 0, stdout: expect.stringContaining("new") as string });
  });

  it("runs a command on a change", async () => {
    const command = ["sh", "-c", "env | grep ETCD_WATCH | grep -v INDEX | sort; kill $PPID"];
    const seen = urls.map(async (url) => {
      const watching = etcdctl(url, ["exec-watch", "--recursive", "/executed", "--", ...command]);
      await watched(url);
      await etcdctl(url, ["set", "/executed/x", "new"]);
      return (await watching).stdout;
    });
    const [real, ours] = await Promise.all(seen);
    expect(ours).toBe(real);
    expect(ours).toContain("ETCD_WATCH_KEY=/executed/x\nETCD_WATCH_VALUE=new");
  });
});
