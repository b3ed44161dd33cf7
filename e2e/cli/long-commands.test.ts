import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEtcd, type Etcd as Client } from "../../src/index.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { freePort } from "../ports.ts";
import { run } from "../run.ts";
import { cliOn } from "./cli.ts";
import { type Ran, runInProcess } from "./in-process.ts";

let etcd: Etcd;
let other: Etcd;
let source: Client;
let target: Client;
beforeAll(async () => {
  [etcd, other] = await Promise.all([startEtcd({ version: "3.5" }), startEtcd({ version: "3.4" })]);
  [source, target] = [createEtcd({ endpoints: etcd.endpoints }), createEtcd({ endpoints: other.endpoints })];
});
afterAll(async () => {
  await source?.close();
  await target?.close();
  await etcd?.close();
  await other?.close();
});

const endpoint = (): string => etcd.endpoints[0] ?? "";
const fetcd = (...args: string[]): Promise<Ran> =>
  runInProcess(args, "", { ...process.env, ETCDCTL_ENDPOINTS: endpoint() });

describe("make-mirror", () => {
  const mirrored = (what: string, holds: (keys: string[]) => boolean): Promise<string[]> =>
    poll(what, 30_000, async () => {
      const keys = await target.keys({ prefix: "to/" });
      return holds(keys) ? keys : undefined;
    });

  it("copies a prefix under another name, follows it, and goes on from where it was interrupted", async () => {
    const cli = cliOn(endpoint());
    const args = ["make-mirror", "--prefix=from/", "--dest-prefix=to/", other.endpoints[0] ?? ""];
    for (let i = 0; i < 300; i += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, j) => source.put(`from/${i + j}`, String(i + j))));
    }
    await source.put("beside", "is not mirrored");

    const first = cli.start(...args);
    await mirrored("300 keys", (keys) => keys.length === 300);
    await source.delete("from/7");
    await source.put("from/new", "while it runs");
    await mirrored("the changes", (keys) => keys.includes("to/new") && !keys.includes("to/7"));
    expect(await first.interrupt()).toBe(130);
    const [, revision] = /302 changes mirrored; to continue from here: --rev=(\d+)/.exec(first.complaints()) ?? [];
    expect(revision).toBeDefined();

    await source.delete("from/8");
    await source.put("from/9", "changed in between");
    await target.put("to/1", "is not copied again");
    const second = cli.start(...args, `--rev=${revision}`);
    await mirrored("what it missed", (keys) => !keys.includes("to/8"));
    await source.put("from/last", "");
    await mirrored("what comes", (keys) => keys.includes("to/last"));
    expect((await target.get("to/9"))?.text()).toBe("changed in between");
    expect((await target.get("to/1"))?.text()).toBe("is not copied again");
    expect(await target.has("beside")).toBe(false);
    expect(await second.interrupt()).toBe(130);
  });

  it("refuses a destination that is not there, with what it met", async () => {
    const { code, stderr } = await fetcd("make-mirror", "--command-timeout=1s", `http://127.0.0.1:${await freePort()}`);
    expect(code).toBe(1);
    expect(stderr).toContain("Unreachable");
  });
});

describe("check", () => {
  it("perf measures writes for as long as it is told to, and leaves nothing behind", async () => {
    const began = performance.now();
    const { code, stdout } = await fetcd(
      "check",
      "perf",
      "--duration=1s",
      "--prefix=perf/",
      "--auto-compact",
      "--auto-defrag",
    );
    expect(performance.now() - began).toBeGreaterThan(900);
    const lines = stdout.trim().split("\n");
    const at = lines.findIndex((line) => line.startsWith("Compact"));
    expect(lines.slice(at, at + 4)).toEqual([
      expect.stringMatching(/^Compacting with revision \d+$/),
      expect.stringMatching(/^Compacted with revision \d+$/),
      `Defragmenting "${endpoint()}"`,
      `Defragmented "${endpoint()}"`,
    ]);
    const [throughput = "", slowest = "", deviation = "", all] = lines.slice(-4);
    expect(throughput).toMatch(/^(PASS: Throughput is|FAIL: Throughput too low:) \d+ writes\/s$/);
    expect(slowest).toMatch(/^(PASS: Slowest request took|FAIL: Slowest request took too long:) \d+\.\d{6}s$/);
    expect(deviation).toMatch(/^(PASS: Stddev is|FAIL: Stddev too high:) \d+\.\d{6}s$/);
    const passed = [throughput, slowest, deviation].every((line) => line.startsWith("PASS"));
    expect({ all, code }).toEqual(passed ? { all: "PASS", code: 0 } : { all: "FAIL", code: 1 });
    expect(await source.count({ prefix: "perf/" })).toBe(0n);
  });

  it("datascale writes its keys, tells the memory of the server, and deletes them; never those of others", async () => {
    await source.put("scale/mine", "kept");
    const refused = await fetcd("check", "datascale", "--prefix=scale/");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("there are keys below scale/");
    expect(await source.has("scale/mine")).toBe(true);

    const { revision: before } = await source.range("scale/mine");
    const { code, stdout } = await fetcd("check", "datascale", "--prefix=scale2/");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Start data scale check for work load \[10000 key-value pairs, 1024 bytes per key-value, 50 concurrent clients\]\.\nPASS: Approximate system memory used : \d+(\.\d+)? [kM]?B\.\n$/,
    );
    const { revision: after } = await source.range("scale/mine");
    expect(after - before).toBe(10_001n);
    expect(await source.count({ prefix: "scale2/" })).toBe(0n);
  }, 180_000);
});

describe("completion", () => {
  /** What bash offers for the last of these words. */
  async function offered(...words: string[]): Promise<string[]> {
    const { stdout: script } = await fetcd("completion", "bash");
    const program = `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_fetcd; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { code, stdout, stderr } = await run("bash", ["--norc", "-u", "-c", program]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout.split("\n").filter((line) => line !== "");
  }

  it("offers commands, commands of commands, and options, in bash", async () => {
    expect(await offered("fetcd", "mem")).toEqual(["member"]);
    expect(await offered("fetcd", "le")).toEqual(["lease"]);
    expect(await offered("fetcd", "lease", "")).toEqual(["grant", "revoke", "timetolive", "list", "keep-alive"]);
    expect(await offered("fetcd", "--endpoints=a", "lease", "gr")).toEqual(["grant"]);
    expect(await offered("fetcd", "get", "--pre")).toEqual(["--prefix"]);
    expect(await offered("fetcd", "get", "--endp")).toEqual(["--endpoints"]);
    expect(await offered("fetcd", "put", "--pre")).toEqual(["--prev-kv"]);
    expect(await offered("fetcd", "get", "key")).toEqual([]);
  });

  it.each(["zsh", "fish", "powershell"])("names the same commands for %s", async (shell) => {
    const { stdout } = await fetcd("completion", shell);
    const commands = await offered("fetcd", "");
    expect(commands.length).toBeGreaterThan(20);
    expect(commands.filter((name) => !new RegExp(`\\b${name}\\b`).test(stdout))).toEqual([]);
  });
});
