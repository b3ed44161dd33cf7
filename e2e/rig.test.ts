import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startEtcd, type Etcd, type EtcdMember } from "./etcd.ts";
import { etcdBinaries } from "./install-etcd.ts";
import { plainRequest } from "./plain-request.ts";
import { poll } from "./poll.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function put(member: EtcdMember, key: string, value: string, timeout = 10_000): Promise<number> {
  const body = JSON.stringify({ key: base64(key), value: base64(value) });
  const signal = AbortSignal.timeout(timeout);
  return (await fetch(`${member.url}/v3/kv/put`, { method: "POST", body, signal })).status;
}

/** On a busy machine there may be one more election than a test is about, and writes fail in it. */
async function putAtLast(member: EtcdMember, key: string, value: string): Promise<void> {
  await poll(`${member.name} takes writes`, 15_000, async () =>
    (await put(member, key, value, 3_000)) === 200 ? true : undefined,
  );
}

async function read(member: EtcdMember, key: string, serializable = false): Promise<string | undefined> {
  const body = JSON.stringify({ key: base64(key), serializable });
  const answer = await fetch(`${member.url}/v3/kv/range`, {
    method: "POST",
    body,
    signal: AbortSignal.timeout(10_000),
  });
  const { kvs } = (await answer.json()) as { kvs?: { value: string }[] };
  return kvs?.[0] && Buffer.from(kvs[0].value, "base64").toString();
}

function only(etcd: Etcd): EtcdMember {
  const [member] = etcd.members;
  if (!member) throw new Error("no member");
  return member;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.each(["3.4", "3.5"] as const)("etcd %s", (version) => {
  describe("with one member", () => {
    let etcd: Etcd;
    beforeAll(async () => {
      etcd = await startEtcd({ version });
    });
    afterAll(() => etcd.close());

    it("is the version asked for", async () => {
      expect(etcd.version).toMatch(version);
      const { text } = await etcd.get("/version");
      expect(JSON.parse(text)).toMatchObject({ etcdserver: etcd.version });
    });

    it("takes what fetch puts and shows it to etcdctl", async () => {
      expect(await put(only(etcd), "a", "1")).toBe(200);
      expect(await etcd.etcdctl(["get", "a", "--print-value-only"])).toEqual({ code: 0, stdout: "1\n", stderr: "" });
      expect((await etcd.etcdctl(["put", "b"], { input: "from stdin" })).code).toBe(0);
      expect(await read(only(etcd), "b")).toBe("from stdin");
    });

    it("refuses connections when killed, and has its data again when started", async () => {
      const member = only(etcd);
      await put(member, "kept", "yes");
      const { pid } = member;
      await member.kill();
      expect(member.state).toBe("down");
      await expect(put(member, "kept", "no")).rejects.toThrow("fetch failed");
      await member.start();
      await etcd.waitReady();
      expect(member.pid).not.toBe(pid);
      expect(await read(member, "kept")).toBe("yes");
    });

    it("stops in order and starts again", async () => {
      const member = only(etcd);
      await member.stop();
      expect(member.log()).toContain("terminated");
      await member.start();
      await etcd.waitReady();
      expect(await read(member, "kept")).toBe("yes");
    });

    it("is silent while paused and answers when resumed", async () => {
      const member = only(etcd);
      member.pause();
      expect(member.state).toBe("paused");
      // Another key: what nobody waits for any more may be written last.
      await expect(put(member, "given up", "1", 300)).rejects.toThrow(/timeout/);
      member.resume();
      expect(await put(member, "paused", "2")).toBe(200);
      // etcd#20418: for a moment after a pause these versions may read what was there before.
      await expect.poll(() => read(member, "paused")).toBe("2");
    });

    it("gives single numbers of its metrics", async () => {
      const puts = await etcd.metrics("etcd_mvcc_put_total").catch(() => etcd.metrics("etcd_debugging_mvcc_put_total"));
      await put(only(etcd), "metrics", "1");
      const now = await etcd.metrics("etcd_mvcc_put_total").catch(() => etcd.metrics("etcd_debugging_mvcc_put_total"));
      expect(now).toBe(puts + 1);
      expect(await etcd.metrics("etcd_server_has_leader")).toBe(1);
      const watches =
        'grpc_server_started_total{grpc_method="Watch",grpc_service="etcdserverpb.Watch",grpc_type="bidi_stream"}';
      expect(await etcd.metrics(watches)).toBe(0);
      await expect(etcd.metrics("etcd_server_has_leaders")).rejects.toThrow("no metric");
    });

    it("is another cluster without data after a wipe", async () => {
      const idOf = async (): Promise<string> => {
        const { text } = await etcd.post("/v3/cluster/member/list", {});
        return (JSON.parse(text) as { header: { cluster_id: string } }).header.cluster_id;
      };
      const before = await idOf();
      await etcd.wipe();
      expect(await read(only(etcd), "kept")).toBeUndefined();
      expect(await idOf()).not.toBe(before);
    });
  });

  it("serves v2, the CORS origins and the progress answers asked for, and holds to its quota", async () => {
    await using etcd = await startEtcd({
      version,
      v2: true,
      cors: "http://app.test:5173",
      progressNotifyMs: 100,
      quotaBytes: 100_000,
    });
    const { url } = only(etcd);
    const created = await fetch(`${url}/v2/keys/old`, { method: "PUT", body: new URLSearchParams({ value: "one" }) });
    expect(created.status).toBe(201);
    expect((await etcd.etcdctl(["get", "/old"], { api: 2 })).stdout).toBe("one\n");

    const allowed = await fetch(`${url}/version`, { headers: { origin: "http://app.test:5173" } });
    expect(allowed.headers.get("access-control-allow-origin")).toBe("http://app.test:5173");

    const abort = new AbortController();
    const create = { create_request: { key: base64("a"), progress_notify: true } };
    const watch = await fetch(`${url}/v3/watch`, {
      method: "POST",
      body: JSON.stringify(create),
      signal: abort.signal,
    });
    let seen = "";
    for await (const chunk of watch.body ?? []) {
      seen += Buffer.from(chunk).toString();
      if (seen.split("\n").length > 3) break;
    }
    expect(seen).toMatch(/"created":true.*\n.*"header".*\n/);

    await etcd.post("/v3/kv/put", { key: base64("big"), value: base64("x".repeat(200_000)) });
    const refused = await etcd.post("/v3/kv/put", { key: base64("more"), value: base64("x".repeat(200_000)) });
    expect(refused.text).toContain("database space exceeded");
  });

  it("asks for a token once auth is on, and forgets tokens after their TTL", async () => {
    await using etcd = await startEtcd({ version, authTokenTtl: 1 });
    await etcd.enableAuth({
      rootPassword: "root-secret",
      users: [{ name: "ann", password: "ann-secret", permissions: [{ type: "READWRITE", key: "ann/", prefix: true }] }],
    });
    const login = async (name: string, password: string): Promise<string> => {
      const { status, text } = await etcd.post("/v3/auth/authenticate", { name, password });
      if (status !== 200) throw new Error(text);
      return (JSON.parse(text) as { token: string }).token;
    };
    const body = { key: base64("ann/a"), value: base64("1") };
    const token = await login("ann", "ann-secret");
    expect((await etcd.post("/v3/kv/put", body)).text).toContain("user name is empty");
    expect((await etcd.post("/v3/kv/put", body, { token })).status).toBe(200);
    expect((await etcd.post("/v3/kv/put", { key: base64("bob/a") }, { token })).text).toContain("permission denied");
    expect(
      (await etcd.post("/v3/kv/put", { key: base64("bob/a") }, { token: await login("root", "root-secret") })).status,
    ).toBe(200);
    await expect(login("ann", "wrong")).rejects.toThrow("authentication failed");
    expect((await etcd.etcdctl(["--user", "root:root-secret", "get", "ann/a", "--print-value-only"])).stdout).toBe(
      "1\n",
    );

    // Each use makes a token live longer, so every question needs one that has not been used.
    const unused: string[] = [];
    for (let i = 0; i < 60; i++) unused.push(await login("ann", "ann-secret"));
    let asked = performance.now();
    await poll("a token is too old", 10_000, async () => {
      if (performance.now() - asked < 100) return undefined;
      asked = performance.now();
      const { status } = await etcd.post("/v3/kv/put", body, { token: unused.shift() ?? "none left" });
      return status === 401 ? true : undefined;
    });
    expect(unused.length).toBeGreaterThan(0);
  });

  describe("with TLS", () => {
    const pem = (file: string | undefined): string => readFileSync(file ?? "", "utf8");

    it("is only trusted with the CA", async () => {
      await using etcd = await startEtcd({ version, tls: "server" });
      const { url } = only(etcd);
      expect(url).toMatch(/^https:/);
      await expect(plainRequest(`${url}/version`)).rejects.toThrow(/certificate/);
      const { status } = await plainRequest(`${url}/version`, { tls: { ca: pem(etcd.certs?.ca) } });
      expect(status).toBe(200);
      expect((await etcd.post("/v3/kv/put", { key: base64("a"), value: base64("1") })).status).toBe(200);
      expect((await etcd.etcdctl(["get", "a", "--print-value-only"])).stdout).toBe("1\n");
      expect((await etcd.leader()).name).toBe("m1");
    });

    it("takes client certificates of its CA only", async () => {
      await using etcd = await startEtcd({ version, tls: "mutual" });
      const { certs } = etcd;
      const { url } = only(etcd);
      const ca = pem(certs?.ca);
      const ask = (files: { cert: string; key: string } | undefined): Promise<number> => {
        const own = files ? { cert: pem(files.cert), key: pem(files.key) } : {};
        const body = { key: base64("a"), value: base64("1") };
        return plainRequest(`${url}/v3/kv/put`, { body, tls: { ca, ...own } }).then((answer) => answer.status);
      };
      expect(await ask(certs?.client)).toBe(200);
      expect(await ask(certs?.namelessClient)).toBe(200);
      await expect(ask(certs?.rogueClient)).rejects.toThrow();
      await expect(ask(undefined)).rejects.toThrow();
      expect((await etcd.etcdctl(["get", "a", "--print-value-only"])).stdout).toBe("1\n");
      await etcd.enableAuth({ rootPassword: "secret" });
      await expect(ask(certs?.client)).resolves.toBe(400);
    });

    it.each([
      ["expiredServer", /expired/],
      ["wrongNameServer", /altnames|does not match/],
    ] as const)("shows the certificate %s when told to", async (serverCertificate, complaint) => {
      await using etcd = await startEtcd({ version, tls: "server", serverCertificate });
      const tls = { ca: pem(etcd.certs?.ca) };
      await expect(plainRequest(`${only(etcd).url}/version`, { tls })).rejects.toThrow(complaint);
      expect((await etcd.get("/version")).status).toBe(200);
      expect((await etcd.etcdctl(["endpoint", "health"])).code).toBe(0);
    });
  });

  describe("with three members", () => {
    let etcd: Etcd;
    beforeAll(async () => {
      etcd = await startEtcd({ version, members: 3 });
    });
    afterAll(() => etcd.close());
    const others = (member: EtcdMember): EtcdMember[] => etcd.members.filter((other) => other !== member);

    it("has one leader, and all members hold what is put to one", async () => {
      const [a, b, c] = etcd.members;
      if (!a || !b || !c) throw new Error("three members were asked for");
      expect(etcd.endpoints).toEqual([a.url, b.url, c.url]);
      expect(etcd.members).toContain(await etcd.leader());
      expect(await put(a, "k", "1")).toBe(200);
      expect(await read(b, "k")).toBe("1");
      expect(await read(c, "k")).toBe("1");
    });

    it("has another leader after the leader is killed, and the old one catches up", async () => {
      const old = await etcd.leader();
      await old.kill();
      const leader = await etcd.leader();
      expect(leader).not.toBe(old);
      await putAtLast(leader, "k", "2");
      await old.start();
      await etcd.waitReady();
      expect(await read(old, "k")).toBe("2");
    });

    it("has another leader while the leader is paused", async () => {
      const old = await etcd.leader();
      old.pause();
      const leader = await etcd.leader();
      expect(leader).not.toBe(old);
      await putAtLast(leader, "k", "3");
      old.resume();
      await etcd.waitReady();
      expect(await read(old, "k")).toBe("3");
    });

    it.each(["leader", "follower"])("goes on without an isolated %s, which clients still reach", async (role) => {
      const leader = await etcd.leader();
      const [follower] = others(leader);
      const cut = role === "leader" ? leader : follower;
      if (!cut) throw new Error("no such member");
      const before = await read(cut, "k");
      cut.isolate();
      onTestFinished(() => cut.heal());
      expect(cut.isolated).toBe(true);
      await poll("it has lost its leader", 5_000, async () =>
        (await etcd.metrics("etcd_server_has_leader", cut)) === 0 ? true : undefined,
      );
      const value = `without the ${role}`;
      for (const member of others(cut)) await putAtLast(member, "k", value);
      expect(await read(cut, "k", true)).toBe(before);
      await expect(put(cut, "k", "lost", 500)).rejects.toThrow(/timeout/);
      cut.heal();
      await etcd.waitReady();
      // A write that was sent to the cut member may still arrive: it was never refused.
      expect([value, "lost"]).toContain(await read(cut, "k"));
    });

    it("runs without a quorum, and heals by itself", async () => {
      for (const member of etcd.members) member.isolate();
      const [first] = etcd.members;
      if (!first) throw new Error("no member");
      await poll("no leader", 5_000, async () =>
        (await etcd.metrics("etcd_server_has_leader", first)) === 0 ? true : undefined,
      );
      for (const member of etcd.members) member.heal();
      await etcd.waitReady();
      await putAtLast(first, "k", "healed");
    });

    it("is another cluster after a wipe, with all its members", async () => {
      await etcd.wipe();
      for (const member of etcd.members) expect(await read(member, "k")).toBeUndefined();
    });
  });
});

describe("the rig", () => {
  it("shows the log of an etcd that does not start", async () => {
    await expect(startEtcd({ version: "3.5", flags: ["--no-such-flag"] })).rejects.toThrow(/no-such-flag/);
  });

  it("leaves no process and no folder behind after close", async () => {
    const etcd = await startEtcd({ version: "3.5", members: 3, tls: "server" });
    const pids = etcd.members.flatMap((member) => member.pid ?? []);
    const ca = etcd.certs?.ca ?? "";
    expect(existsSync(ca)).toBe(true);
    await etcd.close();
    await etcd.close();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(ca)).toBe(false);
  });

  it("kills its servers and removes their data when the tests are killed", async () => {
    await etcdBinaries("3.5");
    const script = `
      import { startEtcd } from ${JSON.stringify(fileURLToPath(new URL("./etcd.ts", import.meta.url)))};
      const etcd = await startEtcd({ version: "3.5", tls: "server" });
      etcd.members[0].pause();
      console.log(JSON.stringify({ pid: etcd.members[0].pid, ca: etcd.certs.ca }));
      setInterval(() => {}, 1000);
    `;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    await poll("the script has an etcd", 15_000, () => (printed.includes("\n") ? true : undefined));
    const { pid, ca } = JSON.parse(printed) as { pid: number; ca: string };
    expect(isAlive(pid)).toBe(true);
    child.kill("SIGKILL");
    await poll("nothing is left", 5_000, () => (isAlive(pid) || existsSync(ca) ? undefined : true));
  });
});
