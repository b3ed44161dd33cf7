import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createEtcd, type Etcd } from "../../src/index.ts";
import { type Etcd as EtcdServer, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { run } from "../run.ts";
import { type RunningScript, startScript } from "./script.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const runtimes = {
  deno: {
    command: join(root, "node_modules/@deno/linux-x64-glibc/deno"),
    script: (file: string, ...args: string[]): string[] => [
      "run",
      "--allow-net",
      ...(file === "config-sync.ts" ? ["--allow-read", "--allow-write"] : []),
      file,
      ...args,
    ],
  },
  bun: { command: join(root, "node_modules/.bin/bun"), script: (...args: string[]): string[] => args },
} as const;

describe.each(["deno", "bun"] as const)("The scripts of examples/%s, started as their README says", (runtime) => {
  const { command, script } = runtimes[runtime];
  const cwd = join(root, "examples", runtime);
  const running: RunningScript[] = [];
  let server: EtcdServer;
  let etcd: Etcd;
  let endpoint: string;
  let folder: string;
  beforeAll(async () => {
    server = await startEtcd({ version: "3.5" });
    [endpoint = ""] = server.endpoints;
    etcd = createEtcd({ endpoints: endpoint });
  });
  afterAll(async () => {
    await etcd?.close();
    await server?.close();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fetcd-"));
  });
  afterEach(async () => {
    for (const each of running.splice(0)) each.kill();
    await rm(folder, { recursive: true });
  });

  function start(...args: [string, ...string[]]): RunningScript {
    const one = startScript(command, script(...args), { cwd });
    running.push(one);
    return one;
  }

  it("config-sync.ts keeps files equal to keys: those that are there, and each change", async () => {
    await etcd.put("app/config/a", "1");
    await etcd.put("app/config/../b", "dots");
    const sync = start("config-sync.ts", endpoint, "app/config/", folder);
    await sync.line(/^in step at revision \d+: 2 files$/);
    expect((await readdir(folder)).toSorted()).toEqual(["%2E.%2Fb", "a"]);
    await etcd.put("app/config/a", "2");
    await sync.line(/^put a at/);
    expect(await readFile(join(folder, "a"), "utf8")).toBe("2");
    await etcd.delete("app/config/a");
    await sync.line(/^delete a at/);
    expect(await readdir(folder)).toEqual(["%2E.%2Fb"]);
    expect(await sync.interrupt()).toBe(0);
  });

  it("leader-job.ts works on one machine at a time, and another takes over", async () => {
    const first = start("leader-job.ts", endpoint, "a");
    await first.line(/^a did \d+$/);
    const second = start("leader-job.ts", endpoint, "b");
    await poll("the second one waits", 20_000, async () =>
      (await etcd.count({ prefix: "jobs/counter/" })) === 2n ? true : undefined,
    );
    expect(second.lines).toEqual([]);
    expect(await first.interrupt()).toBe(0);
    await second.line(/^b did \d+$/);
    expect(await second.interrupt()).toBe(0);
    const numbers = [...first.lines, ...second.lines].flatMap((line) => / did (\d+)/.exec(line)?.[1] ?? []).map(Number);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  });

  it("transfer.ts takes keys from one place to another, bytes and all", async () => {
    const value = new Uint8Array([0, 255, 10]);
    await etcd.put("from/binary", value);
    await etcd.put("from/text", "grüß");
    const exported = await run(command, script("transfer.ts", "export", endpoint, "from/"), { cwd });
    expect({ code: exported.code, lines: exported.stdout.split("\n").length }).toEqual({ code: 0, lines: 3 });
    await etcd.delete({ prefix: "from/" });
    const imported = await run(command, script("transfer.ts", "import", endpoint), { cwd, input: exported.stdout });
    expect(imported).toMatchObject({ code: 0, stdout: "2 keys written\n" });
    expect((await etcd.get("from/binary"))?.value).toEqual(value);
    expect((await etcd.get("from/text"))?.text()).toBe("grüß");

    const broken = await run(command, script("transfer.ts", "import", endpoint), { cwd, input: `${exported.stdout}{` });
    expect(broken.code).not.toBe(0);
  });
});
