import { request } from "node:http";
import { hostname } from "node:os";
import { gunzipSync } from "node:zlib";
import { createEtcd } from "../../src/index.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findTarget } from "../../cli/ui-target.ts";
import { type Etcd, startEtcd } from "../etcd.ts";
import { installedPackage } from "../installed-package.ts";
import { run } from "../run.ts";
import { startUi, type UiServer } from "./ui-page.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

/** By hand: `fetch` sends no `Host` and no `Origin` of our choice, and inflates what it gets. */
function ask(
  origin: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
  method = body === undefined ? "GET" : "POST",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, origin), { method, headers }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () => {
        const all = Buffer.concat(pieces);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: all, text: all.toString() });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** `a` */
const key = btoa("a");
const range = JSON.stringify({ key });
const put = JSON.stringify({ key, value: btoa("changed") });

describe.each(["3.4", "3.5"] as const)("fetcd ui on etcd %s", (version) => {
  let etcd: Etcd;
  let ui: UiServer;
  let readOnly: UiServer;
  beforeAll(async () => {
    etcd = await startEtcd({ version });
    await using client = createEtcd({ endpoints: etcd.endpoints });
    await client.put("a", "secret value");
    const [endpoint = ""] = etcd.endpoints;
    [ui, readOnly] = await Promise.all([
      startUi(["--endpoints", endpoint]),
      startUi(["--read-only"], { env: { ETCDCTL_ENDPOINTS: endpoint } }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([ui?.close(), readOnly?.close()]);
    await etcd?.close();
  });

  it("answers its page: through all endpoints, and through each", async () => {
    const own = { "x-fetcd-secret": ui.secret, origin: ui.origin, "sec-fetch-site": "same-origin" };
    for (const path of ["/v3/kv/range", "/member/0/v3/kv/range"]) {
      const { status, text } = await ask(ui.origin, path, own, range);
      expect({ path, status, text }).toMatchObject({
        status: 200,
        text: expect.stringContaining(btoa("secret value")),
      });
    }
    expect(JSON.parse((await ask(ui.origin, "/ui/config", own)).text)).toEqual({
      connections: [{ endpoints: etcd.endpoints, memory: false }],
      readOnly: false,
    });
    const nowhere = await ask(ui.origin, "/member/1/v3/kv/range", own, range);
    expect(nowhere.status).toBe(404);
  });

  it.each([
    ["a page of another origin", { origin: "http://evil.example" }],
    ["a page of another port of this machine", { origin: "http://127.0.0.1:1" }],
    ["a page without an origin", { origin: "null" }],
    ["a link of another site", { "sec-fetch-site": "cross-site" }],
    ["a page of the same site", { "sec-fetch-site": "same-site" }],
    ["a name that was made to lead here", { host: "evil.example:80" }],
    ["a name below localhost", { host: "evil.localhost" }],
    ["somebody without the secret", { "x-fetcd-secret": "" }],
    ["somebody who guesses the secret", { "x-fetcd-secret": "A".repeat(32) }],
  ])("refuses %s, whatever else is right", async (_, wrong) => {
    for (const [path, body] of [
      ["/v3/kv/range", range],
      ["/v3/kv/put", put],
      ["/ui/config", undefined],
      ["/version", undefined],
      ["/metrics", undefined],
    ] as const) {
      const { status, text } = await ask(ui.origin, path, { "x-fetcd-secret": ui.secret, ...wrong }, body);
      expect({ path, status }).toEqual({ path, status: 403 });
      expect(text).not.toContain(btoa("secret value"));
    }
    const good = await ask(ui.origin, "/v3/kv/range", { "x-fetcd-secret": ui.secret }, range);
    expect(good.text).toContain(btoa("secret value"));
  });

  it("sends the page with a strict policy, to requests for its own name", async () => {
    const { status, headers, text } = await ask(ui.origin, "/");
    expect({ status, text }).toMatchObject({ status: 200, text: expect.stringContaining("<!doctype html>") });
    expect(text).not.toContain(ui.secret);
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; .*require-trusted-types-for 'script'; trusted-types 'none'$/,
    );
    expect((await ask(ui.origin, "/", { host: "evil.example" })).status).toBe(403);
    for (const path of ["/../package.json", "/assets/../../package.json", "/%2e%2e/package.json", "/index.js"]) {
      expect((await ask(ui.origin, path)).status).toBe(403);
    }
  });

  it("sends scripts and styles compressed, and inflated to those who do not accept that", async () => {
    const { text } = await ask(ui.origin, "/");
    const assets = [...text.matchAll(/(?:src|href)="\.(\/assets\/[^"]+\.(js|css))"/g)];
    expect(assets.map(([, , type]) => type)).toEqual(["js", "css"]);
    for (const [, path = "", type] of assets) {
      const plain = await ask(ui.origin, path);
      expect(plain.headers["content-encoding"]).toBeUndefined();
      for (const [accepted, encoding] of [
        ["gzip, deflate, br, zstd", "gzip"],
        ["br;q=1, X-GZIP ; q=0.5", "gzip"],
        ["*", "gzip"],
        ["gzip;q=0, *", undefined],
        ["br", undefined],
        ["identity", undefined],
        ["", undefined],
      ] as const) {
        const { status, headers, body } = await ask(ui.origin, path, { "accept-encoding": accepted });
        const inflated = encoding === "gzip" ? gunzipSync(body) : body;
        expect({ accepted, status, whole: inflated.equals(plain.body) }).toEqual({
          accepted,
          status: 200,
          whole: true,
        });
        const about = {
          ...(encoding && { "content-encoding": encoding }),
          "content-length": String(body.length),
          "content-type": `text/${type === "js" ? "javascript" : type};charset=utf-8`,
          vary: "accept-encoding",
          "cache-control": "no-store",
          "x-content-type-options": "nosniff",
        };
        expect(headers).toMatchObject(about);
        expect("content-encoding" in headers).toBe(encoding !== undefined);
        const head = await ask(ui.origin, path, { "accept-encoding": accepted }, undefined, "HEAD");
        expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: "" });
        expect(head.headers).toMatchObject(about);
      }
    }
  });

  it("gives the login of its start to the etcd at --endpoints alone, and each etcd its own way", async () => {
    const [endpoint = ""] = etcd.endpoints;
    await using two = await startUi(["--memory", "--also", `other=${endpoint}`]);
    const own = { "x-fetcd-secret": two.secret };
    expect((await ask(two.origin, "/at/1/v3/kv/range", own, range)).text).toContain(btoa("secret value"));
    expect((await ask(two.origin, "/v3/kv/range", own, range)).text).not.toContain(btoa("secret value"));
    expect((await ask(two.origin, "/at/2/v3/kv/range", own, range)).status).toBe(404);
    expect((await ask(two.origin, "/at/1/v3/kv/range", {}, range)).status).toBe(403);
    const closed = ["--endpoints", endpoint, "--user", "root:secret", "--also", `other=${endpoint}`];
    await using named = await startUi(closed);
    const { connections } = JSON.parse(
      (await ask(named.origin, "/ui/config", { "x-fetcd-secret": named.secret })).text,
    ) as { connections: object[] };
    expect(connections).toEqual([
      { endpoints: [endpoint], memory: false, login: { username: "root", password: "secret" } },
      { name: "other", endpoints: [endpoint], memory: false },
    ]);
  });

  it.each([
    ["/v3/kv/put", put],
    ["/v3/kv/deleterange", range],
    ["/v3/kv/txn", "{}"],
    ["/v3/kv/compaction", "{}"],
    ["/v3/lease/grant", '{"TTL":"10"}'],
    ["/v3/auth/user/add", '{"name":"x"}'],
    ["/v3/auth/enable", "{}"],
    ["/v3/maintenance/defragment", "{}"],
    ["/v3/maintenance/transfer-leadership", '{"targetID":"1"}'],
    ["/v3/maintenance/alarm", '{"action":"ACTIVATE","alarm":"NOSPACE"}'],
    ["/member/0/v3/kv/put", put],
    ["/v3/kv//put", put],
    ["/v3/kv/range/v3/kv/put", put],
  ])("passes no write on with --read-only: %s", async (path, body) => {
    const own = { "x-fetcd-secret": readOnly.secret };
    expect([403, 404]).toContain((await ask(readOnly.origin, path, own, body)).status);
    const { text } = await ask(readOnly.origin, "/v3/kv/range", own, range);
    expect(text).toContain(btoa("secret value"));
  });

  it("lists alarms with --read-only, and does not raise one that is hidden in the request", async () => {
    const own = { "x-fetcd-secret": readOnly.secret };
    for (const body of ['{"action":"GET"}', "{}", '{"action":"ACTIVATE","alarm":"NOSPACE","action":"GET"}']) {
      const { status, text } = await ask(readOnly.origin, "/v3/maintenance/alarm", own, body);
      expect({ status, text }).toMatchObject({ status: 200, text: expect.not.stringContaining("NOSPACE") });
    }
  });

  it("listens for other machines only where etcd has users, and then wants a login of everybody", async () => {
    const [endpoint = ""] = etcd.endpoints;
    const { program } = await installedPackage();
    const listen = ["--listen", "0.0.0.0", "--port", "0", "--endpoints", endpoint];
    const { code, stderr } = await run(program, ["ui", ...listen]);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("authentication of etcd is off"),
    });
    const named = await run(program, ["ui", "--allowed-hosts", "etcd.example", "--port", "0", "--endpoints", endpoint]);
    expect(named).toMatchObject({ code: 1, stderr: expect.stringContaining("authentication of etcd is off") });
    const guarded = await startEtcd({ version });
    await guarded.enableAuth({ rootPassword: "secret", users: [] });
    const open = await startUi([
      "--listen",
      "0.0.0.0",
      "--allowed-hosts",
      "Etcd.Example",
      "--endpoints",
      guarded.endpoints.join(),
      "--user",
      "root:secret",
    ]);
    try {
      const own = { "x-fetcd-secret": open.secret };
      expect(await ask(open.origin, "/ui/config", own)).toMatchObject({ text: expect.not.stringContaining("secret") });
      expect((await ask(open.origin, "/v3/kv/range", own, range)).status).toBe(401);
      const login = JSON.stringify({ name: "root", password: "secret" });
      const { text } = await ask(open.origin, "/v3/auth/authenticate", own, login);
      const { token } = JSON.parse(text) as { token: string };
      const answer = await ask(open.origin, "/v3/kv/range", { ...own, authorization: token }, range);
      expect(answer.status).toBe(200);
      // By the names of this machine, and by those of a proxy with TLS in front of it; by no others.
      const { port } = new URL(open.origin);
      for (const [host, origin, status] of [
        [`${hostname()}:${port}`, `http://${hostname()}:${port}`, 200],
        ["etcd.example", "https://etcd.example", 200],
        ["etcd.example", "https://etcd.example.evil", 403],
        ["etcd.example", "null", 403],
        ["evil.example", "http://evil.example", 403],
      ] as const) {
        const named = await ask(open.origin, "/ui/config", { ...own, host, origin });
        expect({ host, origin, status: named.status }).toEqual({ host, origin, status });
      }
    } finally {
      await open.close();
      await guarded.close();
    }
  });
});

describe("fetcd ui without an etcd", () => {
  it("shows one in memory with sample data, unless one was named", async () => {
    const options = { endpoints: ["http://127.0.0.1:1024"], commandTimeout: 1_000, writeOut: "simple" } as const;
    for (const [which, memory] of [
      ["default", true],
      ["named", false],
    ] as const) {
      const target = await findTarget(options, which);
      expect({ which, memory: target.memory }).toEqual({ which, memory });
      await target.close();
    }
    await using ui = await startUi(["--memory"]);
    const own = { "x-fetcd-secret": ui.secret };
    expect(JSON.parse((await ask(ui.origin, "/ui/config", own)).text)).toMatchObject({
      connections: [{ memory: true }],
    });
    const greeting = JSON.stringify({ key: btoa("app/config/greeting") });
    expect((await ask(ui.origin, "/v3/kv/range", own, greeting)).text).toContain(btoa("Hello, world"));
  });
});
