import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { compare, createEtcd, type Etcd, op } from "../src/index.ts";
import { freshPrefix } from "../test/suites/connect.ts";
import { bigValue } from "../test/suites/tools.ts";
import { type Etcd as Rig, startEtcd } from "./etcd.ts";

/** What etcdctl prints of a key with `-w json`; keys and values are base64. */
interface PrintedKv {
  readonly key: string;
  readonly value?: string;
  readonly version: number;
  readonly create_revision: number;
  readonly mod_revision: number;
  readonly lease?: number;
}

describe.each(["3.4", "3.5"] as const)("with etcdctl of etcd %s", (version) => {
  let rig: Rig;
  let etcd: Etcd;
  beforeAll(async () => {
    rig = await startEtcd({ version });
    etcd = createEtcd({ endpoints: rig.endpoints });
  });
  afterAll(async () => {
    await etcd.close();
    await rig.close();
  });

  /** Runs etcdctl and answers what it printed. */
  async function etcdctl(args: string[], input?: string | Uint8Array): Promise<string> {
    const { code, stdout, stderr } = await rig.etcdctl(args, input === undefined ? {} : { input });
    if (code !== 0) throw new Error(`etcdctl ${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async function printed(args: string[]): Promise<PrintedKv[]> {
    return (JSON.parse(await etcdctl(["get", ...args, "-w", "json"])) as { kvs?: PrintedKv[] }).kvs ?? [];
  }

  it("etcdctl reads the text and the revisions that we write", async () => {
    const key = `${freshPrefix()}ключ 🔑`;
    await etcd.put(key, 'one\n"two"');
    await etcd.put(key, "värde \u0000 🗝");
    const entry = await etcd.get(key);
    const [kv] = await printed([key]);
    expect(kv).toEqual({
      key: Buffer.from(key).toString("base64"),
      value: Buffer.from("värde \u0000 🗝").toString("base64"),
      version: 2,
      create_revision: Number(entry?.createRevision),
      mod_revision: Number(entry?.modRevision),
    });
    expect(await etcdctl(["get", key, "--print-value-only"])).toBe("värde \u0000 🗝\n");
  });

  it("etcdctl reads the bytes that we write, in the same order", async () => {
    const prefix = freshPrefix();
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
    const keys = [[0x00], [0x7f, 0x80], [0xff], [0xff, 0x00]].map((tail) =>
      Uint8Array.from([...Buffer.from(prefix), ...tail]),
    );
    for (const key of keys) await etcd.put(key, everyByte);
    const kvs = await printed([prefix, "--prefix"]);
    expect(kvs.map(({ key }) => new Uint8Array(Buffer.from(key, "base64")))).toEqual(keys);
    for (const { value = "" } of kvs) expect(new Uint8Array(Buffer.from(value, "base64"))).toEqual(everyByte);
  });

  it("we read the text and the bytes that etcdctl writes", async () => {
    const prefix = freshPrefix();
    await etcdctl(["put", `${prefix}ключ 🔑`, "värde"]);
    expect((await etcd.get(`${prefix}ключ 🔑`))?.text()).toBe("värde");
    const bytes = bigValue(100_000);
    await etcdctl(["put", `${prefix}bytes`], bytes);
    expect((await etcd.get(`${prefix}bytes`))?.value).toEqual(bytes);
    await etcdctl(["put", `${prefix}empty`, ""]);
    expect((await etcd.get(`${prefix}empty`))?.value).toEqual(new Uint8Array(0));
    expect(await etcd.keys({ prefix })).toEqual([`${prefix}bytes`, `${prefix}empty`, `${prefix}ключ 🔑`]);
  });

  it("each deletes, counts and sees the history of what the other wrote", async () => {
    const prefix = freshPrefix();
    const { revision } = await etcd.put(`${prefix}a`, "1");
    await etcdctl(["put", `${prefix}a`, "2"]);
    await etcdctl(["put", `${prefix}b`, "3"]);
    expect(await etcdctl(["get", `${prefix}a`, `--rev=${revision}`, "--print-value-only"])).toBe("1\n");
    expect(await etcdctl(["del", `${prefix}a`])).toBe("1\n");
    expect(await etcd.count({ prefix })).toBe(1n);
    expect((await etcd.get(`${prefix}a`, { revision: revision + 1n }))?.text()).toBe("2");
    expect((await etcd.delete({ prefix }, { prev: true })).prev.map((entry) => entry.text())).toEqual(["3"]);
    expect(await printed([prefix, "--prefix"])).toEqual([]);
  });

  it("each uses the other's leases", async () => {
    const prefix = freshPrefix();
    const { id } = await etcd.lease.grant(100);
    const hex = id.toString(16);
    await etcdctl(["put", `${prefix}a`, "1", `--lease=${hex}`]);
    expect((await etcd.get(`${prefix}a`))?.lease).toBe(id);
    await etcd.put(`${prefix}b`, "1", { lease: id });
    const state = await etcdctl(["lease", "timetolive", hex, "--keys"]);
    expect(state).toContain(`lease ${hex.padStart(16, "0")} granted with TTL(100s)`);
    // In any order: to etcd they are a set.
    const attached = /attached keys\(\[(.*)\]\)/.exec(state)?.[1] ?? "";
    expect(attached.split(" ").sort()).toEqual([`${prefix}a`, `${prefix}b`]);
    await etcdctl(["lease", "revoke", hex]);
    expect(await etcd.count({ prefix })).toBe(0n);

    const [, granted = ""] =
      /lease ([0-9a-f]+) granted with TTL\(90s\)/.exec(await etcdctl(["lease", "grant", "90"])) ?? [];
    const theirs = BigInt(`0x${granted}`);
    await etcd.put(`${prefix}c`, "1", { lease: theirs });
    const [kv] = await printed([`${prefix}c`]);
    expect(kv?.lease).toBe(Number(theirs));
    expect((await etcd.lease.keepAliveOnce(theirs)).ttl).toBe(90);
    await etcd.lease.revoke(theirs);
    expect(await printed([prefix, "--prefix"])).toEqual([]);
  });

  it("each one's transactions stand on what the other wrote", async () => {
    const prefix = freshPrefix();
    await etcdctl(["put", `${prefix}a`, "1"]);
    const ours = await etcd.txn({
      if: [compare.value(`${prefix}a`, "=", "1"), compare.version(`${prefix}a`, "=", 1n)],
      then: [op.put(`${prefix}b`, "ours"), op.get(`${prefix}a`)],
    });
    expect(ours.succeeded).toBe(true);
    const script = `value("${prefix}b") = "ours"\nmod("${prefix}b") = "${ours.revision}"\n\nput ${prefix}c theirs\nget ${prefix}b\n\nput ${prefix}c wrong\n\n`;
    expect(await etcdctl(["txn"], script)).toMatch(/^SUCCESS\n\nOK\n\n.*b\nours\n/s);
    expect((await etcd.get(`${prefix}c`))?.text()).toBe("theirs");
  });

  it("our watches report what etcdctl writes", async () => {
    const prefix = freshPrefix();
    await using watch = etcd.watch({ prefix }, { prev: true });
    await watch.ready;
    await etcdctl(["put", `${prefix}a`, "1"]);
    await etcdctl(["del", `${prefix}a`]);
    const seen: unknown[] = [];
    for await (const { type, entry, prev } of watch) {
      seen.push([type, entry.key, prev?.text()]);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([
      ["put", `${prefix}a`, undefined],
      ["delete", `${prefix}a`, "1"],
    ]);
  });

  it("tell the same of members and revisions", async () => {
    const [member] = await etcd.cluster.members();
    expect(await etcdctl(["member", "list"])).toContain(
      `${member?.id.toString(16)}, started, ${member?.name}, ${member?.peerUrls[0]}`,
    );
    const status = await etcd.maintenance.status();
    const [theirs] = JSON.parse(await etcdctl(["endpoint", "status", "-w", "json"])) as {
      Status: Record<string, unknown>;
    }[];
    expect(theirs?.Status).toMatchObject({ version: status.version, header: { revision: Number(status.revision) } });
  });

  it("a snapshot that we take passes etcdctl's check and can be restored", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fetcd-snapshot-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await etcd.put(`${freshPrefix()}a`, bigValue(500_000));
    const file = join(folder, "snapshot.db");
    writeFileSync(file, Buffer.from(await new Response(etcd.maintenance.snapshot({ verify: true })).arrayBuffer()));
    const status = JSON.parse(await etcdctl(["snapshot", "status", file, "-w", "json"])) as Record<string, number>;
    expect(BigInt(status["revision"] ?? 0)).toBe((await etcd.maintenance.status()).revision);
    expect(status["totalKey"]).toBeGreaterThan(0);
    await etcdctl(["snapshot", "restore", file, "--data-dir", join(folder, "restored")]);
  });
});
