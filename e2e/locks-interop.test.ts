import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createEtcd, election, type Etcd, type Leader, lock, mutex } from "../src/index.ts";
import { freshPrefix } from "../test/suites/connect.ts";
import { value } from "../test/suites/tools.ts";
import { type Etcd as Rig, startEtcd } from "./etcd.ts";
import { etcdBinaries } from "./install-etcd.ts";
import { poll } from "./poll.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const plain = (encoded: string): string => Buffer.from(encoded, "base64").toString();

describe.each(["3.4", "3.5"] as const)("with other programs, on etcd %s", (version) => {
  let rig: Rig;
  let etcd: Etcd;
  let binary: string;
  beforeAll(async () => {
    rig = await startEtcd({ version });
    etcd = createEtcd({ endpoints: rig.endpoints });
    binary = (await etcdBinaries(version)).etcdctl;
  });
  afterAll(async () => {
    await etcd.close();
    await rig.close();
  });

  /** An etcdctl that runs until it is told to stop. It gives back what it holds at an interrupt. */
  function etcdctl(...args: string[]): { lines: () => string[]; stop: () => Promise<void> } {
    const env = { PATH: process.env["PATH"], ETCDCTL_API: "3" };
    const child = spawn(binary, ["--endpoints", rig.endpoints.join(), ...args], {
      env,
      stdio: ["pipe", "pipe", "ignore"],
    });
    let out = "";
    child.stdout.on("data", (piece: Buffer) => (out += piece.toString()));
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const stop = async (): Promise<void> => {
      child.kill("SIGINT");
      await ended;
    };
    onTestFinished(stop);
    return { lines: () => out.split("\n").slice(0, -1), stop };
  }

  const lines = (child: ReturnType<typeof etcdctl>, n: number): Promise<string[]> =>
    poll("etcdctl prints", 10_000, () => (child.lines().length >= n ? child.lines() : undefined));

  const inQueue = (name: string, n: bigint): Promise<true> =>
    poll(`${n} in line`, 10_000, async () => ((await etcd.count({ prefix: `${name}/` })) === n ? true : undefined));

  it("our lock keeps etcdctl lock out, and the other way round", async () => {
    const name = `${freshPrefix()}door`;
    const held = await lock(etcd, name);
    const child = etcdctl("lock", name);
    await inQueue(name, 2n);
    expect(child.lines()).toEqual([]);
    await held.release();
    const [key] = await lines(child, 1);
    expect(await mutex(etcd, name).holder()).toMatchObject({ key });
    expect(await mutex(etcd, name).tryAcquire()).toBeNull();
    const next = lock(etcd, name);
    await inQueue(name, 2n);
    await child.stop();
    await using after = await next;
    expect(await mutex(etcd, name).holder()).toMatchObject({ token: after.token });
  });

  it("our lock keeps the server's Lock service out, and the other way round", async () => {
    const name = `${freshPrefix()}door`;
    const { id } = await etcd.lease.grant(60);
    const held = await lock(etcd, name);
    const waiting = rig.post("/v3/lock/lock", { name: base64(name), lease: String(id) });
    await inQueue(name, 2n);
    await held.release();
    const { key } = JSON.parse((await waiting).text) as { key: string };
    expect(plain(key)).toBe(`${name}/${id.toString(16)}`);
    expect(await mutex(etcd, name).holder()).toMatchObject({ key: plain(key), leaseId: id });
    const next = lock(etcd, name);
    await inQueue(name, 2n);
    await rig.post("/v3/lock/unlock", { key });
    await using _after = await next;
    await etcd.lease.revoke(id);
  });

  it("etcdctl elect follows our leaders, waits behind them, and is followed", async () => {
    const name = `${freshPrefix()}leader`;
    const candidacy = election(etcd, name);
    const seen: (string | null)[] = [];
    const controller = new AbortController();
    const observing = (async () => {
      for await (const leader of candidacy.observe({ signal: controller.signal })) seen.push(text(leader));
    })();
    await poll("observed", 10_000, () => (seen.length === 1 ? true : undefined));
    const ours = await candidacy.campaign("ours");
    const listener = etcdctl("elect", "--listen", name);
    expect((await lines(listener, 2)).slice(0, 2)).toEqual([ours.key, "ours"]);
    await ours.proclaim("ours again");
    expect((await lines(listener, 4)).slice(2, 4)).toEqual([ours.key, "ours again"]);
    const theirs = etcdctl("elect", name, "theirs");
    await inQueue(name, 2n);
    expect(theirs.lines()).toEqual([]);
    await ours.resign();
    const [key] = await lines(theirs, 2);
    expect(await candidacy.leader()).toMatchObject({ key });
    expect(text(await candidacy.leader())).toBe("theirs");
    const next = candidacy.campaign("after");
    await inQueue(name, 2n);
    await theirs.stop();
    await using after = await next;
    await poll("observed", 10_000, () => (seen.at(-1) === "after" ? true : undefined));
    controller.abort(new Error("enough"));
    await expect(observing).rejects.toThrow("enough");
    expect(seen).toEqual([null, "ours", "ours again", "theirs", "after"]);
    expect(after.isLeader()).toBe(true);
  });

  it("the server's Election service knows our leaders", async () => {
    const name = `${freshPrefix()}leader`;
    await using leadership = await election(etcd, name).campaign("ours");
    const answer = await rig.post("/v3/election/leader", { name: base64(name) });
    const { kv } = JSON.parse(answer.text) as { kv: { key: string; value: string; create_revision: string } };
    expect([plain(kv.key), plain(kv.value), BigInt(kv.create_revision)]).toEqual([
      leadership.key,
      "ours",
      leadership.token,
    ]);
  });
});

const text = (leader: Leader | null): string | null => leader && value(leader).value.text();
