import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadData, readData, saveData } from "../../cli/data-file.ts";
import { createEtcd, mutex } from "../../src/index.ts";
import { createMemoryEtcd } from "../../src/memory/index.ts";
import { startScript } from "../examples/script.ts";
import { program } from "./cli.ts";

describe("What `serve` keeps in a file", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fetcd-"));
    file = join(folder, "data.ndjson");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("is there again after a restart, seeded once", async () => {
    const seed = join(folder, "seed.ndjson");
    await writeFile(seed, '{"key":"seeded","value":"1"}\n');
    const serve = async (use: (etcd: ReturnType<typeof createEtcd>) => Promise<void>): Promise<void> => {
      const served = startScript(process.execPath, [program, "serve", "--port=0", `--data=${file}`, `--seed=${seed}`], {
        cwd: folder,
        env: process.env,
      });
      const url = (await served.line(/^etcd in memory at /)).replace("etcd in memory at ", "");
      await using etcd = createEtcd({ endpoints: url });
      await use(etcd);
      expect(await served.interrupt()).toBe(0);
    };
    await serve(async (etcd) => {
      expect((await etcd.get("seeded"))?.text()).toBe("1");
      await etcd.delete("seeded");
      await etcd.put("kept", new Uint8Array([0, 255]));
    });
    await serve(async (etcd) => {
      expect((await etcd.get("kept"))?.value).toEqual(new Uint8Array([0, 255]));
      expect(await etcd.has("seeded")).toBe(false);
    });
  });

  it("is refused when it is torn or changed anywhere, and the one before is kept", async () => {
    const memory = createMemoryEtcd();
    await using etcd = createEtcd({ fetch: memory.fetch });
    await etcd.put("a", "first");
    await saveData(etcd, file);
    await etcd.put("b", "second");
    await saveData(etcd, file);
    expect(readData(await readFile(`${file}.previous`, "utf8")).keys).toHaveLength(1);
    const whole = await readFile(file, "utf8");
    for (let length = 0; length < whole.length; length++) expect(() => readData(whole.slice(0, length))).toThrow();
    for (let at = 0; at < whole.length; at++) {
      const changed = `${whole.slice(0, at)}${whole[at] === "x" ? "y" : "x"}${whole.slice(at + 1)}`;
      expect(() => readData(changed), changed).toThrow();
    }
    await writeFile(file, whole.slice(0, -10));
    await expect(loadData(etcd, file)).rejects.toThrow("damaged or cut short; the one before it is");
  });

  it("keeps leases with their keys, and who waits for a lock in order", async () => {
    await using etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
    const { id } = await etcd.lease.grant(300);
    const { id: other } = await etcd.lease.grant(600);
    // The later name was there first.
    await etcd.put(`lock/${other.toString(16)}`, "", { lease: other });
    await etcd.put(`lock/${id.toString(16)}`, "", { lease: id });
    for (let i = 0; i < 250; i++) await etcd.put(`k/${i}`, String(i));
    await saveData(etcd, file);
    await using again = createEtcd({ fetch: createMemoryEtcd().fetch });
    expect(await loadData(again, file)).toEqual({ keys: 252 });
    expect(await again.count({ prefix: "k/" })).toBe(250n);
    expect((await again.lease.timeToLive(other)).grantedTtl).toBe(600);
    expect((await mutex(again, "lock").holder())?.key).toBe(`lock/${other.toString(16)}`);
    await again.lease.revoke(other);
    expect((await mutex(again, "lock").holder())?.key).toBe(`lock/${id.toString(16)}`);
  });
});
