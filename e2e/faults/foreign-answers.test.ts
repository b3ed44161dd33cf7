import { describe, expect, it } from "vitest";
import { op } from "../../src/v3/kv/op.ts";
import { poll } from "../poll.ts";
import type { Answer } from "../responder.ts";
import {
  client,
  count,
  failure,
  first,
  itTellsNoSecret,
  passwordCanary,
  proxies,
  script,
  tokenCanary,
} from "./subject.ts";

// Answers that no etcd gives, or gives rarely: by a scripted server, through the whole client.

const header = '"header":{"cluster_id":"1","member_id":"1","revision":"7","raft_term":"1"}';
const good: Answer = { body: `{${header}}` };
const stated = (status: number, code: number, message: string): Answer => ({
  status,
  body: JSON.stringify({ code, message, error: message }),
});
const page = '<!doctype html><html><form action="/login"><input type="password"></form></html>';
/** A proxy's page that shows the token it got. */
const echo = (status: number): Answer => ({
  status,
  headers: { "content-type": "text/html" },
  body: `<html>${tokenCanary}</html>`,
});

describe("an answer that says nothing about the request", () => {
  it.each<readonly [row: string, what: string, answer: Answer, reason: string, code: number]>([
    ["B1", "a reset", "rst", "Unreachable", 14],
    ["B2", "an end", "fin", "Unreachable", 14],
    [
      "B4",
      "a body shorter than its length",
      { headers: { "content-length": "500" }, body: `{${header}}`, after: "fin" },
      "Unreachable",
      14,
    ],
    [
      "B4",
      "a body without its last chunk",
      { body: `{${header}}`, framing: "unterminated", after: "fin" },
      "Unreachable",
      14,
    ],
    [
      "B5",
      "JSON cut off with a clean end",
      { body: `{${header}`.slice(0, 40), framing: "chunked" },
      "MalformedResponse",
      13,
    ],
    [
      "B5",
      "JSON cut off by the end of the connection",
      { body: `{${header}`, framing: "untilClose" },
      "MalformedResponse",
      13,
    ],
    ["B6", "a login page", { headers: { "content-type": "text/html" }, body: page }, "MalformedResponse", 13],
    ["B6", "a page that echoes secrets", echo(200), "MalformedResponse", 13],
    ["B6", "JSON of something else", { body: '{"status":"ok"}' }, "MalformedResponse", 13],
    ["B6", "JSON that is not an object", { body: "[]" }, "MalformedResponse", 13],
    ["B7", "an empty 200", { body: "" }, "MalformedResponse", 13],
    ["B7", "an empty object", { body: "{}" }, "MalformedResponse", 13],
    ["B7", "a 204", { status: 204, framing: "none", after: "fin" }, "MalformedResponse", 13],
    [
      "B8",
      "gzip that is not gzip",
      { headers: { "content-encoding": "gzip" }, body: `{${header}}` },
      "Unreachable",
      14,
    ],
    ["B9", "a proxy's 502", echo(502), "Unreachable", 14],
    ["B9", "a proxy's 503", echo(503), "Unreachable", 14],
    ["B9", "a proxy's 504", echo(504), "Unreachable", 14],
    ["B9", "a proxy's 408", { status: 408, body: "too slow" }, "Timeout", 4],
    [
      "G6",
      "base64 that is not base64",
      { body: `{${header},"prev_kv":{"key":"*","value":"YQ=="},"kvs":[{"key":"*"}],"count":"1"}` },
      "MalformedResponse",
      13,
    ],
  ])(
    "%s, %s: a write is sent once, with an unknown outcome, a read goes to the next endpoint",
    async (_, __, answer, reason, code) => {
      const bad = await script(() => answer);
      const beside = await script(() => good);
      const etcd = client([bad.url, beside.url]);
      const error = await failure(etcd.put("k", "v", { prev: true }));
      expect(error).toMatchObject({
        reason,
        code,
        outcome: "unknown",
        retryable: false,
        attempts: [{ endpoint: bad.url }],
      });
      expect(error.message.length).toBeLessThan(500);
      expect([bad.requests.length, beside.requests.length]).toEqual([1, 0]);

      const reader = client([bad.url, beside.url]);
      expect(await reader.get("k")).toBeNull();
      expect([bad.requests.length, beside.requests.length]).toEqual([2, 1]);
    },
  );

  it.each<readonly [row: string, what: string, answer: Answer]>([
    ["B24", "40 kB of headers", { headers: { "x-long": "x".repeat(40_000) }, body: `{${header}}` }],
    [
      "B25",
      "an interim answer before it",
      { informational: [{ status: 103, headers: { link: "</a>" } }], body: `{${header}}` },
    ],
  ])("%s, %s: read, or of unknown outcome, as the engine decides", async (_, __, answer) => {
    const server = await script(() => answer);
    const etcd = client(server.url, { retry: false });
    const result = await etcd.put("k", "v").then(
      () => "read",
      async (error: unknown) => (await failure(Promise.reject(error as Error))).outcome,
    );
    expect(["read", "unknown"]).toContain(result);
    expect(server.requests.length).toBe(1);
  });

  it("B3: on a reused connection that dies under a write, the write is still sent once", async () => {
    const server = await script((request, { onSocket }) =>
      onSocket > 1 && request.path.endsWith("/put") ? "rst" : good,
    );
    const etcd = client(server.url);
    await etcd.get("warm");
    // A connection is taken back into the pool a little after its answer has been read.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await failure(etcd.put("k", "v"))).toMatchObject({ reason: "Unreachable", outcome: "unknown" });
    const puts = server.requests.filter(({ path }) => path.endsWith("/put"));
    // The same connection as the read before, so the death of a reused one it was.
    expect(puts.map(({ socket }) => socket)).toEqual([1]);
  });

  it("B15: a proxy's 429 leaves no outcome unknown: reads and writes go on at the next endpoint", async () => {
    const busy = await script(() => ({ status: 429, headers: { "retry-after": "0" }, body: "slow down" }));
    const beside = await script(() => good);
    await client([busy.url, beside.url]).put("k", "v");
    expect([busy.requests.length, beside.requests.length]).toEqual([1, 1]);
    expect(await client([busy.url, beside.url]).get("k")).toBeNull();
    expect([busy.requests.length, beside.requests.length]).toEqual([2, 2]);
    // The time is up during the pause, not while a request is under way.
    const patient = await script(() => ({ status: 429, headers: { "retry-after": "5" }, body: "slow down" }));
    expect(await failure(client(patient.url, { timeoutMs: 1000 }).put("k", "v"))).toMatchObject({
      reason: "TooManyRequests",
      outcome: "not-applied",
    });
    expect(patient.requests.length).toBe(1);
  });

  it("B15: after a 429 there is a pause of at least 100 ms, whatever Retry-After says", async () => {
    const at: number[] = [];
    const busy = await script(() =>
      at.push(performance.now()) < 4 ? { status: 429, headers: { "retry-after": "0" }, body: "slow down" } : good,
    );
    await client(busy.url).put("k", "v");
    const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0));
    expect(pauses).toHaveLength(3);
    for (const pause of pauses) expect(pause).toBeGreaterThan(95);
  });

  it("B9: a proxy's 407 leaves the outcome of a write unknown: fetch itself takes it for a broken connection", async () => {
    const proxy = await script(() => ({ status: 407, body: "no" }));
    expect(await failure(client(proxy.url).put("k", "v"))).toMatchObject({ outcome: "unknown", attempts: [{}] });
    expect(proxy.requests.length).toBe(1);
  });

  it.each([422, 451])("B9: a proxy's %i is a refusal, and final", async (status) => {
    const proxy = await script(() => ({ status, body: "no" }));
    const etcd = client(proxy.url);
    for (const work of [() => etcd.put("k", "v"), () => etcd.get("k")]) {
      expect(await failure(work())).toMatchObject({ outcome: "not-applied", attempts: [{}] });
    }
    expect(proxy.requests.length).toBe(2);
  });

  it.each([1, 2])("B12: 'too many requests' is waited out, for writes too (%i endpoints)", async (endpoints) => {
    const at: number[] = [];
    const answer = (): Answer =>
      at.push(performance.now()) < 4 ? stated(429, 8, "etcdserver: too many requests") : good;
    const servers = await Promise.all(Array.from({ length: endpoints }, () => script(answer)));
    await client(servers.map(({ url }) => url)).put("k", "v");
    expect(at.length).toBe(4);
    const waits = at.slice(1).map((ms, i) => ms - (at[i] ?? 0));
    expect(Math.min(...waits)).toBeGreaterThan(90);
  });

  it.each([301, 302, 303, 307, 308])(
    "B16: a %i is followed nowhere, with a token or a password on board",
    async (status) => {
      const target = await script(() => good);
      for (const location of [
        `${target.url}/v3/kv/put`,
        `//127.0.0.1:${target.port}/x`,
        `https://user:pw@127.0.0.1:${target.port}/x`,
        "/v3/kv/range",
      ]) {
        const server = await script(() => ({ status, headers: { location }, body: "" }));
        const byToken = await failure(client([server.url, target.url]).put("k", "v"));
        const byPassword = await failure(
          client([server.url, target.url], { auth: { username: "u", password: passwordCanary } }).put("k", "v"),
        );
        for (const error of [byToken, byPassword]) {
          expect(error).toMatchObject({ reason: "RedirectRefused", code: 9, outcome: "not-applied", retryable: false });
          expect(error.message).not.toContain("pw@");
        }
        expect(server.requests.map(({ path }) => path)).toEqual(["/v3/kv/put", "/v3/auth/authenticate"]);
      }
      expect(target.requests).toEqual([]);
    },
  );

  it.each<readonly [row: string, what: string, answer: () => Answer]>([
    [
      "B20",
      "headers, then silence",
      () => ({ headers: { "content-length": "50" }, framing: "none", body: '{"head', after: "hang" }),
    ],
    ["B20", "a whole silence", () => "hang"],
    ["B21", "a drip", () => ({ body: drip() })],
  ])("%s, %s: the deadline holds, and the connection is freed", async (_, __, answer) => {
    const server = await script(answer);
    const [proxy] = await proxies([server.url]);
    const etcd = client(proxy?.url ?? "", { timeoutMs: 200 });
    const start = performance.now();
    expect(await failure(etcd.put("k", "v"))).toMatchObject({ reason: "Timeout", code: 4, outcome: "unknown" });
    expect(await failure(etcd.get("k"))).toMatchObject({ reason: "Timeout", code: 4, outcome: "not-applied" });
    expect(performance.now() - start).toBeLessThan(2000);
    await poll("both connections are freed", 3000, () =>
      proxy !== undefined && proxy.counts.connections - proxy.counts.open >= 2 ? true : undefined,
    );
  });

  it("B22: an answer without an end is read to the limit, and no more of it is taken", async () => {
    async function* endless(): AsyncGenerator<string> {
      yield `{${header},"kvs":[`;
      for (;;) yield " ".repeat(65_536);
    }
    const server = await script(() => ({ body: endless() }));
    const [proxy] = await proxies([server.url]);
    if (proxy === undefined) throw new Error("a proxy");
    const limit = 4 * 1024 * 1024;
    const etcd = client([proxy.url, proxy.url], { maxResponseBytes: limit });
    const error = await failure(etcd.range({ all: true }));
    expect(error).toMatchObject({
      reason: "ResponseTooLarge",
      code: 8,
      outcome: "not-applied",
      retryable: false,
      attempts: [{}],
    });
    expect(count(proxy, "/v3/kv/range")).toBe(1);
    await poll("the connection is freed", 3000, () =>
      proxy.counts.connections - proxy.counts.open >= 1 ? true : undefined,
    );
    expect(proxy.counts.bytesDown).toBeGreaterThan(limit);
    // What lies in the buffers of two sockets comes on top.
    expect(proxy.counts.bytesDown).toBeLessThan(limit + 16 * 1024 * 1024);
  });

  it("B23: an answer to another request is noticed where it can be", async () => {
    const answers = [
      `{${header},"succeeded":true,"responses":[]}`,
      `{${header},"succeeded":true,"responses":[{"response_range":{"header":{}}}]}`,
      `{${header},"succeeded":true,"responses":[{"response_put":{"header":{}}},{"response_put":{"header":{}}}]}`,
    ];
    for (const body of answers) {
      const server = await script(() => ({ body }));
      const error = await failure(client(server.url).txn({ then: [op.put("k", "v")] }));
      expect(error).toMatchObject({ reason: "MalformedResponse", outcome: "unknown" });
    }
  });

  it("C12: a corrupt cluster is left alone: no retry, of reads neither", async () => {
    const server = await script(() => stated(500, 15, "etcdserver: corrupt cluster"));
    const etcd = client([server.url, server.url]);
    expect(await failure(etcd.get("k"))).toMatchObject({ reason: "Corrupt", code: 15, retryable: false });
    expect(await failure(etcd.put("k", "v"))).toMatchObject({ reason: "Corrupt", code: 15, outcome: "not-applied" });
    const watcher = etcd.watch("k");
    expect(await failure(watcher.ready)).toMatchObject({ reason: "Corrupt" });
    expect(server.requests.length).toBe(3);
  });

  it.each([
    [200, "MalformedResponse"],
    [400, "InvalidArgument"],
    [502, "Unreachable"],
  ])("S2: a page with status %i that shows the login it got is not quoted", async (status, reason) => {
    const server = await script(({ text }) => ({ status, body: `<html>${text}</html>` }));
    const etcd = client(server.url, { auth: { username: "u", password: passwordCanary }, retry: false });
    const error = await failure(etcd.put("k", "v"));
    expect(error).toMatchObject({ reason, outcome: "not-applied", attempts: [{ endpoint: server.url, reason }] });
    expect(first(server.requests).text).toContain(passwordCanary);
  });

  it("C9: an error in place of a header's cluster is still the server's own word", async () => {
    const server = await script(() => ({ body: '{"error":"etcdserver: permission denied","code":7}' }));
    expect(await failure(client(server.url).put("k", "v"))).toMatchObject({
      reason: "PermissionDenied",
      outcome: "not-applied",
    });
  });

  it("G7: __proto__ and constructor in an answer change nothing", async () => {
    const evil = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1';
    const kv = `{"key":"aw==","value":"dg==","mod_revision":"7","create_revision":"7","version":"1",${evil}}`;
    const server = await script(() => ({ body: `{${header},"kvs":[${kv}],"count":"1","more":false,${evil}}` }));
    const { entries, ...rest } = await client(server.url).range({ all: true });
    expect(entries.map((entry) => [entry.key, entry.text()])).toEqual([["k", "v"]]);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    expect(Reflect.get(rest, "polluted")).toBeUndefined();
    expect(Reflect.get(first(entries), "polluted")).toBeUndefined();
  });
});

async function* drip(): AsyncGenerator<string> {
  yield "{";
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    yield " ";
  }
}

itTellsNoSecret();
