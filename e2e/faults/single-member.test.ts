import { generateKeyPairSync } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { op } from "../../src/v3/kv/op.ts";
import { type Etcd as Server, type EtcdMember, startEtcd } from "../etcd.ts";
import { poll } from "../poll.ts";
import { rigFolder } from "../watchdog.ts";
import { revisionOf, stored } from "./ground-truth.ts";
import {
  client,
  clientOf,
  count,
  each,
  failure,
  first,
  itTellsNoSecret,
  names,
  passwordCanary,
  proxyOf,
  secret,
  settled,
} from "./subject.ts";

async function start(...[options]: Parameters<typeof startEtcd>): Promise<Server> {
  const server = await startEtcd(options);
  onTestFinished(() => server.close());
  return server;
}

/** What the member was started with. */
function flag(member: EtcdMember, name: string): string {
  const args = readFileSync(`/proc/${member.pid}/cmdline`, "utf8").split("\0");
  const found = args.find((arg) => arg.startsWith(`--${name}=`));
  if (found === undefined) throw new Error(`no --${name}`);
  return found.slice(name.length + 3);
}

describe.each(["3.4", "3.5"] as const)("a member of etcd %s", (version) => {
  let server: Server;
  beforeAll(async () => {
    server = await startEtcd({ version });
  });
  afterAll(() => server.close());

  it("C1: killed under load: what was acknowledged is there, what was refused is not, nothing is there twice", async () => {
    const member = first(server.members);
    const etcd = clientOf(server, server.endpoints, { timeoutMs: 20_000 });
    await etcd.put("C1/warm", "1");
    let done = 0;
    const half = poll("half of it is written", 20_000, () => (done >= 200 ? true : undefined));
    const writes = each(names("C1/", 500), 20, async (key) => {
      const result = await settled(etcd.put(key, "1"));
      done++;
      return { key, outcome: result.error?.outcome ?? "applied" };
    });
    await half;
    await member.kill();
    await member.start();
    const verdicts = await writes;
    const there = await stored(server, "C1/");
    for (const { key, outcome } of verdicts) {
      const version_ = there.get(key)?.version ?? 0;
      if (outcome === "applied") expect([key, version_]).toEqual([key, 1]);
      if (outcome === "not-applied") expect([key, version_]).toEqual([key, 0]);
      expect(version_).toBeLessThanOrEqual(1);
    }
    expect(verdicts.filter(({ outcome }) => outcome === "applied").length).toBeGreaterThan(400);
  });

  it("C16: a watch goes on over a restart of its member, to the user without an error, and misses nothing", async () => {
    const member = first(server.members);
    const etcd = clientOf(server, server.endpoints);
    const watcher = etcd.watch({ prefix: "C16/" });
    await watcher.ready;
    const values: string[] = [];
    const reading = (async () => {
      for await (const { entry } of watcher) if (values.push(entry.text()) === 4) return;
    })();
    await etcd.put("C16/a", "1");
    await etcd.put("C16/b", "2");
    await member.stop();
    expect(["connecting", "live", "retrying"]).toContain(watcher.state);
    await member.start();
    await etcd.put("C16/a", "3");
    await etcd.put("C16/c", "4");
    await reading;
    expect(values).toEqual(["1", "2", "3", "4"]);
  });

  it("B14: a value that is too large is refused by one error, whichever of etcd's two limits it meets", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    for (const bytes of [1_600_000, 2_200_000]) {
      const error = await failure(etcd.put("B14", new Uint8Array(bytes).fill(97)));
      expect(error).toMatchObject({
        reason: "RequestTooLarge",
        code: 3,
        outcome: "not-applied",
        retryable: false,
        attempts: [{}],
      });
      expect(error.message.length).toBeLessThan(300);
    }
    expect(count(proxy, "/v3/kv/put")).toBe(2);
    expect((await stored(server, "B14")).size).toBe(0);
    await etcd.put("B14", new Uint8Array(1_400_000));
  });

  it("G5: 129 steps, and a key twice, are refused by etcd as not applied; one step to each key is fine", async () => {
    const proxy = await proxyOf(server);
    const etcd = clientOf(server, proxy.url);
    const puts = (length: number) => names("G5/", length).map((key) => op.put(key, "1"));
    const tooMany = await failure(etcd.txn({ then: puts(129) }));
    expect(tooMany).toMatchObject({
      reason: "TooManyOps",
      code: 3,
      outcome: "not-applied",
      retryable: false,
      attempts: [{}],
    });
    const twice = await failure(etcd.txn({ then: [op.put("G5/0", "1"), op.put("G5/0", "2")] }));
    expect(twice).toMatchObject({
      reason: "DuplicateKey",
      code: 3,
      outcome: "not-applied",
      retryable: false,
      attempts: [{}],
    });
    expect((await stored(server, "G5/")).size).toBe(0);
    expect((await etcd.txn({ then: puts(128) })).succeeded).toBe(true);
    expect(count(proxy, "/v3/kv/txn")).toBe(3);
  });

  it("B13: a full store refuses writes and leases, sent once and not applied; reads and deletes go on", async () => {
    const full = await start({ version, quotaBytes: 2_000_000 });
    const proxy = await proxyOf(full);
    const etcd = clientOf(full, proxy.url);
    const value = new Uint8Array(300_000);
    const refused = await poll(
      "the store is full",
      20_000,
      async () => (await settled(etcd.put(`B13/${Math.random()}`, value))).error,
    );
    expect(refused).toMatchObject({
      reason: "NoSpace",
      code: 8,
      outcome: "not-applied",
      retryable: false,
      attempts: [{}],
    });
    const before = proxy.counts.requests;
    for (const work of [
      () => etcd.put("B13", "1"),
      () => etcd.create("B13", "1"),
      () => etcd.put("B13", "1", { exactlyOnce: true }),
    ]) {
      expect(await failure(work())).toMatchObject({ reason: "NoSpace", outcome: "not-applied" });
    }
    // The last of these got no lease, so its write was not sent.
    expect(proxy.counts.requests - before).toBe(3);
    expect(count(proxy, "/v3/lease/grant")).toBe(1);
    const entries = await etcd.count({ prefix: "B13/" });
    expect(entries).toBeGreaterThan(0n);
    expect((await etcd.delete({ prefix: "B13/" })).deleted).toBe(entries);
  });

  it("C9: a cluster that was wiped is another one: calls and watches end rather than wait for a revision to come", async () => {
    const own = await start({ version });
    const etcd = clientOf(own, own.endpoints, { timeoutMs: 20_000 });
    for (const value of ["1", "2", "3"]) await etcd.put("C9", value);
    const watcher = etcd.watch("C9");
    const next = watcher[Symbol.asyncIterator]().next();
    const ended = failure(next);
    await watcher.ready;
    await own.wipe();
    const other = /cluster \d+ answered, expected \d+/;
    const read = await failure(etcd.get("C9"));
    expect(read).toMatchObject({ reason: "ClusterChanged", code: 9, outcome: "not-applied", retryable: false });
    expect(read.message).toMatch(other);
    const watch = await ended;
    expect(watch).toMatchObject({ reason: "ClusterChanged", code: 9 });
    expect(watch.message).toMatch(other);
    expect(watcher.state).toBe("closed");
    expect(await failure(etcd.watch("C9", { from: 4n }).ready)).toMatchObject({ reason: "ClusterChanged" });
    // A client that is made now knows no other.
    await clientOf(own, own.endpoints).put("C9", "new");
  });

  it("C10: a backup that is restored under the same id is noticed by its revision", async () => {
    const own = await start({ version });
    const member = first(own.members);
    const etcd = clientOf(own, own.endpoints, { timeoutMs: 20_000 });
    await etcd.put("C10", "old");
    const folder = rigFolder();
    onTestFinished(() => folder.remove());
    const backup = join(folder.path, "backup.db");
    expect(await own.etcdctl(["snapshot", "save", backup])).toMatchObject({ code: 0 });
    for (const key of names("C10/", 20)) await etcd.put(key, "lost");
    const watcher = clientOf(own, own.endpoints).watch({ prefix: "C10" });
    await watcher.ready;
    const ended = failure(watcher[Symbol.asyncIterator]().next());
    const data = flag(member, "data-dir");
    const same = ["name", "initial-cluster", "initial-cluster-token", "initial-advertise-peer-urls"].map(
      (name) => `--${name}=${flag(member, name)}`,
    );
    await member.kill();
    rmSync(data, { recursive: true });
    expect(
      await own.etcdctl(["--endpoints=", "snapshot", "restore", backup, `--data-dir=${data}`, ...same]),
    ).toMatchObject({ code: 0 });
    await member.start();
    await own.waitReady();
    // It would wait for a revision that has been and may come again, and miss what is written until then.
    expect(await ended).toMatchObject({ reason: "ClusterChanged", code: 9 });
    // What this one did is said too.
    expect(await failure(etcd.put("C10", "new"))).toMatchObject({ reason: "ClusterChanged", outcome: "applied" });
    expect((await stored(own, "C10")).get("C10")?.value).toBe("new");
    const read = await failure(etcd.get("C10"));
    expect(read).toMatchObject({ reason: "ClusterChanged", code: 9, outcome: "not-applied", retryable: false });
    expect(read.message).toMatch(/revision went back/);
    expect(await failure(etcd.put("C10", "later"))).toMatchObject({ reason: "ClusterChanged", outcome: "not-applied" });
    expect((await stored(own, "C10")).get("C10")?.value).toBe("new");
    expect(await revisionOf(own)).toBeLessThan(10n);
  });

  it("C13: a JWT that a change of users made old is replaced once, under calls of all kinds", async () => {
    const folder = rigFolder();
    onTestFinished(() => folder.remove());
    const { privateKey, publicKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    writeFileSync(join(folder.path, "jwt.pub"), publicKey);
    writeFileSync(join(folder.path, "jwt.key"), privateKey, { mode: 0o600 });
    const jwt = `jwt,pub-key=${join(folder.path, "jwt.pub")},priv-key=${join(folder.path, "jwt.key")},sign-method=RS256,ttl=10m`;
    const own = await start({ version, flags: [`--auth-token=${jwt}`] });
    await own.enableAuth({ rootPassword: passwordCanary });
    const proxy = await proxyOf(own);
    const etcd = client(proxy.url, {
      auth: { username: "root", password: passwordCanary },
      interceptors: [
        (next) => (request) => (secret(request.header.get("authorization") ?? passwordCanary), next(request)),
      ],
    });
    await etcd.put("C13", "0");
    for (const round of [1, 2]) {
      const token = (
        JSON.parse((await own.post("/v3/auth/authenticate", { name: "root", password: passwordCanary })).text) as {
          token: string;
        }
      ).token;
      expect((await own.post("/v3/auth/user/add", { name: `user-${round}`, password: "x" }, { token })).status).toBe(
        200,
      );
      await each(names(`C13/${round}/`, 20), 20, async (key) => {
        await (key.endsWith("5") ? etcd.get(key) : etcd.put(key, "1"));
      });
      expect(count(proxy, "/v3/auth/authenticate")).toBe(1 + round);
    }
    expect((await etcd.range({ prefix: "C13/" })).entries.map((entry) => entry.version)).toEqual(
      Array.from({ length: 36 }, () => 1n),
    );
  });
});

itTellsNoSecret();
