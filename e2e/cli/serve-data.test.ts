import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadData, readData, saveData, stateOf } from "../../cli/data-file.ts";
import { createEtcd, type Etcd, mutex } from "../../src/index.ts";
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

  /** The server of a file; `use` works on it, and it ends as told to. */
  async function serve(use: (etcd: Etcd) => Promise<void>, ...more: string[]): Promise<void> {
    const served = startScript(process.execPath, [program, "serve", "--port=0", `--data=${file}`, ...more], {
      cwd: folder,
      env: process.env,
    });
    const url = (await served.line(/^etcd in memory at /)).replace("etcd in memory at ", "");
    await using etcd = createEtcd({ endpoints: url });
    await use(etcd);
    expect(await served.interrupt()).toBe(0);
  }

  it("is there again after a restart, seeded only once, at any size, and with authentication on", async () => {
    const seed = join(folder, "seed.ndjson");
    await writeFile(seed, '{"key":"seeded","value":"1"}\n');
    // More than an answer of the client may hold.
    const large = Array.from({ length: 10 }, (_, i) => [`large/${i}`, "x".repeat(1_000_000 + i)] as const);
    await serve(async (etcd) => {
      expect((await etcd.get("seeded"))?.text()).toBe("1");
      await etcd.delete("seeded");
      await etcd.put("kept", new Uint8Array([0, 255]));
      await Promise.all(large.map(([key, value]) => etcd.put(key, value)));
      await etcd.auth.users.add("root", "secret");
      await etcd.auth.roles.add("root");
      await etcd.auth.users.grantRole("root", "root");
      await etcd.auth.enable();
    }, `--seed=${seed}`);
    await serve(async (etcd) => {
      expect((await etcd.get("kept"))?.value).toEqual(new Uint8Array([0, 255]));
      expect(await etcd.has("seeded")).toBe(false);
      for (const [key, value] of large) expect((await etcd.get(key))?.text() === value, key).toBe(true);
    }, `--seed=${seed}`);
  });

  it("is refused when it is torn or changed anywhere, and the one before is kept", async () => {
    const memory = createMemoryEtcd();
    await using etcd = createEtcd({ fetch: memory.fetch });
    const { id } = await etcd.lease.grant(60);
    await etcd.put("a", "first", { lease: id });
    await saveData(etcd, file);
    await etcd.put("b", "second");
    await saveData(etcd, file);
    expect((await readData([await readFile(`${file}.previous`)])).keys).toHaveLength(1);
    const whole = await readFile(file);
    expect(await readData(Array.from(whole, (byte) => new Uint8Array([byte])))).toEqual(await readData([whole]));
    for (let length = 0; length < whole.length; length++) {
      await expect(readData([whole.subarray(0, length)]), String(length)).rejects.toThrow(/^not a file|^the file is/);
    }
    for (let at = 0; at < whole.length; at++) {
      const changed = new Uint8Array(whole);
      changed[at] = whole[at] === 0x78 ? 0x79 : 0x78;
      await expect(readData([changed]), String(at)).rejects.toThrow(/^not a file|^the file is/);
    }
    await writeFile(file, whole.subarray(0, -10));
    await expect(loadData(etcd, file)).rejects.toThrow("damaged or cut short; the previous version, if any, is");
  });

  it("has a file of its name at every moment, also if it is killed, and of one server alone", async () => {
    await using etcd = createEtcd({ fetch: createMemoryEtcd().fetch });
    await saveData(etcd, file);
    let [looks, missing] = [0, 0];
    let saving = true;
    const watched = (async () => {
      for (; saving; looks++) {
        if (!existsSync(file)) missing++;
        await setImmediate();
      }
    })();
    for (let i = 0; i < 50; i++) {
      await etcd.put("a", String(i));
      await saveData(etcd, file, await stateOf(file));
    }
    saving = false;
    await watched;
    expect([looks > 50, missing]).toEqual([true, 0]);
    const known = await stateOf(file);
    await saveData(etcd, file);
    const theirs = await readFile(file);
    await expect(saveData(etcd, file, known)).rejects.toThrow("another program wrote it");
    expect(await readFile(file)).toEqual(theirs);
    expect((await readdir(folder)).sort()).toEqual(["data.ndjson", "data.ndjson.previous"]);
  });

  it("leaves out a lease that ends while the file is written, with its keys", async () => {
    const memory = createMemoryEtcd();
    const { id } = await createEtcd({ fetch: memory.fetch }).lease.grant(60);
    await using etcd = createEtcd({
      async fetch(input, init) {
        if (String(input).endsWith("/timetolive")) memory.expireLease(id);
        return memory.fetch(input, init);
      },
    });
    await etcd.put("a", "1", { lease: id });
    await etcd.put("b", "1");
    await saveData(etcd, file);
    await using again = createEtcd({ fetch: createMemoryEtcd().fetch });
    await loadData(again, file);
    expect([await again.has("a"), await again.has("b")]).toEqual([false, true]);
  });

  it("is left as it is by a server that cannot listen", async () => {
    await serve(async (etcd) => {
      await etcd.put("a", "1");
      const before = await stateOf(file);
      const { port } = new URL(etcd.endpoints[0] ?? "");
      const second = startScript(process.execPath, [program, "serve", `--port=${port}`, `--data=${file}`], {
        cwd: folder,
        env: process.env,
      });
      expect(await second.ended).toBe(1);
      expect(await stateOf(file)).toBe(before);
    });
  });

  it("keeps leases with their keys, and the waiters of a lock in order", async () => {
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
