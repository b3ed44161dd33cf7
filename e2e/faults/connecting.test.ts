import { createServer, type Socket } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { LogEvent } from "../../src/transport/log.ts";
import { type Certificates, makeCertificates } from "../certificates.ts";
import { type Etcd as Server, startEtcd } from "../etcd.ts";
import { etcdBinaries } from "../install-etcd.ts";
import { poll } from "../poll.ts";
import { freePort } from "../ports.ts";
import { run } from "../run.ts";
import { serverProcess } from "../server-process.ts";
import { rigFolder } from "../watchdog.ts";
import { stored } from "./ground-truth.ts";
import { client, count, each, failure, first, itTellsNoSecret, names, proxies, proxyOf, script } from "./subject.ts";
import { synHole } from "./syn-hole.ts";

let server: Server;
let url: string;
beforeAll(async () => {
  server = await startEtcd({ version: "3.5" });
  url = first(server.endpoints);
});
afterAll(() => server.close());

const closed = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;

/** A port that takes connections, says nothing, and keeps the first bytes of each. */
async function silentPort(): Promise<{ readonly port: number; readonly heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const sockets: Socket[] = [];
  const listening = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    socket.once("data", (bytes) => heard.push(bytes));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => listening.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => {
    listening.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port, heard };
}

describe("connecting", () => {
  it("A1: with 1 of 3 ports live, 500 puts all succeed and are applied once", async () => {
    const proxy = await proxyOf(server);
    const etcd = client([await closed(), await closed(), proxy.url]);
    const keys = names("A1/", 500);
    await each(keys, 25, (key) => etcd.put(key, "1"));
    expect([...(await stored(server, "A1/")).values()].map(({ version }) => version)).toEqual(keys.map(() => 1));
    expect(count(proxy, "/v3/kv/put")).toBe(500);
    expect(etcd.endpointInUse).toBe(proxy.url);
  });

  it("A1: if no endpoint is live, a write was certainly not applied", async () => {
    const etcd = client([await closed(), await closed()], { retry: { maxAttempts: 4 } });
    const error = await failure(etcd.put("A1", "1"));
    expect(error).toMatchObject({ reason: "Unreachable", code: 14, outcome: "not-applied", retryable: true });
    expect(error.attempts.map(({ endpoint }) => endpoint)).toEqual([...etcd.endpoints, ...etcd.endpoints]);
  });

  it("A2: a name that does not resolve is left for the next endpoint; a write was not applied", async () => {
    const unknown = "http://x.invalid:2379";
    const etcd = client([unknown, url], { allowInsecure: true });
    await etcd.put("A2", "1");
    expect((await stored(server, "A2")).get("A2")?.version).toBe(1);
    const alone = client(unknown, { allowInsecure: true, retry: { maxAttempts: 2 } });
    expect(await failure(alone.put("A2", "2"))).toMatchObject({
      reason: "Unreachable",
      outcome: "not-applied",
      attempts: [{}, {}],
    });
  });

  it("A3: a port that drops every SYN costs a read one attempt's time, and leaves the outcome of a write unknown", async () => {
    const hole = await synHole();
    const etcd = client([hole, url], { retry: { attemptTimeoutMs: 300 } });
    const start = performance.now();
    expect(await etcd.get("nothing")).toBeNull();
    const elapsed = performance.now() - start;
    expect([elapsed > 250, elapsed < 2300]).toEqual([true, true]);
    const write = await failure(client([hole, url], { timeoutMs: 400 }).put("A3", "1"));
    expect(write).toMatchObject({ reason: "Timeout", code: 4, outcome: "unknown", retryable: false, attempts: [{}] });
    expect((await stored(server, "A3")).size).toBe(0);
  });

  it("A4: a port that never answers a TLS hello, the same; and never a byte of plain text", async () => {
    const { port, heard } = await silentPort();
    const https = `https://127.0.0.1:${port}`;
    expect(await client([https, url], { retry: { attemptTimeoutMs: 300 } }).get("nothing")).toBeNull();
    const write = await failure(client(https, { timeoutMs: 300 }).put("A4", "1"));
    expect(write).toMatchObject({ reason: "Timeout", outcome: "unknown", attempts: [{}] });
    expect(heard.length).toBeGreaterThanOrEqual(2);
    // Each begins with a TLS handshake record.
    expect(new Set(heard.map((bytes) => bytes[0]))).toEqual(new Set([0x16]));
  });

  it("A4: https on a port of plain http was never sent anything: a write goes on at the next endpoint", async () => {
    const https = url.replace("http:", "https:");
    await client([https, url]).put("A4/plain", "1");
    expect((await stored(server, "A4/plain")).get("A4/plain")?.version).toBe(1);
    const error = await failure(client(https, { retry: { maxAttempts: 1 } }).put("A4/plain", "2"));
    expect(error).toMatchObject({ reason: "Unreachable", outcome: "not-applied", retryable: true });
  });

  describe("a certificate that is not accepted", () => {
    const folder = rigFolder();
    let certs: Certificates;
    beforeAll(async () => {
      certs = await makeCertificates(folder.path);
    });
    afterAll(() => folder.remove());

    const put = async (endpoints: readonly string[], ca: string | undefined): Promise<Record<string, unknown>> => {
      const env = { PATH: process.env["PATH"], ...(ca === undefined ? {} : { NODE_EXTRA_CA_CERTS: ca }) };
      const child = join(import.meta.dirname, "tls-child.ts");
      const { stdout, stderr } = await run(process.execPath, ["--import", "tsx", child, ...endpoints], { env });
      if (stdout === "") throw new Error(stderr);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const pem = ({ cert, key }: { cert: string; key: string }) => ({
      cert: readFileSync(cert, "utf8"),
      key: readFileSync(key, "utf8"),
    });

    it.each([
      ["expired", "expiredServer", true, /CERT_HAS_EXPIRED/],
      ["for another host", "wrongNameServer", true, /ERR_TLS_CERT_ALTNAME_INVALID/],
      ["of a CA that nobody knows", "server", false, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED/],
    ] as const)(
      "A5: %s: nothing is sent, the endpoint is not tried again, and the next one is",
      async (_, name, trusted, words) => {
        const bad = await script(() => ({ body: "{}" }), { tls: pem(certs[name]) });
        const ca = trusted ? certs.ca : undefined;
        const [alone, beside] = await Promise.all([put([bad.url], ca), put([bad.url, url], ca)]);
        expect(alone).toMatchObject({ reason: "Tls", code: 14, outcome: "not-applied", attempts: 1 });
        expect(alone["message"]).toMatch(words);
        expect(beside).toEqual({ ok: true, endpointInUse: url });
        expect(bad.requests).toEqual([]);
      },
    );
  });

  it("A7: calls wait for a cluster that is down, and succeed when it is back; those out of time were not applied", async () => {
    const own = await startEtcd({ version: "3.4" });
    onTestFinished(() => own.close());
    const etcd = client(own.endpoints, { auth: undefined, timeoutMs: 30_000 });
    await etcd.put("A7/read", "1");
    const member = first(own.members);
    await member.kill();
    const reads = each(names("read", 20), 20, () => etcd.get("A7/read"));
    const late = etcd.put("A7/late", "1");
    const early = await failure(etcd.put("A7/early", "1", { timeoutMs: 1000 }));
    expect(early).toMatchObject({ reason: "Unreachable", code: 14, outcome: "not-applied" });
    expect(early.attempts.length).toBeLessThan(30);
    await member.start();
    await own.waitReady();
    const back = performance.now();
    expect((await reads).map((entry) => entry?.text())).toEqual(names("", 20).map(() => "1"));
    await late;
    expect(performance.now() - back).toBeLessThan(4000);
    const entries = await stored(own, "A7/");
    expect([entries.get("A7/late")?.version, entries.has("A7/early")]).toEqual([1, false]);
  });

  it("A7: a call to a port without a listener fails long before its time is over", async () => {
    const etcd = client([`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`]);
    const start = performance.now();
    for (const error of await Promise.all([failure(etcd.get("A7")), failure(etcd.put("A7", "1"))])) {
      expect(error).toMatchObject({ reason: "Unreachable", code: 14, outcome: "not-applied", retryable: true });
      expect(error.attempts.length).toBeLessThanOrEqual(24);
    }
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("A8: an endpoint that swallows everything costs one slow read of 1,000", async () => {
    const [hole, live, third] = await proxies([url, url, url]);
    if (hole === undefined || live === undefined || third === undefined) throw new Error("three proxies");
    await hole.set({ kind: "blackhole" });
    const log: LogEvent[] = [];
    const etcd = client([hole.url, live.url, third.url], {
      retry: { attemptTimeoutMs: 500 },
      logger: (event) => log.push(event),
    });
    const times = await each(names("A8", 1000), 1, async (key) => {
      const start = performance.now();
      await etcd.get(key);
      return performance.now() - start;
    });
    expect(log.map(({ type }) => type)).toEqual(["retry"]);
    expect(times.sort((a, b) => a - b)[500]).toBeLessThan(100);
    expect([live.counts.requests, third.counts.requests]).toEqual([1000, 0]);
  });

  it("A9: endpoints of two clusters: the first answer of the other one is an error, and never a result", async () => {
    const other = await startEtcd({ version: "3.5" });
    onTestFinished(() => other.close());
    const proxy = await proxyOf(server);
    await client(url).put("A9", "ours");
    const etcd = client([proxy.url, ...other.endpoints]);
    expect((await etcd.get("A9"))?.text()).toBe("ours");
    await proxy.set({ kind: "refuse" });
    proxy.cutAll("rst");
    // It went where it should not have gone, and says so.
    expect(await failure(etcd.put("A9", "theirs"))).toMatchObject({ reason: "ClusterChanged", outcome: "applied" });
    expect((await stored(other, "A9")).get("A9")?.version).toBe(1);
    await proxy.set({ kind: "pass" });
    // Its own cluster is still there, at the endpoint that is asked next.
    await etcd.put("A9", "ours again");
    expect((await etcd.get("A9"))?.text()).toBe("ours again");
    expect((await stored(other, "A9")).get("A9")?.version).toBe(1);
    // Where it is not, what comes later changes nothing.
    await proxy.set({ kind: "refuse" });
    proxy.cutAll("rst");
    const read = await failure(etcd.get("A9"));
    expect(read).toMatchObject({ reason: "ClusterChanged", code: 9, outcome: "not-applied", retryable: false });
    expect(read.attempts.at(-1)).toMatchObject({ endpoint: first(other.endpoints), reason: "ClusterChanged" });
    const later = await failure(etcd.put("A9", "theirs"));
    expect(later).toMatchObject({ reason: "ClusterChanged", outcome: "not-applied" });
    expect((await stored(other, "A9")).get("A9")?.version).toBe(1);

    const expecting = client(other.endpoints, { expectedClusterId: 1n });
    expect(await failure(expecting.put("A9", "1"))).toMatchObject({ reason: "ClusterChanged", outcome: "not-applied" });
    expect(await failure(expecting.get("A9"))).toMatchObject({ reason: "ClusterChanged", outcome: "not-applied" });
  });

  it("A10: a learner refuses, and the next endpoint is asked", async () => {
    const member = first(server.members);
    const [clientPort, peerPort] = [await freePort(), await freePort()];
    const peer = `http://127.0.0.1:${peerPort}`;
    const added = await server.etcdctl(["member", "add", "learner", "--learner", `--peer-urls=${peer}`]);
    expect(added).toMatchObject({ code: 0 });
    const folder = rigFolder();
    const learnerUrl = `http://127.0.0.1:${clientPort}`;
    const { etcd: binary } = await etcdBinaries("3.5");
    const learner = serverProcess({
      binary,
      name: "learner",
      startedLine: /serving peer traffic/,
      args: () => [
        "--name=learner",
        `--data-dir=${join(folder.path, "learner")}`,
        `--listen-client-urls=${learnerUrl}`,
        `--advertise-client-urls=${learnerUrl}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=${member.name}=${member.peerUrl},learner=${peer}`,
        "--initial-cluster-state=existing",
        "--election-timeout=500",
        "--heartbeat-interval=50",
        "--logger=zap",
      ],
    });
    onTestFinished(async () => {
      await learner.kill();
      const [, id] = /^(\w+), \w+, learner/m.exec((await server.etcdctl(["member", "list"])).stdout) ?? [];
      if (id !== undefined) await server.etcdctl(["member", "remove", id]);
      folder.remove();
    });
    await learner.start();
    const alone = client(learnerUrl, { retry: { maxAttempts: 2 } });
    const refused = await poll("the learner answers", 10_000, async () => {
      const error = await failure(alone.get("A10"));
      return error.reason === "NotSupportedForLearner" ? error : undefined;
    });
    expect(refused).toMatchObject({ outcome: "not-applied", retryable: true });
    const [counted] = await proxies([learnerUrl]);
    if (counted === undefined) throw new Error("a proxy");
    const etcd = client([counted.url, url]);
    await etcd.put("A10", "1");
    expect((await etcd.get("A10"))?.version).toBe(1n);
    expect([counted.counts.requests, etcd.endpointInUse]).toEqual([1, url]);
  });

  it("A11: etcd without its gateway, and what is not etcd, say so and are not asked again", async () => {
    const bare = await startEtcd({ version: "3.5", flags: ["--enable-grpc-gateway=false"] });
    onTestFinished(() => bare.close());
    const [proxy] = await proxies(bare.endpoints);
    const answers = [
      { status: 404, headers: { "content-type": "text/html" }, body: "<html><h1>404</h1>nginx</html>" },
      { status: 404, body: '{"code":5,"message":"Not Found","details":[]}' },
      { status: 405, body: "Method Not Allowed" },
    ];
    const others = await Promise.all(answers.map((answer) => script(() => answer)));
    for (const each_ of [proxy?.url ?? "", ...others.map((other) => other.url)]) {
      const error = await failure(client([each_, each_]).put("A11", "1"));
      expect(error).toMatchObject({ code: 12, outcome: "not-applied", retryable: false, attempts: [{}] });
      expect(["NotEtcd", "Unsupported"]).toContain(error.reason);
      expect(error.message).toContain("/v3/kv/put");
    }
    expect([proxy?.counts.requests, ...others.map((other) => other.requests.length)]).toEqual([1, 1, 1, 1]);
  });

  it("A12: localhost, which may resolve to ::1 first, is reached on a port of 127.0.0.1 alone", async () => {
    const etcd = client(url.replace("127.0.0.1", "localhost"));
    await etcd.put("A12", "1");
    expect((await stored(server, "A12")).get("A12")?.version).toBe(1);
    const none = client((await closed()).replace("127.0.0.1", "localhost"), { retry: { maxAttempts: 1 } });
    expect(await failure(none.put("A12", "2"))).toMatchObject({ reason: "Unreachable", outcome: "not-applied" });
  });
});

itTellsNoSecret();
