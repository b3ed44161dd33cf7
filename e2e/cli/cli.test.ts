import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { shareOf } from "../../test/share-of-suites.ts";
import { type Etcd as EtcdServer, startEtcd } from "../etcd.ts";
import type { RunningScript } from "../examples/script.ts";
import { faultProxy } from "../fault-proxy.ts";
import { poll } from "../poll.ts";
import { type Cli, cliOn } from "./cli.ts";

// No command does anything by the version: what either answers to the client, the suites hold.
const lines = Object.values(shareOf({ "3.4": "3.4", "3.5": "3.5" } as const, 0, 2));

describe.each(lines)("The command line, on etcd %s", (version) => {
  let server: EtcdServer;
  let etcd: Etcd;
  let cli: Cli;
  let folder: string;
  const running: RunningScript[] = [];
  beforeAll(async () => {
    server = await startEtcd({ version });
    etcd = createEtcd({ endpoints: server.endpoints });
    cli = cliOn(server.endpoints[0] ?? "");
  });
  afterAll(async () => {
    await etcd?.close();
    await server?.close();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fetcd-"));
    await etcd.delete({ all: true });
  });
  afterEach(async () => {
    for (const each of running.splice(0)) each.kill();
    await rm(folder, { recursive: true });
  });

  const start = (...args: string[]): RunningScript => {
    const one = cli.start(...args);
    running.push(one);
    return one;
  };
  /** What a command prints; it must end well. */
  const printed = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli.run(args);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
    return stdout;
  };
  const json = async (...args: string[]): Promise<unknown[]> =>
    (await printed(...args, "--json"))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as unknown);

  it("says the same as etcdctl to get, put and del", async () => {
    for (const args of [
      ["put", "a", "1"],
      ["put", "b", "2", "--prev-kv"],
      ["put", "b", "3", "--prev-kv"],
      ["get", "a"],
      ["get", "", "--prefix"],
      ["get", "a", "z", "--keys-only", "--order=descend", "--sort-by=modify"],
      ["get", "a", "--print-value-only", "--hex"],
      ["get", "a", "--from-key", "--limit=1"],
      ["get", "none"],
      ["del", "a", "--prev-kv"],
      ["del", "", "--from-key"],
    ]) {
      const mine = await printed(...args);
      if (args[0] !== "get") await etcd.put("a", "1");
      // Writes are said in the same words; reads can be asked of both.
      if (args[0] === "get" && !args.includes("--keys-only")) {
        expect({ args, out: mine }).toEqual({ args, out: (await server.etcdctl(args)).stdout });
      }
    }
    expect(await printed("put", "k", "v")).toBe("OK\n");
    expect(await printed("put", "k", "w", "--prev-kv")).toBe("OK\nk\nv\n");
    expect(await printed("del", "k", "--prev-kv")).toBe("1\nk\nw\n");
    expect(await printed("get", "", "--prefix", "--count-only")).toBe("1\n");
  });

  it("takes a value from standard input as it is, and prints bytes as JSON can", async () => {
    const value = new Uint8Array([0, 255, 10, 13]);
    expect(await cli.run(["put", "binary"], { input: value })).toMatchObject({ code: 0, stdout: "OK\n" });
    expect((await etcd.get("binary"))?.value).toEqual(value);
    expect(await json("get", "binary")).toMatchObject([{ key: "binary", valueBase64: "AP8KDQ==", version: 1 }]);
  });

  it("reads at a revision, and keeps what is not named", async () => {
    const { revision } = await etcd.put("k", "old");
    const { id } = await etcd.lease.grant(300);
    await printed("put", "k", "new", `--lease=${id.toString(16)}`);
    expect(await printed("get", "k", `--rev=${revision}`)).toBe("k\nold\n");
    await printed("put", "k", "newer", "--ignore-lease");
    await printed("put", "k", "--ignore-value", `--lease=${id.toString(16)}`);
    expect(await etcd.get("k")).toMatchObject({ lease: id, version: 4n });
    expect(await json("get", "k")).toMatchObject([{ lease: id.toString(16), value: "newer" }]);
  });

  it("lists folders", async () => {
    for (const key of ["app/a", "app/b/c", "top"]) await etcd.put(key, "");
    expect(await printed("ls")).toBe("app/\ntop\n");
    expect(await json("ls", "app/")).toEqual([
      { name: "a", path: "app/a", folder: false },
      { name: "b", path: "app/b/", folder: true },
    ]);
  });

  it("watches, prints events as etcdctl does, and runs a command for each", async () => {
    const watch = start("watch", "w/", "--prefix", "--prev-kv");
    const first = poll("the watch is open", 20_000, async () => {
      await etcd.put("w/a", "1");
      return watch.lines.length > 0 ? true : undefined;
    });
    await first;
    await etcd.delete("w/a");
    await watch.line(/^DELETE$/);
    expect(watch.lines[0]).toBe("PUT");
    expect(await watch.interrupt()).toBe(130);

    const { revision } = await etcd.put("e/k", "v v");
    const ran = start("watch", "e/k", `--rev=${revision}`, "--", "env");
    expect(await ran.line(/^ETCD_WATCH_KEY=/)).toBe('ETCD_WATCH_KEY="e/k"');
    expect(await ran.line(/^ETCD_WATCH_VALUE=/)).toBe('ETCD_WATCH_VALUE="v v"');
    expect(await ran.line(/^ETCD_WATCH_EVENT_TYPE=/)).toBe('ETCD_WATCH_EVENT_TYPE="PUT"');
    expect(await ran.line(/^ETCD_WATCH_REVISION=/)).toBe(`ETCD_WATCH_REVISION=${revision}`);
  });

  it("says so when no server answers, goes on trying, and watches once one does", async () => {
    const proxy = await faultProxy(server.endpoints[0] ?? "");
    try {
      await proxy.set({ kind: "refuse" });
      const watch = start("--endpoints", proxy.url, "watch", "late");
      await poll(
        "it says so",
        20_000,
        () => /^not watching yet, still trying: .+/.test(watch.complaints()) || undefined,
      );
      await proxy.set({ kind: "pass" });
      await poll("the watch is open", 20_000, async () => {
        await etcd.put("late", "1");
        return watch.lines.includes("late") || undefined;
      });
      expect(await watch.interrupt()).toBe(130);
    } finally {
      await proxy.close();
    }
  });

  it("holds a lock while a command runs, and passes its exit code on", async () => {
    const holder = start("lock", "jobs");
    expect(await holder.line(/./)).toMatch(/^jobs\/[0-9a-f]+$/);
    const waiter = start("lock", "jobs", "--", "sh", "-c", 'echo "$ETCD_LOCK_KEY $ETCD_LOCK_REV"; exit 7');
    await poll("the second one waits", 20_000, async () =>
      (await etcd.count({ prefix: "jobs/" })) === 2n ? true : undefined,
    );
    expect(waiter.lines).toEqual([]);
    expect(await holder.interrupt()).toBe(130);
    expect(await waiter.line(/./)).toMatch(/^jobs\/[0-9a-f]+ \d+$/);
    expect(await waiter.ended).toBe(7);
    expect(await etcd.count({ prefix: "jobs/" })).toBe(0n);
  });

  it("campaigns, lets others listen, and is seen by etcdctl", async () => {
    const listener = start("elect", "boss", "--listen");
    const leader = start("elect", "boss", "me");
    await leader.line(/^boss\/[0-9a-f]+$/);
    expect(await listener.line(/^me$/)).toBe("me");
    const { stdout } = await server.etcdctl(["get", "boss/", "--prefix", "--print-value-only"]);
    expect(stdout).toBe("me\n");
    expect(await leader.interrupt()).toBe(130);
    await poll("it has resigned", 10_000, async () =>
      (await etcd.count({ prefix: "boss/" })) === 0n ? true : undefined,
    );
  });

  it("shows members and status, and grants, renews, shows and revokes leases, in etcdctl's words", async () => {
    expect(await printed("member", "list")).toBe((await server.etcdctl(["member", "list"])).stdout);
    expect(await json("endpoint", "status")).toMatchObject([{ version: server.version, isLeader: true, errors: [] }]);
    const [, id = ""] =
      /^lease ([0-9a-f]+) granted with TTL\(300s\)\n$/.exec(await printed("lease", "grant", "300")) ?? [];
    await printed("put", "leased", "x", `--lease=${id}`);
    expect(await printed("lease", "keep-alive", "--once", id)).toBe(`lease ${id} keepalived with TTL(300)\n`);
    expect(await printed("lease", "timetolive", id, "--keys")).toMatch(
      /remaining\(\d+s\), attached keys\(\[leased\]\)\n$/,
    );
    expect(await printed("lease", "list")).toContain(id);
    expect(await printed("lease", "revoke", id)).toBe(`lease ${id} revoked\n`);
    expect(await etcd.has("leased")).toBe(false);
  });

  it("saves a snapshot that etcdctl takes, and leaves no file behind when it fails", async () => {
    const file = join(folder, "snapshot.db");
    expect(await printed("snapshot", "save", file)).toBe(`Snapshot saved at ${file}\n`);
    expect(await server.etcdctl(["snapshot", "status", file])).toMatchObject({ code: 0 });
    const lost = await cli.run(["snapshot", "save", join(folder, "lost.db"), "--endpoints=http://127.0.0.1:1024"]);
    expect(lost.code).toBe(1);
    await expect(stat(join(folder, "lost.db"))).rejects.toThrow("ENOENT");
    await expect(stat(join(folder, "lost.db.part"))).rejects.toThrow("ENOENT");
  });

  it("exports and imports keys, checks every line before it sends one, and creates only on request", async () => {
    for (let i = 0; i < 250; i++) await etcd.put(`app/${i}`, new Uint8Array([i % 256, 255]));
    const lines = await printed("export", "app/");
    expect(lines.trim().split("\n")).toHaveLength(250);
    const file = join(folder, "app.ndjson");
    await writeFile(file, lines);
    await etcd.delete({ all: true });
    await etcd.put("app/7", "kept");
    expect(await printed("import", file, "--dry-run")).toBe("250 keys would be written\n");
    expect(await printed("import", file, "--create")).toBe("249 keys written\n");
    expect((await etcd.get("app/7"))?.text()).toBe("kept");
    expect(await printed("import", file)).toBe("250 keys written\n");
    expect((await etcd.get("app/7"))?.value).toEqual(new Uint8Array([7, 255]));

    await etcd.delete({ all: true });
    const bad = await cli.run(["import"], { input: `${lines}{"key":"x"}\n` });
    expect(bad).toMatchObject({ code: 1, stderr: "Error: line 251: expected one of value and valueBase64\n" });
    expect(await etcd.count({ all: true })).toBe(0n);
  });

  it("finds what is wrong with a cluster, and says so in its exit code", async () => {
    const well = await cli.run(["doctor"]);
    expect({ code: well.code, out: well.stdout }).toMatchObject({
      code: 0,
      out: expect.stringContaining("there is one leader"),
    });
    expect(well.stdout).toContain("authentication is off and CORS allows every origin");
    const { memberId } = await etcd.maintenance.status();
    await etcd.maintenance.createAlarm(memberId, "NOSPACE");
    const sick = await cli.run(["doctor", "--json"]);
    await etcd.maintenance.disarmAlarm();
    expect(sick.code).toBe(1);
    expect(sick.stdout).toContain(`alarm NOSPACE on member ${memberId.toString(16)}`);
    const gone = await cli.run(["doctor", "--endpoints=http://127.0.0.1:1024"]);
    expect({ code: gone.code, out: gone.stdout }).toEqual({
      code: 1,
      out: expect.stringContaining("FAULT   http://127.0.0.1:1024 does not answer"),
    });
  });

  it("says what is wrong with a command, what was expected, and ends with etcdctl's codes", async () => {
    for (const [args, code, text] of [
      [["get"], 128, "missing required argument 'key'"],
      [["get", "a", "--limt=3"], 1, "Did you mean --limit?"],
      [["get", "a", "--rev=x"], 1, "expected a revision"],
      [["gett", "a"], 1, "Did you mean get?"],
      [["get", "a", "--command-timeout=5"], 1, "expected a duration like 5s"],
      [["get", "a", "-w", "table"], 4, "table not supported as output format"],
      [["get", "a", "--prefix", "--from-key"], 128, "--prefix and --from-key exclude each other"],
      [["get", ""], 1, "the key is empty; with --prefix it selects every key"],
      [["put", "", "1"], 1, "the key is empty"],
      [["get", "b", "a"], 1, 'the range end "a" does not come after the key "b"'],
      [["del", "a", "a"], 1, 'the range end "a" does not come after the key "a"'],
      [["watch", "b", "a"], 1, 'the range end "a" does not come after the key "b"'],
      [["role", "grant-permission", "r", "read", "b", "a"], 1, 'the range end "a" does not come after the key "b"'],
      [["get", "a", "--rev=9223372036854775808"], 1, "a whole number up to 9223372036854775807"],
      [["compaction", "0"], 1, "expected a revision from 1 on"],
      [["put", "a", "1", "--lease=8000000000000000"], 128, "the id of a lease in hex, up to 7fffffffffffffff"],
      [["lease", "revoke", "0"], 128, "the id of a lease in hex, other than 0"],
      [["member", "remove", "0"], 128, "an id in hex, other than 0"],
      [["member", "add", "m", "--peer-urls=x"], 1, "--peer-urls: expected a URL"],
      [["user", "add", "u:"], 1, "the password is empty; --no-password creates a user without one"],
      [["get", "a", "--user=:"], 1, "--user: the name is empty"],
      [["get", "a", "--user=a:"], 1, "the password is empty"],
      [["get", "a", "--dial-timeout=9999999h"], 1, "--dial-timeout: expected a positive number"],
      [["serve", "--quota-bytes=0"], 1, "--quota-bytes: expected a positive number"],
      [["serve", "--data="], 128, "the name of the file is empty"],
      [["snapshot", "save", ""], 128, "the name of the file is empty"],
      [["make-mirror", ""], 128, "the destination is empty"],
      [["flags", "set", "", "true"], 1, "the key is empty"],
      [["put", "a", "1", "--lease=1"], 1, "[LeaseNotFound]"],
      [["get", "a", "--user=root"], 1, "--user: no password was given, and there is no terminal to ask for one"],
      [["get", "a", "--password-file=/dev/null"], 128, "--password-file needs --user"],
      [["get", "a", "-w", "json", "--namespace=x/"], 128, "--namespace needs -w simple or --json"],
      [["get", "a", "--insecure-transport=false"], 128, "allows https:// only"],
      [["snapshot", "restore", "file"], 128, "use etcdutl"],
      [["defrag", "--data-dir=/tmp"], 128, "cannot be reached over HTTP"],
    ] as const) {
      const { code: found, stderr } = await cli.run(args);
      expect({ args, code: found, stderr }).toEqual({ args, code, stderr: expect.stringContaining(text) });
    }
    expect((await cli.run(["get", "a"], { env: { ETCDCTL_API: "2" } })).stderr).toContain("ETCDCTL_API is 2");
  });

  it("stays below a namespace", async () => {
    await printed("put", "k", "v", "--namespace=team/");
    expect(await etcd.keys({ all: true })).toEqual(["team/k"]);
    expect(await printed("get", "", "--prefix", "--namespace=team/")).toBe("k\nv\n");
  });

  it("serves an etcd in memory to others", async () => {
    const serving = start("serve", "--port=0");
    const url = (await serving.line(/^etcd in memory at /)).replace("etcd in memory at ", "");
    expect(await cliOn(url).run(["put", "a", "1"])).toMatchObject({ code: 0, stdout: "OK\n" });
    expect((await cliOn(url).run(["get", "a"])).stdout).toBe("a\n1\n");
    expect(await serving.interrupt()).toBe(0);
  });

  it("writes no password or value unless asked for it", async () => {
    const { stderr } = await cli.run(["get", "a", "--user=root:CANARY", "--command-timeout=2s"]);
    expect(stderr).not.toContain("CANARY");
  });
});
