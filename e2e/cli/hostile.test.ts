import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { serve, type ServedHandler } from "../../src/node/index.ts";
import type { RunningScript } from "../examples/script.ts";
import { responder } from "../responder.ts";
import { type Finished, run } from "../run.ts";
import { type Cli, cliOn, program } from "./cli.ts";

const evil = "\u001b]0;PWNED\u0007\u001b[2J\u009b31m";
const rawControl = /[^\P{Cc}\t\n\r]/u;

/** What a terminal shows, on which `keys` are typed once it shows `question`. */
function typed(args: string, question: RegExp, keys: string): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve) => {
    const child = spawn("script", ["-qec", `${process.execPath} ${program} ${args}`, "/dev/null"]);
    let stdout = "";
    let asked = false;
    child.stdout.on("data", (bytes: Buffer) => {
      stdout += bytes.toString();
      if (!asked && question.test(stdout)) {
        asked = true;
        child.stdin.write(keys);
      }
    });
    child.once("close", (code) => resolve({ code, stdout }));
  });
}

describe("The command line, among keys, values and servers that mean no good", () => {
  let server: ServedHandler;
  let etcd: Etcd;
  let cli: Cli;
  let folder: string;
  const running: RunningScript[] = [];
  beforeAll(async () => {
    server = await serve(createMemoryEtcd());
    etcd = createEtcd({ endpoints: server.url });
    cli = cliOn(server.url);
  });
  afterAll(async () => {
    await etcd.close();
    await server.close();
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

  /** On a terminal of its own. */
  const onTerminal = (args: string, endpoint: string): Promise<Finished> =>
    run("script", ["-qec", `${process.execPath} ${program} ${args}`, "/dev/null"], {
      env: { ...process.env, ETCDCTL_ENDPOINTS: endpoint },
    });

  it("shows control characters escaped on a terminal, and raw in a pipe", async () => {
    await etcd.put(`app/${evil}`, `one\ntwo${evil}`);
    for (const command of ["get --prefix app/", "ls app/", "get --prefix app/ --json", "export app/"]) {
      const { stdout, code } = await onTerminal(command, server.url);
      expect({ command, code, raw: rawControl.test(stdout.replaceAll("\r\n", "\n")) }).toEqual({
        command,
        code: 0,
        raw: false,
      });
      expect(stdout).toContain("PWNED");
    }
    expect((await onTerminal("get --prefix app/", server.url)).stdout).toContain("one\r\ntwo\\x1b]0;PWNED\\x07");
    expect((await cli.run(["get", "--prefix", "app/"])).stdout).toBe(`app/${evil}\none\ntwo${evil}\n`);
  });

  it("shows escaped what servers say of themselves, and quotes what a shell would run", async () => {
    const name = 'a";touch PWNED;"$(touch PWNED)';
    await using hostile = await responder(({ path }) => {
      const header = { member_id: "1", cluster_id: "1", revision: "1", raft_term: "1" };
      const members = [
        { ID: "1", name: name + evil, peerURLs: ["http://x:2380"] },
        { ID: "2", peerURLs: ["http://n:2380"] },
      ];
      if (path.includes("member/list")) return { body: JSON.stringify({ header, members }) };
      if (path.includes("member/add")) return { body: JSON.stringify({ header, member: members[1], members }) };
      if (path.includes("status")) return { body: JSON.stringify({ header, version: evil, errors: [evil] }) };
      return { status: 400, body: JSON.stringify({ code: 3, message: evil }) };
    });
    for (const command of [
      "get a",
      "endpoint status",
      "member list",
      "member add n --peer-urls=http://n:2380",
      "doctor",
    ]) {
      const { stdout } = await onTerminal(command, hostile.url);
      expect({ command, raw: rawControl.test(stdout.replaceAll("\r\n", "\n")) }).toEqual({ command, raw: false });
      expect(stdout).toContain("PWNED");
    }
    const { stdout } = await cliOn(hostile.url).run(["member", "add", "n", "--peer-urls=http://n:2380"]);
    const lines = stdout.split("\n").filter((line) => line.startsWith("ETCD_"));
    const told = await run("sh", ["-c", `${lines.join("\n")}\nprintf %s "$ETCD_INITIAL_CLUSTER"; ls`], { cwd: folder });
    expect(told).toMatchObject({ code: 0, stdout: `${name}${evil}=http://x:2380,n=http://n:2380` });
  });

  it("`watch -- command` is told of values that are not text or too large for its environment, and goes on", async () => {
    const { revision } = await etcd.put("w", "good");
    await etcd.put("w", new Uint8Array([0xff, 0xfe, 0x22]));
    await etcd.put("w", "x".repeat(200_000));
    await etcd.put("w", "after");
    const script = 'echo "$ETCD_WATCH_KEY ${ETCD_WATCH_VALUE-none}"';
    const watch = start("watch", "w", `--rev=${revision}`, "--", "sh", "-c", script);
    await watch.line(/"after"/);
    // Each event, and then what the command says of it.
    expect(watch.lines.filter((line) => line.startsWith('"w"'))).toEqual([
      '"w" "good"',
      '"w" "\\xff\\xfe\\""',
      '"w" none',
      '"w" "after"',
    ]);
    expect(await watch.interrupt()).toBe(130);
  });

  it("ends all that `lock -- command` started, whatever of it does not want to, before it ends itself", async () => {
    const file = join(folder, "written");
    const stubborn = `trap "" TERM; echo $$; while :; do echo x >> ${file}; sleep 0.1; done`;
    const lock = start("lock", "job", "--", "sh", "-c", `sh -c '${stubborn}' & wait`);
    const pid = Number(await lock.line(/^\d+$/));
    // As the command did.
    expect(await lock.interrupt()).toBe(143);
    // Gone, or dead and not yet reaped by its parent.
    expect((await run("ps", ["-o", "stat=", "-p", String(pid)])).stdout).toMatch(/^(?:Z.*\n)?$/);
    expect(await etcd.count({ prefix: "job/" })).toBe(0n);
  });

  it("hands no password to what it runs", async () => {
    const env = { ETCDCTL_PASSWORD: "hunter2", ETCDCTL_USER: "", SECRET: "no" };
    const { stdout, code } = await cli.run(["lock", "l", "--", "env"], { env: { ...env, ETCDCTL_USER: undefined } });
    expect(code).toBe(0);
    expect(stdout).toContain("SECRET=no");
    expect(stdout).not.toContain("hunter2");
  });

  it("asks for a password on a terminal without showing it, and takes it from a file", async () => {
    const memory = createMemoryEtcd();
    await using guarded = await serve(memory);
    const root = createEtcd({ endpoints: guarded.url, fetch: memory.fetch });
    onTestFinished(() => root.close());
    await root.auth.users.add("root", "s3cret");
    await root.auth.users.grantRole("root", "root");
    await root.auth.enable();
    const { stdout, code } = await typed(
      `--user root --endpoints ${guarded.url} put a 1`,
      /Password of/,
      "s3creX\u007ft\r",
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Password of "root": \r\nOK\r\n' });
    const file = join(folder, "password");
    await writeFile(file, "s3cret\n");
    const on = cliOn(guarded.url);
    expect(await on.run(["--user=root", `--password-file=${file}`, "get", "a"])).toMatchObject({ stdout: "a\n1\n" });
    expect(await on.run(["--user=root", "get", "a"], { env: { ETCDCTL_PASSWORD: "s3cret" } })).toMatchObject({
      code: 0,
    });
    const asked = await on.run(["--user=root", "get", "a"]);
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining("--password-file") });
  });

  it("ends with 130 where Ctrl-C is typed instead of a password, or of what else it reads", async () => {
    const on = `--endpoints ${server.url}`;
    const asked = await typed(`--user root ${on} get a`, /Password of/, "secr\u0003");
    expect(asked).toEqual({ code: 130, stdout: 'Password of "root": \r\nError: interrupted\r\n' });
    expect((await typed(`${on} txn -i`, /compares:/, "\u0003")).code).toBe(130);
  });

  it("shows a bar on a terminal while it imports, and nothing but its answer in a pipe", async () => {
    const file = join(folder, "keys.jsonl");
    await writeFile(file, Array.from({ length: 5_000 }, (_, i) => `{"key":"bar/${i}","value":"1"}\n`).join(""));
    const { stdout, code } = await onTerminal(`import ${file}`, server.url);
    expect(code).toBe(0);
    expect(stdout).toMatch(/import:.* \[#*-+\] \d+ %, \d+ of 5000 keys\r/);
    expect(stdout.endsWith("\r\u001b[K5000 keys written\r\n")).toBe(true);
    expect(await cli.run(["import", file])).toEqual({ code: 0, stdout: "5000 keys written\n", stderr: "" });
  });

  it("reports that its output cannot be written, but not that its reader has gone", async () => {
    await etcd.put("long", "x".repeat(1_000_000));
    const into = (where: string): Promise<Finished> =>
      run("bash", ["-c", `${process.execPath} ${program} get long ${where}`], {
        env: { ...process.env, ETCDCTL_ENDPOINTS: server.url },
      });
    expect(await into("> /dev/full")).toMatchObject({ code: 1, stderr: expect.stringContaining("ENOSPC") });
    expect(await into("| head -c 4; exit ${PIPESTATUS[0]}")).toEqual({ code: 0, stdout: "long", stderr: "" });
  });

  it("writes many keys at a time without a warning of the runtime", async () => {
    const { stderr } = await cli.run(["check", "perf", "--duration=200ms"]);
    expect(stderr).toBe("");
  });

  it("imports nothing of a file in which a line would be changed", async () => {
    const input = Buffer.from('{"key":"a","value":"1"}\n\n{"key":"b","value":"\xff"}\n', "latin1");
    expect(await cli.run(["import"], { input })).toMatchObject({ code: 1, stderr: "Error: line 3: not UTF-8\n" });
    expect(await etcd.count({ all: true })).toBe(0n);
  });

  it("a snapshot is written to no file that is there, nor through a link", async () => {
    const target = join(folder, "target");
    await writeFile(target, "precious");
    await symlink(target, join(folder, "snapshot.db.part"));
    const { code, stderr } = await cli.run(["snapshot", "save", join(folder, "snapshot.db")]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("already exists") });
    expect(await readFile(target, "utf8")).toBe("precious");
  });

  it("`doctor` follows no redirect", async () => {
    await using elsewhere = await responder(() => ({ body: "{}" }));
    await using redirecting = await responder(({ path }) =>
      path === "/version"
        ? { status: 302, headers: { location: `${elsewhere.url}/latest/meta-data` } }
        : { body: JSON.stringify({ header: { member_id: "1", cluster_id: "1" }, leader: "1", version: "3.5.0" }) },
    );
    await cliOn(redirecting.url).run(["doctor"]);
    expect(redirecting.requests.map(({ path }) => path)).toContain("/version");
    expect(elsewhere.requests).toEqual([]);
  });

  it("`serve` takes pages and names only as it was told", async () => {
    const serving = start(
      "serve",
      "--port=0",
      "--cors=http://page.test",
      "--allowed-hosts=etcd.test",
      "--max-body-bytes=50",
    );
    const url = (await serving.line(/^etcd in memory at /)).replace("etcd in memory at ", "");
    const status = async (headers: Record<string, string>, body = '{"key":"YQ=="}'): Promise<string> =>
      (
        await run("curl", [
          "-so/dev/null",
          "-w%{http_code}",
          `-d${body}`,
          `${url}/v3/kv/range`,
          ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
        ])
      ).stdout;
    expect(await status({})).toBe("200");
    expect(await status({ origin: "http://page.test" })).toBe("200");
    expect(await status({ origin: "http://other.test" })).toBe("403");
    expect(await status({ host: "etcd.test" })).toBe("200");
    expect(await status({ host: "evil.test" })).toBe("403");
    expect(await status({}, `{"key":"${"A".repeat(60)}"}`)).toBe("413");
  });

  it("the help of what does not exist is an error", async () => {
    for (const args of [
      ["bogus", "--help"],
      ["lease", "bogus", "--help"],
      ["--json", "bogus", "-h"],
    ]) {
      expect(await cli.run(args)).toMatchObject({ code: 1, stdout: "", stderr: "error: unknown command 'bogus'\n" });
    }
    for (const args of [["--help"], ["help"], ["lease", "--help"], ["help", "lease"], ["get", "a", "--help"]]) {
      expect(await cli.run(args)).toMatchObject({ code: 0, stderr: "" });
    }
  });

  it("help loads no client", async () => {
    const loaded = join(folder, "loaded.mjs");
    await writeFile(
      loaded,
      `import { register } from "node:module"; import { writeSync } from "node:fs";
       register("data:text/javascript," + encodeURIComponent(
         'import { writeSync } from "node:fs"; export async function load(url, context, next) { if (url.startsWith("file:")) writeSync(2, url + "\\\\n"); return next(url, context); }'));`,
    );
    const loadedBy = async (...args: string[]): Promise<string[]> =>
      (await run(process.execPath, ["--import", loaded, ...args])).stderr.trim().split("\n");
    const client = join(dirname(program), "../index.js");
    const ofClient = new Set((await loadedBy(client)).filter((url) => url.includes("/dist/")));
    expect(ofClient.size).toBeGreaterThan(1);
    const seen = async (...args: string[]): Promise<string[]> =>
      (await loadedBy(program, ...args)).filter((url) => ofClient.has(url));
    expect(await seen("--help")).toEqual([]);
    expect((await seen("get", "a", "--endpoints=http://127.0.0.1:1")).join()).toContain("dist/index.js");
  });
});
